"""The address that a message is sent to: the operator's own, with the sha of a commit in it at most. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import urlsplit

from promoter_view.journal.entries import JournalEntry

EXPECTED_URL = "expected an address such as https://hooks.example.com/services/T0/B0"
#: What may stand in the path of an address: the sha of the entry's commit, dry or hydrated.
PLACEHOLDERS = ("sha", "hydratedSha")
_MOST_CHARACTERS = 2048
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_SHA = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


class NoAddressError(ValueError):
    """An address cannot be used, for that message or for any: in one line why, without the address."""


def check_address(url: str) -> str:
    """The same, where it is one. Errors: NoAddressError."""
    if len(url) > _MOST_CHARACTERS or not url.isascii() or not url.isprintable() or set(url) & set(' \\"<>^`|'):
        raise NoAddressError(f"{EXPECTED_URL}, of at most {_MOST_CHARACTERS} ASCII characters without blanks")
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise NoAddressError(EXPECTED_URL) from error
    if parts.scheme not in ("http", "https") or not host:
        raise NoAddressError(f"{EXPECTED_URL}, with http or https")
    if "@" in parts.netloc:
        raise NoAddressError("expected no user name and no password in it: give them by headers, with valueFile")
    if parts.fragment or url.endswith("#"):
        raise NoAddressError("expected no fragment (#) in it")
    _check_placeholders(url, parts.path)
    return url


def has_placeholders(url: str) -> bool:
    """Whether it depends on the entry."""
    return _PLACEHOLDER.search(url) is not None


def address_of(url: str, entries: Sequence[JournalEntry]) -> str:
    """The address for a message of those entries: its placeholders are of the last one's commit.

    Only a whole sha is put in: nothing that a commit says chooses an address. Errors: NoAddressError.
    """
    check_address(url)
    if not has_placeholders(url):
        return url
    commit = entries[-1].happening.commit
    told = ("", "") if commit is None else (commit.sha, commit.hydrated_sha)
    shas = dict(zip(PLACEHOLDERS, told, strict=True))
    return _PLACEHOLDER.sub(lambda found: _whole(shas[found[1]], found[1]), url)


def _check_placeholders(url: str, path: str) -> None:
    names = _PLACEHOLDER.findall(url)
    rest = _PLACEHOLDER.sub("", url)
    if set(names) - set(PLACEHOLDERS) or "{" in rest or "}" in rest or len(_PLACEHOLDER.findall(path)) != len(names):
        known = " and ".join(f"{{{name}}}" for name in PLACEHOLDERS)
        raise NoAddressError(f"expected no braces in it but {known}, and these in the path only")


def _whole(sha: str, name: str) -> str:
    if not _SHA.fullmatch(sha):
        raise NoAddressError(f"the entry has no commit with a whole {name}, which the address names")
    return sha


def origin_of(url: str) -> str:
    """What may be said of an address, which is a secret: scheme, host and port; "" where it is none."""
    try:
        parts = urlsplit(url)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return ""
    host = parts.hostname or ""
    return f"{parts.scheme}://{f'[{host}]' if ':' in host else host}{port}" if host else ""

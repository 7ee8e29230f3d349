"""What options accept: a notation each, with the word that stands for it in the help. Pure.

Each reads a text, or raises ValueError that says what was expected.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address
from typing import Generic, TypeVar
from urllib.parse import urlsplit

from promoter_view.durations import parse_duration
from promoter_view.journal.places import parse_place
from promoter_view.log.urls import check_url
from promoter_view.views.promotion_strategy.details import PROMOTION_STRATEGY_DETAILS
from promoter_view.views.stage.details import STAGE_DETAILS
from promoter_view.web.certificates import CIPHER_SUITES

#: All that there are, by their plurals.
VIEWS = (PROMOTION_STRATEGY_DETAILS.plural, STAGE_DETAILS)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Notation(Generic[T]):
    """How a value is written. ``placeholder`` stands for it in the help; ``parse`` raises ValueError."""

    placeholder: str
    parse: Callable[[str], T]


def _notation(placeholder: str) -> Callable[[Callable[[str], T]], Notation[T]]:
    return lambda parse: Notation(placeholder, parse)


def plain(placeholder: str) -> Notation[str]:
    """Any text."""
    return Notation(placeholder, str)


file = plain("FILE")

_SIZE = re.compile(r"(\d+)(|[kMG]|[KMG]i)")
_FACTORS = {"": 1, "k": 10**3, "M": 10**6, "G": 10**9, "Ki": 1 << 10, "Mi": 1 << 20, "Gi": 1 << 30}
_LABEL = re.compile(r"[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?")


@_notation("DURATION")
def duration(text: str) -> float:
    """Seconds, from Go's notation and days: 500ms, 60s, 1h30m, 7d."""
    seconds = parse_duration(text, days=True)
    if seconds is None:
        raise ValueError("expected a duration such as 500ms, 60s, 1h30m or 7d")
    return seconds


@_notation("DURATION")
def interval(text: str) -> float:
    """Seconds between what is done again and again, at least one."""
    seconds = duration.parse(text)
    if seconds < 1:
        raise ValueError("expected a duration of at least 1s, such as 60s or 5m")
    return seconds


@_notation("SIZE")
def size(text: str) -> int:
    """Bytes, from Kubernetes' notation: 1000, 64Mi, 1Gi, 5G."""
    match = _SIZE.fullmatch(text)
    if not match:
        raise ValueError("expected a size in bytes such as 500000, 64Mi or 1Gi")
    return int(match[1]) * _FACTORS[match[2]]


@_notation("NUMBER")
def count(text: str) -> int:
    """A number of at least 1."""
    if not text.isdecimal() or int(text) < 1:
        raise ValueError("expected a number of at least 1")
    return int(text)


@dataclass(frozen=True, slots=True)
class Port:
    """A TCP port to listen on; 0 picks a free one. ``or_next``: where it is taken, the next free one."""

    number: int
    or_next: bool = False


@_notation("PORT")
def port(text: str) -> Port:
    """A port, or with a ``+`` behind it that one or the next free."""
    digits = text.removesuffix("+")
    if not digits.isdecimal() or int(digits) > 65535:
        raise ValueError("expected a port from 0 to 65535, or 8080+")
    return Port(int(digits), or_next=text.endswith("+"))


@_notation("ADDRESS")
def address(text: str) -> str:
    """An IP address to listen on; an IPv4 address that is written as an IPv6 one (::ffff:127.0.0.1) is that one."""
    try:
        found = ip_address(text)
    except ValueError:
        raise ValueError("expected an IP address such as ::, 0.0.0.0, 127.0.0.1 or ::1") from None
    return str((found.ipv4_mapped or found) if isinstance(found, IPv6Address) else found)


@_notation("HOST,...")
def host_names(text: str) -> tuple[str, ...]:
    """Host names or addresses as a Host header has them without its port, separated by commas."""
    names = tuple(name.lower() for name in _split(text))
    if any((":" in name and not (name.startswith("[") and name.endswith("]"))) or "/" in name for name in names):
        raise ValueError("expected names without ports, such as localhost,[::1],promoter.example.com")
    return names


@_notation("PATH")
def root_path(text: str) -> str:
    """A path that begins and ends with a slash."""
    parts = [part for part in text.split("/") if part]
    if not text.startswith("/") or not all(re.fullmatch(r"[-A-Za-z0-9._~]+", part) for part in parts):
        raise ValueError("expected a path such as / or /promoter/")
    return "/".join(["", *parts, ""])


@_notation("HEADER")
def header_name(text: str) -> str:
    """The name of one header."""
    if not re.fullmatch(r"[-!#$%&'*+.^_`|~0-9A-Za-z]+", text):
        raise ValueError("expected the name of a header, such as X-Forwarded-User")
    return text


@_notation("TEXT")
def not_empty(text: str) -> str:
    """At least one character."""
    if not text:
        raise ValueError("expected at least one character")
    return text


@_notation("NAMESPACE,...")
def namespaces(text: str) -> tuple[str, ...]:
    """Namespaces, separated by commas; "" means all."""
    names = tuple(dict.fromkeys(name.strip() for name in text.split(","))) if text else ()
    if not all(_LABEL.fullmatch(name) for name in names):
        raise ValueError("expected namespaces separated by commas, each of lower-case letters, digits and '-'")
    return names


@_notation("NAMESPACE,...")
def argocd_namespaces(text: str) -> tuple[str, ...]:
    """Namespaces, separated by commas, of which there is at least one."""
    return namespaces.parse(not_empty.parse(text))


@_notation("ID")
def instance_id(text: str) -> str:
    """A label value; empty: only unlabelled objects."""
    if text and not re.fullmatch(r"[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?", text):
        raise ValueError("expected a label value of at most 63 letters, digits, '-', '_' and '.', or nothing")
    return text


@_notation("NAME")
def replica_id(text: str) -> str:
    """A name without spaces; "" stands for the host's."""
    if text and not re.fullmatch(r"[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,251}[A-Za-z0-9])?", text):
        raise ValueError("expected a name of at most 253 letters, digits, '-', '_' and '.'")
    return text


@_notation("SHARD")
def shard(text: str) -> str:
    """The name of a shard of Kargo: a label value, never empty."""
    if not re.fullmatch(r"[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?", text):
        raise ValueError("expected the name of a shard, as Stages have it in spec.shard")
    return text


@_notation("NAMESPACE")
def lease_namespace(text: str) -> str:
    """A namespace."""
    if not _LABEL.fullmatch(text):
        raise ValueError("expected a namespace, of lower-case letters, digits and '-'")
    return text


def one_of(*choices: str) -> Notation[str]:
    """One of a few words; "" among them is that of an option which is not given."""
    named = tuple(filter(None, choices))

    def parse(text: str) -> str:
        if text not in choices:
            raise ValueError("expected one of " + ", ".join(named))
        return text

    return Notation("|".join(named), parse)


@_notation("URL")
def web_address(text: str) -> str:
    """An address of the web for everybody, without a slash at its end."""
    parts = urlsplit(text)
    is_plain = not (parts.query or parts.fragment or "@" in parts.netloc)
    if parts.scheme not in ("http", "https") or not parts.hostname or not is_plain:
        raise ValueError("expected an address such as https://argocd.example.com")
    return text.rstrip("/")


def words(placeholder: str) -> Notation[tuple[str, ...]]:
    """Words separated by commas; "" means none."""
    return Notation(f"{placeholder},...", _split)


@_notation("VIEW,...")
def views(text: str) -> tuple[str, ...]:
    """Views by their plurals, at least one, in the order of VIEWS."""
    names = _split(text)
    if not names or not set(names) <= set(VIEWS):
        raise ValueError(f"expected one or more of {', '.join(VIEWS)}, separated by commas")
    return tuple(name for name in VIEWS if name in names)


@_notation("SUITE,...")
def cipher_suites(text: str) -> tuple[str, ...]:
    """TLS cipher suites by their IANA names; "" means OpenSSL's own choice."""
    names = _split(text)
    if not all(name in CIPHER_SUITES for name in names):
        raise ValueError(f"expected names separated by commas, each one of {', '.join(CIPHER_SUITES)}")
    return names


@_notation("PATH,...")
def open_paths(text: str) -> tuple[str, ...]:
    """Paths separated by commas; a ``*`` may stand at an end."""
    paths = _split(text)
    if any("*" in path[:-1] for path in paths):
        raise ValueError("expected paths separated by commas, such as /healthz or /readyz/*, with * at the end only")
    return paths


@_notation("URL")
def log_url(text: str) -> str:
    """Where the event log is."""
    check_url(text)
    return text


@_notation("PLACE")
def journal_place(text: str) -> str:
    """Where the journal is."""
    return parse_place(text)


def _split(text: str) -> tuple[str, ...]:
    return tuple(filter(None, (word.strip() for word in text.split(","))))

"""URLs without the credentials that they carry: the one place that decides what of a URL is secret. Pure.

Of http and https the whole user information goes, for a token alone stands where a name would; of other schemes the
password, for in ``ssh://git@host`` the user is part of the address. Where an expression stands for the scheme it may be
either: all goes. Of a query the values of parameters go whose names end as those of credentials do
(``access_token``, ``X-Amz-Signature``).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import urlsplit

#: Stands for the value of a parameter; of a URL's own characters, so that a URL stays one.
_HIDDEN = b"redacted"
#: An action of a Go template, or an expression, may stand in a URL: with spaces and, as JSON has them, escaped quotes.
_ACTION = rb"\{\{(?:[^{}\"\\]++|\\.)*+\}\}"
#: From the scheme's colon to the end of the URL, which a quote, or a backslash of JSON, ends. It matches wherever it
#: begins, so that no text is looked at twice.
_URL = re.compile(rb"://[^\s\"\\<>{]*+(?:(?:%b|\{)[^\s\"\\<>{]*+)*+" % _ACTION)
#: Not where it is made of actions alone, each of which names what it stands for.
_USER = re.compile(rb"://(?!(?:\$?%b|:)+@)([^/?#]*)@" % _ACTION)
_SECRET = re.compile(
    rb"([?&;](?:[^=&;#?]*(?:token|secret|password|passwd|passphrase|signature|credentials?|api[-_]?key|access[-_]?key|"
    rb"private[-_]?key)|auth|authorization|jwt|pwd|sig)=)[^&;#]+",
    re.IGNORECASE,
)
#: A parameter that is a credential has one of these in its name. Nearly all texts have none, and are done with.
_HINTS = (b"token", b"secret", b"passw", b"passphrase", b"sig", b"credential", b"key", b"auth", b"jwt", b"pwd")
#: A text is cleaned in one turn of the reactor, so what costs time is counted. Beyond so many beginnings of URLs, and
#: braces that may stand in one, it is refused. A bundle of 5 MB has 10,000.
MAX_PLACES = 60_000
#: Beyond so many URLs that have to be looked at, or so many bytes of those that carry credentials, all of a text are
#: hidden whole; a short one counts as ``_LEAST``. No object of a cluster that works has a hundredth of that.
MAX_SUSPECTS = 20_000
MAX_CARRYING = 128 * 1024
_LEAST = 32
_WEB = (b"http", b"https")
_LONGEST_SCHEME = 20
#: Characters of an address that becomes a link.
_MAX_LINK = 2048
_SCHEME = re.compile(rb"[A-Za-z][A-Za-z0-9+.-]*\Z")
#: In front of a URL that has no scheme at all.
_APART = b" \t\r\n\"'"


class TooManyURLs(ValueError):  # noqa: N818 - a state, as Twisted's ConnectionLost
    """A text that may hold credentials has more URLs than are looked at in one turn: it is not to be shown."""

    def __init__(self) -> None:
        super().__init__(f"has more than {MAX_PLACES} URLs or template actions, and words that may be credentials")


def without_credentials(encoded: bytes) -> bytes:
    """JSON, or any text as UTF-8, with every URL in it cleaned. Errors: TooManyURLs."""
    named = b"=" in encoded and _has_hint(encoded)
    if b"@" not in encoded and not named:  # three objects of four
        return encoded
    if _has_too_many_places(encoded):
        raise TooManyURLs
    # A parameter stands behind a question mark; only where there is an at sign, too, is a path looked at.
    suspects = [url for url in _URL.findall(encoded) if b"@" in url or (named and b"?" in url)]
    carrying = _carrying(suspects, named=named)
    if carrying is None:
        return _URL.sub(b"://" + _HIDDEN, encoded)
    if not carrying:
        return encoded
    return _URL.sub(lambda found: _cleaned(found) if found[0] in carrying else found[0], encoded)


def public_url(url: str) -> str:
    """A URL, or a text that holds some, cleaned; one that is refused is hidden whole."""
    if "://" not in url:
        return url
    try:
        return without_credentials(url.encode("utf-8", "surrogatepass")).decode("utf-8", "surrogatepass")
    except TooManyURLs:
        return _HIDDEN.decode()


def web_url(text: str) -> str:
    """The address without credentials, where it is one of the web (http, https, with a host); else ""."""
    text = public_url(text)
    if len(text) > _MAX_LINK or not text.isprintable() or " " in text:
        return ""
    try:
        parts = urlsplit(text)
        host = parts.hostname
    except ValueError:
        return ""
    return text if parts.scheme in ("http", "https") and host and "@" not in parts.netloc else ""


def _has_too_many_places(encoded: bytes) -> bool:
    """Counts where a URL may begin, or go on behind a brace; a quote behind that ends it, as nearly always in JSON."""
    places = encoded.count(b"://") + encoded.count(b"{")
    return places > MAX_PLACES and places - encoded.count(b'{"') - encoded.count(b'{\\"') > MAX_PLACES


def _carrying(suspects: Sequence[bytes], *, named: bool) -> frozenset[bytes] | None:
    """Those that may carry credentials; None where it is too much to take these out."""
    if len(suspects) > MAX_SUSPECTS:
        return None
    found, size = [], 0
    for url in suspects:
        if (b"@" in url and _USER.search(url) is not None) or (named and _has_hint(url)):
            found.append(url)
            size += max(len(url), _LEAST)
            if size > MAX_CARRYING:
                return None
    return frozenset(found)


def _cleaned(found: re.Match[bytes]) -> bytes:
    is_web = _may_be_web(found.string[max(found.start() - _LONGEST_SCHEME, 0) : found.start()])
    url = _USER.sub(lambda user: b"://" if is_web else _without_password(user[1]), found[0], count=1)
    return _SECRET.sub(rb"\1" + _HIDDEN, url)


def _may_be_web(before: bytes) -> bool:
    """Whether a token alone may stand where a name would: ``git+https``, too, and what an expression stands for."""
    scheme = _SCHEME.search(before)
    if scheme is None:
        return before[-1:] not in _APART
    return scheme[0].lower().rpartition(b"+")[2] in _WEB


def _has_hint(text: bytes) -> bool:
    lower = text.lower()
    return any(hint in lower for hint in _HINTS)


def _without_password(user: bytes) -> bytes:
    name = user.partition(b":")[0]
    return b"://" + name + b"@" if name else b"://"

"""URLs without the credentials that they carry: the one place that decides what of a URL is secret. Pure.

Of http and https the whole user information goes, for a token alone stands where a name would; of other schemes the
password, for in ``ssh://git@host`` the user is part of the address. Of a query the values of parameters go whose names
end as those of credentials do (``access_token``, ``X-Amz-Signature``).
"""

from __future__ import annotations

import re

#: Stands for the value of a parameter; of a URL's own characters, so that a URL stays one.
_HIDDEN = b"redacted"
#: An action of a Go template, or an expression, may stand in a URL: with spaces and, as JSON has them, escaped quotes.
_ACTION = rb"\{\{(?:[^{}\"\\]|\\.)*\}\}"
#: From the scheme's colon to the end of the URL, which a quote, or a backslash of JSON, ends. It matches wherever it
#: begins, so that no text is looked at twice.
_URL = re.compile(rb"://[^\s\"\\<>{]*(?:(?:%b|\{)[^\s\"\\<>{]*)*" % _ACTION)
#: Not where it is made of actions alone, each of which names what it stands for.
_USER = re.compile(rb"://(?!(?:\$?%b|:)+@)([^/?#]*)@" % _ACTION)
_SECRET = re.compile(
    rb"([?&;](?:[^=&;#?]*(?:token|secret|password|passwd|passphrase|signature|credentials?|api[-_]?key|access[-_]?key|"
    rb"private[-_]?key)|auth|authorization|jwt|pwd|sig)=)[^&;#]+",
    re.IGNORECASE,
)
#: A parameter that is a credential has one of these in its name. Nearly all texts have none, and are done with.
_HINTS = (b"token", b"secret", b"passw", b"passphrase", b"sig", b"credential", b"key", b"auth", b"jwt", b"pwd")
_HINT = re.compile(b"|".join(_HINTS), re.IGNORECASE)
#: Taking credentials out costs most. Beyond so many bytes of URLs that may carry some, all of a text are hidden whole;
#: a short one counts as ``_LEAST``. No object of a cluster that works has a hundredth of that.
MAX_CARRYING = 128 * 1024
_LEAST = 32
_WEB = (b"http", b"https")
_LONGEST_SCHEME = 20
_SCHEME = re.compile(rb"[A-Za-z][A-Za-z0-9+.-]*\Z")


def without_credentials(encoded: bytes) -> bytes:
    """JSON, or any text as UTF-8, with every URL in it cleaned."""
    named = _names_credentials(encoded)
    if b"@" not in encoded and not named:  # three objects of four
        return encoded
    carrying = [url for url in _URL.findall(encoded) if _may_carry(url, named=named)]
    if not carrying:
        return encoded
    if sum(max(len(url), _LEAST) for url in carrying) > MAX_CARRYING:
        return _URL.sub(b"://" + _HIDDEN, encoded)
    return _URL.sub(_cleaned, encoded)


def public_url(url: str) -> str:
    """A URL, or a text that holds some, cleaned."""
    if "://" not in url:
        return url
    return without_credentials(url.encode("utf-8", "surrogatepass")).decode("utf-8", "surrogatepass")


def _cleaned(found: re.Match[bytes]) -> bytes:
    if b"?" not in found[0] and b"@" not in found[0]:
        return found[0]
    before = found.string[max(found.start() - _LONGEST_SCHEME, 0) : found.start()]
    scheme = _SCHEME.search(before)
    if scheme is None:
        return found[0]
    is_web = scheme[0].lower() in _WEB
    url = _USER.sub(lambda user: b"://" if is_web else _without_password(user[1]), found[0], count=1)
    return _SECRET.sub(rb"\1" + _HIDDEN, url)


def _names_credentials(text: bytes) -> bool:
    if b"=" not in text:
        return False
    lower = text.lower()
    return any(hint in lower for hint in _HINTS)


def _may_carry(url: bytes, *, named: bool) -> bool:
    if b"@" in url and _USER.search(url) is not None:
        return True
    # A parameter stands behind a question mark; only where there is an at sign, too, is a path looked at.
    return named and (b"?" in url or b"@" in url) and _HINT.search(url) is not None


def _without_password(user: bytes) -> bytes:
    name = user.partition(b":")[0]
    return b"://" + name + b"@" if name else b"://"

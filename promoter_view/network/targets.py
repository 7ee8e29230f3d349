"""Where a configured URL leads: a host as resolvers and certificates know it, a port, a path. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address
from urllib.parse import SplitResult, quote, unquote, urlencode, urlsplit

import idna

PORTS = {"http": 80, "https": 443}
#: What resolvers take (RFC 1123), and "_", which Compose, Windows and SRV-like names have.
_NAME = re.compile(r"(?!.{254})(?:[A-Za-z0-9_-]{1,63}\.)*[A-Za-z0-9_-]{1,63}\.?")
#: Percent stands for itself: paths are escaped by those who make them of names.
_SAFE_IN_PATHS = "/%:@!$&'()*+,;=~"
_SAFE_IN_QUERIES = f"{_SAFE_IN_PATHS}?"


@dataclass(frozen=True, slots=True)
class Target:
    """A server. ``host`` is a name in ASCII, or an address without brackets, with its zone where it has one.

    ``path`` is what every request's path comes behind: "" or ``/prefix``.
    """

    scheme: str
    host: str
    port: int
    path: str = ""

    @property
    def secure(self) -> bool:
        """It speaks TLS."""
        return self.scheme == "https"

    @property
    def name(self) -> str:
        """What its certificate has to hold: a zone is ours alone (RFC 6874), and no certificate ends in a dot."""
        return self.host.partition("%")[0].rstrip(".")

    def __str__(self) -> str:
        return f"{self.scheme}://{self.authority}{self.path}"

    @property
    def authority(self) -> str:
        """``host:port`` as requests name it (RFC 9110, 7.2): an IPv6 address in brackets, without its zone."""
        host = self.host.partition("%")[0]
        return f"[{host}]:{self.port}" if ":" in host else f"{host}:{self.port}"

    def uri(self, path: str, parameters: Iterable[tuple[str, str]] = ()) -> bytes:
        """The absolute URI of a request. ``path`` may have a query already, as what servers themselves name has."""
        path, _, given = path.partition("?")
        encoded = urlencode(list(parameters), quote_via=quote)
        query = "&".join(filter(None, (quote(given, safe=_SAFE_IN_QUERIES), encoded)))
        whole = f"{self.scheme}://{self.authority}{quote(self.path + path, safe=_SAFE_IN_PATHS)}"
        return (f"{whole}?{query}" if query else whole).encode("ascii")


def parse_target(url: str) -> Target:
    """Raises ValueError, which says what was expected, and never shows what might be a password."""
    parts = split(url)
    if parts.scheme not in PORTS or not parts.netloc:
        raise ValueError("has to be an http or https URL" + ("" if "@" in url else f", not {url!r}"))
    if "@" in parts.netloc:
        raise ValueError("has to be without a user and a password in it")
    if parts.query or parts.fragment:
        raise ValueError(f"has to be a URL without '?' and '#', not {url!r}")
    return target_of(parts)


def split(url: str) -> SplitResult:
    """The parts of a URL. Errors: ValueError, which does not repeat it."""
    try:
        parts = urlsplit(url.strip())
        _ = parts.port
    except ValueError:
        raise ValueError("has to be a URL with a host and a port from 1 to 65535") from None
    return parts


def target_of(parts: SplitResult) -> Target:
    """The target of a URL's parts, its port the scheme's where none is given. Errors: ValueError."""
    if parts.port == 0:
        raise ValueError("has to be a URL with a port from 1 to 65535")
    host = _host(parts.netloc.rpartition("@")[2], parts.hostname or "")
    return Target(parts.scheme, host, parts.port or PORTS[parts.scheme], parts.path.rstrip("/"))


def _host(netloc: str, host: str) -> str:
    if netloc.startswith("["):
        return _bracketed(host)
    if not host.isascii():
        try:
            host = idna.encode(host, uts46=True).decode("ascii")
        except idna.IDNAError as error:
            raise ValueError(f"the host {host!r} is no name: {error}") from None
    if not _NAME.fullmatch(host):
        raise ValueError(f"the host {host!r} is neither a name nor an address; IPv6 addresses stand in brackets")
    return host


def _bracketed(text: str) -> str:
    address, percent, zone = text.partition("%")
    if percent and (not zone.startswith("25") or zone == "25"):
        raise ValueError(f"the zone of {text!r} has to be written %25ZONE, as in [fe80::1%25eth0] (RFC 6874)")
    try:
        found = ip_address(address)
    except ValueError:
        raise ValueError(f"[{text}] is no IPv6 address") from None
    if not isinstance(found, IPv6Address):
        raise ValueError(f"[{text}] is no IPv6 address")
    return f"{found}%{unquote(zone[2:])}" if zone else str(found)

"""To whom a request is addressed: its target's form, its Host, and where a form was sent from. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

#: RFC 9112, 3.2.2.
_ABSOLUTE = re.compile(rb"https?://(?P<authority>[^/?#]*)(?P<rest>.*)", re.IGNORECASE | re.DOTALL)
#: What Go's servers take for a Host (golang.org/x/net/http/httpguts), less what only a proxy's target has.
_HOST = re.compile(rb"[A-Za-z0-9!$%&'()*+,\-.:;=_~\[\]]*")
#: RFC 6454, 7. What has no host of its own says ``null``.
_ORIGIN = re.compile(r"(?P<scheme>https?)://(?P<host>[^/?#@]+)", re.IGNORECASE)
_DEFAULT_PORTS = {"http": "80", "https": "443"}
#: What a browser says of a request of the page's own origin, and of one that its user has made himself.
_OWN_SITES = ("same-origin", "none")

SENDER_HEADERS = ("Sec-Fetch-Site", "Origin", "Host", "X-Forwarded-Host")


@dataclass(frozen=True, slots=True)
class Addressed:
    """``target`` in origin form, e.g. ``/apis?x``; ``host`` as in the header Host, None where an HTTP/1.0 has none."""

    target: bytes
    host: bytes | None


def addressed(target: bytes, version: bytes, hosts: Sequence[bytes]) -> Addressed | None:
    """Where a request goes, by its line and its Host headers; None for one that no server may answer but with 400.

    HTTP/1.1 has exactly one Host, HTTP/1.0 at most one (RFC 9112, 3.2). A target in absolute form is answered, and
    counts more than Host (3.2.2).
    """
    fits = len(hosts) == 1 if version == b"HTTP/1.1" else len(hosts) <= 1
    if not fits or not all(map(_HOST.fullmatch, hosts)):
        return None
    absolute = _ABSOLUTE.fullmatch(target)
    if absolute is None:
        return Addressed(target, hosts[0] if hosts else None)
    authority, rest = absolute["authority"], absolute["rest"].partition(b"#")[0]
    if not authority or not _HOST.fullmatch(authority):
        return None
    return Addressed(rest if rest.startswith(b"/") else b"/" + rest, authority)


def host_name(host: str) -> str:
    """The name of a Host in small letters, without its port and without the dot that ends a full name."""
    name, colon, port = host.rpartition(":")
    return (name if colon and port.isdecimal() and not name.endswith(":") else host).lower().removesuffix(".")


@dataclass(frozen=True, slots=True)
class Sender:
    """Where a browser says that it sends a form from, and to: SENDER_HEADERS.

    ``forwarded``: the Host that a proxy was asked for.
    """

    site: str | None
    origin: str | None
    host: str | None
    forwarded: str | None


def is_own(sender: Sender, names: Collection[str]) -> bool:
    """Whether a form was sent from a page of ours; ``names``: hosts that are known to be ours.

    Sec-Fetch-Site decides where it is there: the browser compares origins before any proxy has rewritten a header.
    Otherwise Origin has to name the host that was asked for, as this server or the proxy before it was told. No form
    of another site can set X-Forwarded-Host, so whoever sends that header stands between.
    """
    if sender.site is not None:
        return sender.site in _OWN_SITES
    origin = _ORIGIN.fullmatch(sender.origin or "")
    if origin is None:
        return False
    scheme, host = origin["scheme"].lower(), origin["host"]
    asked = [given.partition(",")[0].strip() for given in (sender.host, sender.forwarded) if given]
    return host_name(host) in names or _place(host, scheme) in [_place(each, scheme) for each in asked]


def _place(host: str, scheme: str) -> tuple[str, str]:
    """Name and port, as a page of that scheme has them."""
    name = host_name(host)
    port = host.rpartition(":")[2]
    return name, port if port.isdecimal() and len(name) < len(host) else _DEFAULT_PORTS[scheme]

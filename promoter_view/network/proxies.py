"""Which proxy a request goes through: kubeconfig's proxy-url, or the environment by the rules that kubectl has. Pure.

The rules are those of Go (golang.org/x/net/http/httpproxy): upper case counts before lower, localhost and loopback
addresses are never proxied, NO_PROXY holds names (with those below them), .suffixes, addresses, CIDRs and ``*``.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import unquote

from promoter_view.network.targets import PORTS, Target, split, target_of

_Address = IPv4Address | IPv6Address
_FORM = "has to be an http or https proxy, such as http://proxy.example.com:3128"


@dataclass(frozen=True, slots=True)
class Proxy:
    """A proxy. ``authorization``: the value of Proxy-Authorization, b"" where the proxy asks for none."""

    target: Target
    authorization: bytes = field(default=b"", repr=False)


def parse_proxy(url: str) -> Proxy:
    """A URL, or HOST:PORT of an http proxy. Raises ValueError, which does not repeat what may hold a password."""
    parts = split(url if "://" in url else f"http://{url}")
    if parts.scheme.startswith("socks"):
        raise ValueError(f"SOCKS proxies are not supported; it {_FORM}")
    if parts.scheme not in PORTS or not parts.hostname:
        raise ValueError(_FORM)
    if parts.username is None:
        return Proxy(target_of(parts))
    user = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
    return Proxy(target_of(parts), b"Basic " + b64encode(user.encode()))


def proxy_from(environ: Mapping[str, str], target: Target) -> Proxy | None:
    """What HTTPS_PROXY, HTTP_PROXY and NO_PROXY say of a target. Errors: ValueError, which names the variable."""
    variable = f"{target.scheme.upper()}_PROXY"
    url = _given(environ, variable)
    if not url or not _wanted(target, _given(environ, "NO_PROXY")):
        return None
    try:
        return parse_proxy(url)
    except ValueError as error:
        raise ValueError(f"{variable}: {error}") from error


def _given(environ: Mapping[str, str], variable: str) -> str:
    return environ.get(variable) or environ.get(variable.lower()) or ""


def _wanted(target: Target, exceptions: str) -> bool:
    host = target.host.lower()
    address = _address(host)
    if host == "localhost" or (address is not None and address.is_loopback):
        return False
    entries = (entry.strip().lower() for entry in exceptions.split(","))
    return not any(_excepts(entry, host, address, target.port) for entry in entries if entry)


def _excepts(entry: str, host: str, address: _Address | None, port: int) -> bool:
    if entry == "*":
        return True
    network = _network(entry)
    if network is not None:
        return address is not None and address in network
    name, given_port = _name_and_port(entry)
    if not name or (given_port and given_port != str(port)):
        return False
    excepted = _address(name)
    if excepted is not None:
        return address == excepted
    suffix = name.removeprefix("*")
    return host.endswith(suffix) if suffix.startswith(".") else host == suffix or host.endswith(f".{suffix}")


def _name_and_port(entry: str) -> tuple[str, str]:
    """``name:port``, ``[address]:port``, or either without a port; brackets go with a port only, as in Go."""
    if entry.startswith("["):
        name, bracket, given_port = entry[1:].partition("]:")
        return (name, given_port) if bracket else (entry, "")
    name, _, given_port = entry.partition(":")
    return (entry, "") if ":" in given_port else (name, given_port)


def _network(text: str) -> IPv4Network | IPv6Network | None:
    if "/" not in text:
        return None
    try:
        return ip_network(text, strict=False)
    except ValueError:
        return None


def _address(text: str) -> _Address | None:
    """An address without its zone; an IPv4 address that is written as an IPv6 one is that IPv4 address."""
    try:
        found = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return (found.ipv4_mapped or found) if isinstance(found, IPv6Address) else found

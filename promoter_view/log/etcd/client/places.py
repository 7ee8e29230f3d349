"""Where a log in etcd is, as ``--event-log`` names it after ``etcd:``. Pure."""

from __future__ import annotations

import re
from typing import NamedTuple

from promoter_view.network.targets import parse_target

ETCD_FORM = "etcd:http(s)://HOST:PORT[,HOST:PORT...]/PREFIX"
_PORT_AT_END = re.compile(r".*[^:]:[0-9]{1,5}")
_PREFIX = re.compile(r"[-A-Za-z0-9._]+(?:/[-A-Za-z0-9._]+)*")


class Place(NamedTuple):
    """The members to ask, as URLs without a path, and the prefix of the keys, without slashes at its ends."""

    endpoints: tuple[str, ...]
    prefix: str


def parse_place(text: str) -> Place:
    """Raises ValueError, which says what was expected."""
    scheme, separator, rest = text.partition("://")
    if scheme not in ("http", "https") or not separator:
        raise ValueError(f"expected http:// or https:// after etcd:, as in {ETCD_FORM}")
    # Each member may repeat the scheme, as etcd's own tools have it.
    names, _, prefix = rest.replace(f",{scheme}://", ",").partition("/")
    endpoints = tuple(_member(scheme, host) for host in names.split(","))
    prefix = prefix.strip("/")
    if not _PREFIX.fullmatch(prefix):
        raise ValueError(
            f"the prefix of the keys is missing or has other characters than letters, digits, '-._/': {ETCD_FORM}"
        )
    return Place(endpoints, prefix)


def _member(scheme: str, host: str) -> str:
    named = repr(host.rpartition("@")[2])
    try:
        if not _PORT_AT_END.fullmatch(host):
            raise ValueError("it has no port")
        parse_target(f"{scheme}://{host}")
    except ValueError as error:
        raise ValueError(
            f"{named} is no HOST:PORT ({error}): expected {ETCD_FORM}; users and passwords are options"
        ) from None
    return f"{scheme}://{host}"

"""Where a log in etcd is, as ``--event-log`` names it after ``etcd:``. Pure."""

from __future__ import annotations

import re
from typing import NamedTuple

ETCD_FORM = "etcd:http(s)://HOST:PORT[,HOST:PORT...]/PREFIX"
_HOST = re.compile(r"(?:[A-Za-z0-9](?:[-A-Za-z0-9.]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\]):([0-9]{1,5})")
_PREFIX = re.compile(r"[-A-Za-z0-9._]+(?:/[-A-Za-z0-9._]+)*")


class Place(NamedTuple):
    """The members to ask, as URLs without a path, and the prefix of the keys, without slashes at its ends."""

    endpoints: tuple[str, ...]
    prefix: str


def parse_place(text: str) -> Place:
    """Raises ValueError, which says what would be right."""
    scheme, separator, rest = text.partition("://")
    if scheme not in ("http", "https") or not separator:
        raise ValueError(f"after etcd: comes http:// or https://, as in {ETCD_FORM}")
    # Each member may repeat the scheme, as etcd's own tools have it.
    names, _, prefix = rest.replace(f",{scheme}://", ",").partition("/")
    hosts = names.split(",")
    wrong = [host for host in hosts if not _is_host(host)]
    if wrong:
        raise ValueError(f"{wrong[0]!r} is no HOST:PORT: {ETCD_FORM} would be right; users and passwords are options")
    prefix = prefix.strip("/")
    if not _PREFIX.fullmatch(prefix):
        raise ValueError(
            f"the prefix of the keys is missing or has other characters than letters, digits, '-._/': {ETCD_FORM}"
        )
    return Place(tuple(f"{scheme}://{host}" for host in hosts), prefix)


def _is_host(text: str) -> bool:
    match = _HOST.fullmatch(text)
    return match is not None and 0 < int(match[1]) < 65536

"""File descriptors: as many as the system allows, and the last of them for those who ask whether we live.

A process without a free descriptor accepts nobody: probes fail, and it is restarted for being busy. Descriptors are
given out lowest first, so a connection whose number is among the last says that all others are taken.
"""

from __future__ import annotations

import resource
from typing import Any

#: The last ones: connections on them are answered health, and refused all else. Log and cluster may use them too.
RESERVED = 16
#: Some systems allow a billion, for which libraries keep tables.
_MOST = 1 << 20


def raise_limit() -> None:
    """The soft limit up to the hard one, as Go's programs have it; a system that refuses leaves it as it is."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _MOST if hard == resource.RLIM_INFINITY else min(hard, _MOST)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        except (ValueError, OSError):  # macOS allows less than its hard limit says
            return


def is_among_the_last(transport: Any) -> bool:
    """Whether this connection has one of the descriptors that are kept back."""
    fileno = getattr(transport, "fileno", None)
    if fileno is None:
        return False
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return bool(soft != resource.RLIM_INFINITY and fileno() >= soft - RESERVED)

"""What can be in the way between a replica and etcd, by name: the values are the label ``outcome`` of a metric."""

from __future__ import annotations

import enum


class Fault(enum.StrEnum):
    """How a request to etcd failed."""

    UNREACHABLE = "unreachable"
    TIMEOUT = "timeout"
    RESET = "reset"
    TLS = "tls"
    NO_LEADER = "no_leader"
    LEADER_CHANGED = "leader_changed"
    THROTTLED = "throttled"
    NO_SPACE = "no_space"
    COMPACTED = "compacted"
    FUTURE = "future"
    TOO_LARGE = "too_large"
    UNAUTHENTICATED = "unauthenticated"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not_found"
    CREDENTIALS = "credentials"
    CORRUPT = "corrupt"
    REFUSED = "refused"
    MALFORMED = "malformed"


#: Another member may answer, or the same one later; whether the request was carried out is not known.
TRANSIENT = frozenset(
    {
        Fault.UNREACHABLE,
        Fault.TIMEOUT,
        Fault.RESET,
        Fault.TLS,
        Fault.NO_LEADER,
        Fault.LEADER_CHANGED,
        Fault.THROTTLED,
        Fault.MALFORMED,
    }
)

#: Somebody has to put something right first.
HOPELESS = frozenset({Fault.CREDENTIALS, Fault.UNAUTHENTICATED, Fault.FORBIDDEN})


class EtcdError(Exception):
    """A request to etcd that did not succeed. The message says what etcd or the network said."""

    def __init__(self, fault: Fault, message: str) -> None:
        super().__init__(message)
        self.fault = fault

    @property
    def transient(self) -> bool:
        """Trying again may help."""
        return self.fault in TRANSIENT


_BY_CODE = {
    1: Fault.RESET,
    3: Fault.REFUSED,
    4: Fault.TIMEOUT,
    5: Fault.NOT_FOUND,
    7: Fault.FORBIDDEN,
    8: Fault.THROTTLED,
    11: Fault.FUTURE,
    14: Fault.UNREACHABLE,
    15: Fault.CORRUPT,
    16: Fault.UNAUTHENTICATED,
}
#: Where one gRPC code means several things the words decide (etcd api/v3rpc/rpctypes/error.go).
_BY_WORDS = (
    ("database space exceeded", Fault.NO_SPACE),
    ("has been compacted", Fault.COMPACTED),
    ("request is too large", Fault.TOO_LARGE),
    ("authentication failed", Fault.UNAUTHENTICATED),
    ("user name is empty", Fault.UNAUTHENTICATED),
    ("invalid auth token", Fault.UNAUTHENTICATED),
    ("auth revision in header is old", Fault.UNAUTHENTICATED),
    ("permission denied", Fault.FORBIDDEN),
    ("no leader", Fault.NO_LEADER),
    ("leader changed", Fault.LEADER_CHANGED),
    ("timed out", Fault.TIMEOUT),
    ("corrupt cluster", Fault.CORRUPT),
)


def fault_of(code: int, message: str) -> EtcdError:
    """The error that a gRPC status of etcd means."""
    fault = next((fault for words, fault in _BY_WORDS if words in message), _BY_CODE.get(code, Fault.REFUSED))
    return EtcdError(fault, message)

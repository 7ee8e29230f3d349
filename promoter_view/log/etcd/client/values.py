"""What is asked of etcd and what it answers, as values; and etcd itself, as a Protocol: the gateway, or a fake.

A range is (key, end): every key from ``key`` up to ``end``, which is excluded; an end of b"" means that one key.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from twisted.internet.defer import Deferred


class Keys(NamedTuple):
    """A range of keys."""

    key: bytes
    end: bytes = b""

    def behind(self, key: bytes) -> Keys:
        """Those of them that come after that one."""
        return Keys(key + b"\0", self.end)


class KeyValue(NamedTuple):
    """A key as it stands. ``lease`` is 0 where it has none."""

    key: bytes
    value: bytes
    create_revision: int
    mod_revision: int
    lease: int = 0


class PutKey(NamedTuple):
    """Operation of a transaction: give a key a value."""

    key: bytes
    value: bytes
    lease: int = 0


class DeleteKey(NamedTuple):
    """Operation of a transaction: delete keys."""

    keys: Keys


class Get(NamedTuple):
    """Operation of a transaction: read keys."""

    keys: Keys


Operation = PutKey | DeleteKey | Get


class Compare(NamedTuple):
    """Condition of a transaction: the revision that created a key, or else the last that changed it; 0: no such key."""

    key: bytes
    revision: int
    created: bool = False


@dataclass(frozen=True, slots=True)
class Transaction:
    """If all of ``conditions`` hold ``then``, else ``otherwise``; all in one revision."""

    conditions: tuple[Compare, ...]
    then: tuple[Operation, ...]
    otherwise: tuple[Operation, ...] = ()


@dataclass(frozen=True, slots=True)
class Found:
    """The answer to a range. ``revision`` is etcd's own when it answered; ``more`` says that the limit cut it."""

    cluster: int
    revision: int
    items: tuple[KeyValue, ...]
    more: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """The answer to a transaction. ``found`` has what its Get operations read, in order."""

    succeeded: bool
    cluster: int
    revision: int
    found: tuple[Found, ...]


class Space(NamedTuple):
    """What a member's database takes of the disk, and how much it may at most, in bytes."""

    used: int
    quota: int

    @property
    def share(self) -> float:
        """How much of what it may is taken."""
        return self.used / self.quota


class KeyEvent(NamedTuple):
    """One change of one key. ``value`` is None where it was deleted."""

    key: bytes
    value: bytes | None
    revision: int
    created_at: int


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a watch. ``fragment``: its last revision goes on in the next one.

    ``canceled`` says why the watch has ended, "" while it goes on; ``compacted`` is then the oldest revision that can
    still be read, 0 where that was not the reason.
    """

    cluster: int
    revision: int
    events: tuple[KeyEvent, ...] = ()
    fragment: bool = False
    canceled: str = ""
    compacted: int = 0


class Watch(Protocol):
    """A watch that is open."""

    def read(self) -> Deferred[Sequence[Message]]:
        """The messages that have come, at least one; waits for them; may be cancelled. [] is the end.

        Errors: EtcdError.
        """

    def close(self) -> None:
        """No more of it; idempotent."""


class Etcd(Protocol):
    """The part of etcd's API that a log needs. Errors of every call: EtcdError.

    Reads are linearizable. What failed in a TRANSIENT way may have been carried out all the same.
    """

    async def range(self, keys: Keys, *, revision: int = 0, limit: int = 0) -> Found:
        """The keys, in order, as they were at ``revision`` (0: now), at most ``limit`` of them (0: all)."""

    async def commit(self, transaction: Transaction) -> Outcome:
        """Carries out a transaction."""

    async def watch(self, keys: Keys, *, revision: int) -> Watch:
        """Changes from that revision on, which is included."""

    async def grant(self, seconds: int) -> int:
        """A new lease that lives so long unless it is kept alive; its id."""

    async def keep_alive(self, lease: int) -> int:
        """Renews a lease; the seconds it now has to live, 0 where it is gone."""

    async def revoke(self, lease: int) -> None:
        """Ends a lease, and with it its keys."""

    async def compact(self, revision: int) -> None:
        """Forgets what was before that revision. Errors also: COMPACTED where that has been done."""

    async def space(self) -> Space:
        """How full the database of the member is that answers. etcd before 3.6 does not say its quota: its default."""

    def turn(self) -> None:
        """Ask another member first from now on, where there are several."""

    async def close(self) -> None:
        """Closes the connections that are kept."""

"""Frozen values that pass between packages. Standard library only; nothing here acts.

The words (offset, position, mark, mirror, bundle) are those of docs/concepts.md.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

#: The position of a list path whose resource is not installed: known to be empty, nothing to watch from.
ABSENT = ""
#: The position of a list path that is being listed again: what it holds is known, but nothing can be watched from it.
#: No resourceVersion reads so: they are decimal integers (KEP-5504).
LOST = "?"
#: In what a Mirror says of a path: stands between the digest of its rules and that of a cluster of its own.
OWN_CLUSTER = "@"
#: In a Position that is LOST: that of every list path, for the cluster itself went back in time.
EVERY_PATH = ""
#: In place of a schema's digest: the path is listed anew, and not all of the cluster's servers may know the schema yet.
UNSETTLED = "?"
#: The field of a bundle that says how it stands.
STATUS = "status"
#: Characters of the reason in an UnreadObject.
MAX_REASON = 200


class ChangeType(enum.StrEnum):
    """What happened to an object, in the words of a Kubernetes watch."""

    ADDED = "ADDED"
    MODIFIED = "MODIFIED"
    DELETED = "DELETED"


class ObjectKey(NamedTuple):
    """Names one source object. ``kind`` stands for group and version too; ``namespace`` is "" for cluster scope."""

    kind: str
    namespace: str
    name: str


class BundleKey(NamedTuple):
    """Names one bundle. ``view`` is the view's plural, e.g. ``promotionstrategydetails``. Order is a list's order."""

    view: str
    namespace: str
    name: str


@dataclass(frozen=True, slots=True)
class ListPath:
    """One list-and-watch path of the cluster: what a reflector mirrors, and what has a position in the log.

    ``namespace`` "" means all; ``selector`` is a label selector, "" for none. ``cluster`` names the cluster where it is
    not the one that is reflected otherwise.
    """

    kind: str
    group: str
    version: str
    plural: str
    namespace: str = ""
    selector: str = ""
    cluster: str = ""

    @property
    def url(self) -> str:
        """The path part of the request, e.g. ``/apis/promoter.argoproj.io/v1alpha1/namespaces/a/pullrequests``."""
        scope = f"namespaces/{self.namespace}/" if self.namespace else ""
        return f"/apis/{self.group}/{self.version}/{scope}{self.plural}"

    @property
    def id(self) -> str:
        """How the log names this path; two paths that may list different objects have different ids."""
        place = f"{self.cluster}:{self.url}" if self.cluster else self.url
        return f"{place}?labelSelector={self.selector}" if self.selector else place

    def holds(self, key: ObjectKey) -> bool:
        """Whether an object of that key is listed on this path (as far as the key tells; labels are not looked at)."""
        return key.kind == self.kind and self.namespace in ("", key.namespace)


@dataclass(frozen=True, slots=True)
class Mirror:
    """What a log mirrors. Where two marks differ in it, the paths concerned lose their position.

    ``cluster`` is a digest that names the cluster; ``paths`` gives for each list path's id a digest of the rules
    by which its objects are cleaned, behind OWN_CLUSTER one that names its cluster, where it has one of its own.
    """

    cluster: str
    paths: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Change:
    """A source event: one change of one source object.

    ``body`` is the cleaned object as JSON bytes, empty for DELETED. ``resource_version`` is the cluster's own, opaque.
    ``position`` is where the path's watch goes on after this event; None for a change that stems from a list.
    """

    type: ChangeType
    key: ObjectKey
    body: bytes
    resource_version: str
    path: str
    position: str | None = None


@dataclass(frozen=True, slots=True)
class Position:
    """A bookmark, or the end of a list after its last difference. ``position`` may be ABSENT; LOST before a relist."""

    path: str
    position: str


@dataclass(frozen=True, slots=True)
class Mark:
    """Opens a log or a leader's term.

    ``previous`` is the last offset before it (0 in a new log): an offset between the two was handed out by a tail that
    is lost. ``generation`` belongs to the view definitions of the program that wrote it, for whoever reads the log.
    ``remembers``: from here on each bundle has a Memory; the first such mark is where all of them begin.
    """

    previous: int
    mirror: Mirror
    generation: int
    remembers: bool = False


class UnreadObject(NamedTuple):
    """What is known of a state that could not be read: the cluster's own resourceVersion, "" where even that could
    not, and one line of why.
    """

    resource_version: str
    reason: str


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A source event whose object could not be read: its last readable state stays, until the next or its deletion.

    ``path`` and ``position`` are as in a Change.
    """

    key: ObjectKey
    found: UnreadObject
    path: str
    position: str | None = None


class UndeclaredKind(NamedTuple):
    """A kind that no view declares, and that is taken up all the same: its objects are members, in ``field``.

    ``names_root``: they name their root; else they belong by their owner. ``rules`` is the digest of the rules by which
    they are cleaned.
    """

    kind: str
    plural: str
    version: str
    field: str
    names_root: bool
    rules: str


@dataclass(frozen=True, slots=True)
class KindsChanged:
    """Which undeclared kinds are taken up from here on: all of them, those of before among them."""

    kinds: tuple[UndeclaredKind, ...]


@dataclass(frozen=True, slots=True)
class SchemaRead:
    """All that follows on that path, a list of it among that, is read by that schema: its digest, or UNSETTLED."""

    path: str
    schema: str


class CursorPlace(NamedTuple):
    """Names an entry of the journal, as its identity does: all up to it is told."""

    resource_version: int
    item: int


@dataclass(frozen=True, slots=True)
class CursorMoved:
    """How far a subscription has been told what the journal holds; None: it is forgotten. No bundle changes by it."""

    subscription: str
    place: CursorPlace | None


@dataclass(frozen=True, slots=True)
class Unknown:
    """A record of a kind that only newer programs know, and that older ones may pass over: nothing follows of it."""


@dataclass(frozen=True, slots=True)
class DerivedBundles:
    """What records before it have made of bundles: a moment of the past need not be worked out change by change.

    ``rows`` are all Derivations of the offsets from ``previous``, excluded, to ``through``, included, as bytes
    (log/memories.py). ``generation`` belongs to the view definitions by which they came about.
    """

    generation: int
    previous: int
    through: int
    rows: bytes


Entry = Change | Position | Mark | Unreadable | KindsChanged | SchemaRead | CursorMoved | DerivedBundles | Unknown
#: Entries that are nobody's who reads the views: they move no head that is shown, and count as no event.
UNSHOWN = (CursorMoved, DerivedBundles, Unknown)


@dataclass(frozen=True, slots=True)
class Record:
    """An entry with its place in the log: ``offset``, strictly growing, about units of 100 us since 1970."""

    offset: int
    time_ms: int
    entry: Entry


@dataclass(frozen=True, slots=True)
class SourceObject:
    """A source object as the log holds it: cleaned JSON bytes, and the cluster's own resourceVersion."""

    body: bytes
    resource_version: str


class Word(NamedTuple):
    """What is said of something in one word, and since when, in whole seconds since 1970."""

    value: str
    since: int


#: Counters: numbers, texts, and tuples of these.
Tally = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Memory:
    """What is kept of a bundle that its objects cannot tell. ``uid`` is the bundle's own: another one begins anew.

    ``words`` by what they are said of: "" the whole, ``environment/BRANCH``, ``condition/TYPE``. ``tallies`` by name.
    """

    uid: str
    words: Mapping[str, Word]
    tallies: Mapping[str, Tally] = field(default_factory=dict)


class Derivation(NamedTuple):
    """What the record at ``offset`` has made of one bundle.

    ``resource_version``: of its change, 0 where its bytes have stayed. ``exists`` False: it is gone. ``memory``: what
    is kept of it from here on, None: what was before. ``adds``: the memory has only the words and tallies that are
    others than before, all others stay.
    """

    offset: int
    key: BundleKey
    resource_version: int
    exists: bool
    memory: Memory | None
    adds: bool = False


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All that the records up to ``offset`` amount to, so that a replay may start there.

    ``bundles`` holds each bundle's resourceVersion: departures leave no trace in the objects, so it cannot be worked
    out again. ``complete`` says that every path has had a position, so that bundles are built. ``unreadable`` are
    the objects whose newest state could not be read; of those ``objects`` has the last readable one, if there was one.
    ``kinds`` are the undeclared ones that are taken up. ``schemas`` are those of SchemaRead, by path.
    ``memory`` is that of bundles, also while these are not built; None where no mark has said yet that there is one.
    ``cursors`` are those of subscriptions, by name. ``shown`` is the offset of the last record that readers of the
    views are told of, 0 where that is ``offset``.
    """

    offset: int
    mirror: Mirror
    generation: int
    complete: bool
    positions: Mapping[str, str]
    objects: Mapping[ObjectKey, SourceObject]
    bundles: Mapping[BundleKey, int]
    unreadable: Mapping[ObjectKey, UnreadObject] = field(default_factory=dict)
    kinds: tuple[UndeclaredKind, ...] = ()
    schemas: Mapping[str, str] = field(default_factory=dict)
    memory: Mapping[BundleKey, Memory] | None = None
    cursors: Mapping[str, CursorPlace] = field(default_factory=dict)
    shown: int = 0


@dataclass(frozen=True, slots=True)
class LogStatus:
    """What an event log says of itself. Offsets are 0 where there is none; sizes in bytes.

    ``head`` is 0 until the follower holds what may be served. ``fault`` is None while appending works, else one line
    that says what is in the way and what is done about it; ``warning`` says what will be in the way. ``lag_seconds``:
    for how long the follower may have missed what other replicas wrote. ``standing`` says in a few words who leads,
    where there can be several replicas. ``term`` names the time in which this one leads, 0 where it does not, or where
    there is one process. ``is_sole``: it leads, and no other one can: always where there is one process, else while the
    lease lives.
    """

    head: int
    first: int
    size: int
    pending_events: int
    pending_bytes: int
    fault: str | None = None
    lag_seconds: float = 0.0
    standing: str = ""
    warning: str = ""
    term: int = 0
    is_sole: bool = True


class BundleField(NamedTuple):
    """A field behind a bundle's root: its joint, ``,"name":``, and the pieces of its value."""

    joint: bytes
    pieces: list[bytes]

    @property
    def name(self) -> str:
        """How the field is called."""
        return self.joint[2:-2].decode()

    @property
    def bodies(self) -> list[bytes]:
        """The members' own bytes; what stands around them is one character each."""
        return [piece for piece in self.pieces if len(piece) > 1]


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Bundle:
    """One object of a view at one resourceVersion: JSON bytes in pieces that are shared with other bundles.

    ``head`` ends with the opening quote of metadata.resourceVersion's value, ``tail`` begins with the closing one; its
    first piece reaches to the root, so that the metadata can be had without looking further, its last is the closing
    brace. ``selectable`` has what field selectors ask for beside name and namespace. ``hidden``: the kinds whose
    members its reader may not see; they are left out (``views.member_mask``).
    """

    key: BundleKey
    uid: str
    resource_version: int
    creation_timestamp: str
    labels: Mapping[str, str]
    head: bytes
    tail: tuple[bytes, ...]
    hidden: frozenset[str] = frozenset()
    selectable: Mapping[str, str] = field(default_factory=dict)

    def encode(self, resource_version: int | None = None) -> bytes:
        """The object as compact JSON; with another resourceVersion where one is given (a DELETED event has its own)."""
        version = self.resource_version if resource_version is None else resource_version
        return b"".join((self.head, b"%d" % version, *self.tail))

    @property
    def root(self) -> bytes:
        """The root's own bytes."""
        return self.tail[1]

    def fields(self) -> list[BundleField]:
        """The fields behind the root, in order; nothing is decoded or copied."""
        found: list[BundleField] = []
        for piece in self.tail[2:-1]:
            # A member begins with a brace, so that none is taken for a joint.
            if piece.startswith(b',"'):
                found.append(BundleField(piece, []))
            else:
                found[-1].pieces.append(piece)
        return found

    def with_fields(self, fields: Iterable[BundleField], hidden: frozenset[str]) -> Bundle:
        """The same with no fields but those, as it is for a reader who may not see those kinds."""
        pieces = (piece for field in fields for piece in (field.joint, *field.pieces))
        return replace(self, tail=(*self.tail[:2], *pieces, self.tail[-1]), hidden=hidden)


class BundleChange(NamedTuple):
    """One change of one bundle. ``before`` is None when it was added, ``after`` when it was deleted.

    ``time_ms`` is its record's: when that was, as the writer's clock had it. Offsets may run ahead of that.
    """

    resource_version: int
    before: Bundle | None
    after: Bundle | None
    time_ms: int

    @property
    def key(self) -> BundleKey:
        """The bundle's key, the same before and after."""
        bundle = self.after or self.before
        assert bundle is not None
        return bundle.key

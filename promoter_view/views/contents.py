"""A bundle read member by member. Pure.

What was read of a member is kept by its bytes, so that of a bundle of a thousand a change of one costs reading one.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, Protocol, TypeVar

import orjson

from promoter_view.records import STATUS, Bundle
from promoter_view.slices import outcome
from promoter_view.views.recent import Recent
from promoter_view.views.status.pieces import StatusParts, parts_of

#: What was read is kept for so many bytes of JSON: three of the largest strategies, or hundreds of usual ones.
KEPT_BYTES = 16 * 1024 * 1024
#: What a status is assessed by is kept for so many bytes of members, each as often as it is read. With less than the
#: largest strategy has nothing would be left by the time that it is asked for again.
ASSESSED_BYTES = 128 * 1024 * 1024
#: Members that stand together and are so many are kept together.
_MANY = 32
_ABSENT: Mapping[str, Any] = {}

_Value = TypeVar("_Value")
#: Takes from a decoded object what its caller wants of it. Its results are kept by it: a function of a module, or a
#: value that equals another one that reads the same.
Read = Callable[[Mapping[str, Any]], _Value]


@dataclass(frozen=True, slots=True)
class ReadWith(Generic[_Value]):
    """A ``Read`` that is told something beside the object. Two are equal where they read the same."""

    read: Callable[[Mapping[str, Any], Any], _Value]
    told: Hashable

    def __call__(self, member: Mapping[str, Any]) -> _Value:
        """Reads the object."""
        return self.read(member, self.told)


class Contents(Protocol):
    """What a bundle holds."""

    @property
    def namespace(self) -> str:
        """Of the bundle."""

    @property
    def name(self) -> str:
        """Of the bundle."""

    @property
    def created(self) -> str:
        """metadata.creationTimestamp."""

    @property
    def labels(self) -> Mapping[str, str]:
        """Of the bundle."""

    @property
    def hidden(self) -> frozenset[str]:
        """The kinds of members that its reader may not see."""

    @property
    def fields(self) -> Sequence[str]:
        """The fields behind the root, in order, but for the status."""

    def root(self, read: Read[_Value]) -> _Value:
        """What is read of the root."""

    def one(self, field: str, read: Read[_Value]) -> _Value:
        """What is read of the object in that field; of an empty one where there is none."""

    def each(self, field: str, read: Read[_Value]) -> list[_Value]:
        """What is read of each object in that field; what is no object there is skipped."""

    def steps(self, field: str, read: Read[Any]) -> Iterator[None]:
        """Reads what ``each`` will want, an object a step: how a slice at a time is had of a bundle of any size."""

    def status(self, read: Read[_Value]) -> _Value:
        """What is read of the status, without its environments; of an empty one where there is none."""

    def environments(self, read: Read[_Value]) -> list[_Value]:
        """What is read of each environment of the status."""


class _Kept(NamedTuple, Generic[_Value]):
    """A value, in a tuple because it may be None; ``is_object``: what it was read of is a JSON object."""

    is_object: bool
    value: _Value


class _KeptList(NamedTuple):
    """What was read of members that stand together, in their order."""

    bodies: Sequence[bytes]
    kept: Sequence[_Kept[Any]]


class Readings:
    """What was last read of objects, by their bytes and by what was read.

    ``max_bytes`` bounds those of members that are many together, which are kept by where they stand, so that nothing
    outlives its member; KEPT_BYTES those of all others, too: of few it costs little to read them again.
    """

    def __init__(self, max_bytes: int = KEPT_BYTES) -> None:
        self._kept: Recent[_Kept[Any]] = Recent(min(max_bytes, KEPT_BYTES))
        self._lists: Recent[_KeptList] = Recent(max_bytes)

    def of(self, body: bytes, read: Read[_Value]) -> _Kept[_Value]:
        """Whether that is an object, and what is read of it; of anything else, what is read of an empty one."""
        kept = self.get(body, read)
        if kept is None:
            kept = _read(body, read)
            self._kept.keep((read, body), kept, len(body))
        return kept

    def get(self, body: bytes, read: Read[_Value]) -> _Kept[_Value] | None:
        """The same where it was read, and is kept."""
        # The hash of bytes is worked out once, and the same bytes are found by identity.
        return self._kept.get((read, body))

    def recall(self, place: Hashable, bodies: Sequence[bytes], read: Read[Any]) -> list[_Kept[Any] | None]:
        """For each what ``get`` gives. ``place``: where they stand; those that were there the last time are looked up
        by where they stand alone.
        """
        last = self._lists.get((place, read)) if len(bodies) >= _MANY else None
        if last is None:
            return [self.get(body, read) for body in bodies]
        if len(last.bodies) != len(bodies):
            known = dict(zip(last.bodies, last.kept, strict=True))
            return [known.get(body) or self.get(body, read) for body in bodies]
        found: list[_Kept[Any] | None] = list(last.kept)
        for at, (body, before) in enumerate(zip(bodies, last.bodies, strict=True)):
            if body is not before:
                # What was read of it before is asked for by whoever tells the difference.
                self._kept.put((read, before), last.kept[at], len(before))
                found[at] = self.get(body, read)
        return found

    def remember(self, place: Hashable, bodies: Sequence[bytes], read: Read[Any], kept: Sequence[_Kept[Any]]) -> None:
        """What was read of those, in their order."""
        if len(bodies) >= _MANY:
            self._lists.put((place, read), _KeptList(bodies, kept), sum(map(len, bodies)))


class BundleContents:
    """The contents of a bundle; see Contents. ``bodies`` by field where the bundle was made of these just now."""

    def __init__(self, bundle: Bundle, readings: Readings, bodies: Mapping[str, Sequence[bytes]] | None = None) -> None:
        self._bundle = bundle
        self._readings = readings
        self._status = StatusParts(b"{}", ())
        self._bodies = self._taken_apart() if bodies is None else bodies
        #: What ``each`` gives: row, page and activity want the same of a thousand members in turn.
        self._found: dict[tuple[str, Read[Any]], list[Any]] = {}

    def _taken_apart(self) -> Mapping[str, Sequence[bytes]]:
        fields = self._bundle.fields()
        if fields and fields[-1].name == STATUS:
            self._status = parts_of(fields.pop().pieces)
        return {field.name: field.bodies for field in fields}

    @property
    def namespace(self) -> str:
        """See Contents."""
        return self._bundle.key.namespace

    @property
    def name(self) -> str:
        """See Contents."""
        return self._bundle.key.name

    @property
    def created(self) -> str:
        """See Contents."""
        return self._bundle.creation_timestamp

    @property
    def labels(self) -> Mapping[str, str]:
        """See Contents."""
        return self._bundle.labels

    @property
    def hidden(self) -> frozenset[str]:
        """See Contents."""
        return self._bundle.hidden

    @property
    def fields(self) -> Sequence[str]:
        """See Contents."""
        return tuple(self._bodies)

    def root(self, read: Read[_Value]) -> _Value:
        """See Contents."""
        return self._readings.of(self._bundle.root, read).value

    def one(self, field: str, read: Read[_Value]) -> _Value:
        """See Contents."""
        bodies = self._bodies.get(field)
        return self._readings.of(bodies[0], read).value if bodies else read(_ABSENT)

    def each(self, field: str, read: Read[_Value]) -> list[_Value]:
        """See Contents."""
        for _ in self.steps(field, read):
            pass
        return [*self._found[field, read]]

    def status(self, read: Read[_Value]) -> _Value:
        """See Contents."""
        return self._readings.of(self._status.summary, read).value

    def environments(self, read: Read[_Value]) -> list[_Value]:
        """See Contents."""
        return [it.value for it in outcome(self._all(STATUS, self._status.environments, read))]

    def environment_steps(self, read: Read[Any]) -> Iterator[None]:
        """Reads what ``environments`` will want, one a step."""
        yield from self._all(STATUS, self._status.environments, read)

    def steps(self, field: str, read: Read[Any]) -> Iterator[None]:
        """See Contents."""
        if (field, read) not in self._found:
            kept = yield from self._all(field, self._bodies.get(field, ()), read)
            self._found[field, read] = [it.value for it in kept if it.is_object]

    def _all(
        self, field: str, bodies: Sequence[bytes], read: Read[_Value]
    ) -> Generator[None, None, Sequence[_Kept[_Value]]]:
        """What is read of each of those; one that was not read yet is a step."""
        place = (self._bundle.key, field)
        known = self._readings.recall(place, bodies, read)
        # Very many that are read together for the first time would push out all else, the root first.
        are_new = len(bodies) >= _MANY and not any(known)
        kept: list[_Kept[_Value]] = []
        for it, body in zip(known, bodies, strict=True):
            if it is not None:
                kept.append(it)
            else:
                kept.append(_read(body, read) if are_new else self._readings.of(body, read))
                yield
        self._readings.remember(place, bodies, read, kept)
        return kept


def _read(body: bytes, read: Read[_Value]) -> _Kept[_Value]:
    document = orjson.loads(body)
    is_object = isinstance(document, dict)
    return _Kept(is_object, read(document if is_object else _ABSENT))


if TYPE_CHECKING:
    _contents: type[Contents] = BundleContents

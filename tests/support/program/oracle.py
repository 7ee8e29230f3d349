"""The course of events as all recordings together tell it: what each of them is held against. Pure."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from tests.support.program.recording import ADDED, DELETED, Change, Key, Listing, Recording, Seen, Stream


class Oracle:
    """Every change that any watcher saw, in order, on top of the earliest list of all namespaces.

    A change that no watcher saw shows all the same: as an object whose events do not follow from each other, or as a
    list that is not what the changes amount to.
    """

    def __init__(self, base: Listing, changes: Mapping[int, Change]) -> None:
        self.base = base
        self._versions = sorted(changes)
        self._changes = [changes[version] for version in self._versions]
        self._histories: dict[Key, list[tuple[int, Seen | None]]] = defaultdict(list)
        for item in base.items:
            self._histories[item.key].append((0, item))
        for change in self._since_base():
            now = None if change.type == DELETED else change.seen
            self._histories[change.seen.key].append((change.resource_version, now))

    def between(self, after: int, until: int, namespace: str) -> list[Change]:
        """The changes of that namespace ("" is all) after one position, up to and with another."""
        first, last = bisect_right(self._versions, after), bisect_right(self._versions, until)
        return [each for each in self._changes[first:last] if namespace in ("", each.seen.key[0])]

    def state(self, version: int, namespace: str) -> dict[Key, Seen]:
        """What is there at that position, not before the base's."""
        return {
            key: seen
            for key, history in self._histories.items()
            if namespace in ("", key[0]) and (seen := _at(history, version))
        }

    def breaks(self) -> Iterator[str]:
        """Where an object's events do not follow from each other: something between them is lost."""
        present = {item.key: item for item in self.base.items}
        for change in self._since_base():
            key = change.seen.key
            if not _follows(present.pop(key, None), change):
                yield f"{change.type} of {key} at {change.resource_version} does not follow from what was there before"
            if change.type != DELETED:
                present[key] = change.seen

    def _since_base(self) -> list[Change]:
        return self._changes[bisect_right(self._versions, self.base.resource_version) :]


def earliest_list(recordings: Iterable[Recording]) -> Listing:
    """The oldest list of all namespaces. Errors: ValueError when there is none."""
    lists = (part for each in recordings for part in each.life if isinstance(part, Listing) and not part.namespace)
    return min(lists, key=lambda listing: listing.resource_version)


def union(recordings: Sequence[Recording]) -> tuple[dict[int, Change], list[str]]:
    """Each change by its resourceVersion, and the contradictions: two watchers who saw different things at one."""
    changes: dict[int, Change] = {}
    contradictions = []
    for recording in recordings:
        for change in _changes(recording):
            known = changes.setdefault(change.resource_version, change)
            if known != change:
                contradictions.append(f"{recording.watcher} saw {change}, another saw {known}")
    return changes, contradictions


def _changes(recording: Recording) -> Iterator[Change]:
    """The changes of a recording, without the states that its streams begin with."""
    for part in recording.life:
        if isinstance(part, Stream):
            yield from (entry for entry in part.parts().rest if isinstance(entry, Change))


def _at(history: list[tuple[int, Seen | None]], version: int) -> Seen | None:
    place = bisect_right(history, version, key=lambda entry: entry[0])
    return history[place - 1][1] if place else None


def _follows(present: Seen | None, change: Change) -> bool:
    if change.type == ADDED:
        return present is None
    return present is not None and present.uid == change.seen.uid

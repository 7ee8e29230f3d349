"""Which entries a subscription is told. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from promoter_view.journal.entries import EventType, JournalEntry


@dataclass(frozen=True, slots=True)
class EntryFilter:
    """An entry has to match each of those that are given; of one that is given it has to match one pattern.

    Patterns are exact but for ``*``, ``?`` and ``[...]``. ``labels``: each of those labels has that value. ``states``
    are what a ``state`` or ``health`` entry leads to; other events they let pass only if ``events`` names these.
    """

    namespaces: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    labels: tuple[tuple[str, str], ...] = ()
    events: frozenset[EventType] = frozenset()
    environments: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()

    def admits(self, entry: JournalEntry, labels: Mapping[str, str] | None) -> bool:
        """Whether it is told. ``labels`` are the object's at that time; None where they are not known: none match.

        A gap is of everything: only ``events`` can leave it out.
        """
        it = entry.happening
        if self.events and it.event not in self.events:
            return False
        if it.event is EventType.GAP:
            return True
        commit = it.commit
        return (
            _matches(self.namespaces, entry.key.namespace)
            and _matches(self.names, entry.key.name)
            and _matches(self.environments, it.environment)
            and _matches(self.authors, commit.author if commit else "")
            and self._admits_state(it.event, it.after)
            and all(_matches((pattern,), (labels or {}).get(name)) for name, pattern in self.labels)
        )

    def _admits_state(self, event: EventType, after: str) -> bool:
        if event in (EventType.STATE, EventType.HEALTH):
            return _matches(self.states, after)
        return not self.states or bool(self.events)


def _matches(patterns: Sequence[str], word: str | None) -> bool:
    return not patterns or (word is not None and any(fnmatchcase(word, each) for each in patterns))

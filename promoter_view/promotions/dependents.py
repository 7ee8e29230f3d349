"""Which Stages depend on which Applications: on some by name, and on whichever a selector matches, now or later."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from promoter_view.kubernetes.selectors import LabelSelector
from promoter_view.stages.authorization import StageKey

#: (namespace, name).
Named = tuple[str, str]
_Key = TypeVar("_Key")


@dataclass(slots=True)
class Dependence:
    """What a look at a Stage depends on. ``selections`` are namespaces, and what selects Applications in them."""

    names: set[Named] = field(default_factory=set)
    selections: set[tuple[str, LabelSelector]] = field(default_factory=set)


class Dependents:
    """Holds the newest dependence of each Stage."""

    def __init__(self) -> None:
        self._of: dict[StageKey, Dependence] = {}
        self._by_name: dict[Named, set[StageKey]] = {}
        self._by_namespace: dict[str, set[StageKey]] = {}

    def clear(self) -> None:
        """Nobody depends on anything."""
        self._of.clear()
        self._by_name.clear()
        self._by_namespace.clear()

    def depend(self, key: StageKey, dependence: Dependence) -> None:
        """The Stage depends on that from now on, and on nothing else."""
        before = self._of.pop(key, Dependence())
        for name in before.names - dependence.names:
            _drop(self._by_name, name, key)
        for name in dependence.names - before.names:
            self._by_name.setdefault(name, set()).add(key)
        for namespace, _ in before.selections:
            _drop(self._by_namespace, namespace, key)
        for namespace, _ in dependence.selections:
            self._by_namespace.setdefault(namespace, set()).add(key)
        if dependence.names or dependence.selections:
            self._of[key] = dependence

    def of(self, namespace: str, name: str, labels: Callable[[], Mapping[str, str]]) -> Iterator[StageKey]:
        """The Stages that a change of that Application matters to. ``labels`` gives its labels, and may take its time:
        it is asked where somebody selects in that namespace.
        """
        yield from tuple(self._by_name.get((namespace, name), ()))
        selecting = tuple(self._by_namespace.get(namespace, ()))
        if selecting:
            found = labels()
            yield from (key for key in selecting if self._selects(key, namespace, found))

    def _selects(self, key: StageKey, namespace: str, labels: Mapping[str, str]) -> bool:
        return any(where == namespace and each.matches(labels) for where, each in self._of[key].selections)


def _drop(sets: dict[_Key, set[StageKey]], of: _Key, key: StageKey) -> None:
    found = sets.get(of, set())
    found.discard(key)
    if not found:
        sets.pop(of, None)

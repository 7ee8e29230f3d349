"""A list of one path while it comes in: cleaned bytes by key, no decoded trees. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from promoter_view.kubernetes.cleaning import CleaningRules, MalformedObject, identify, source_object
from promoter_view.records import ListPath, ObjectKey, SourceObject


class Gathering:
    """Nothing of a list is recorded before it is whole: one that broke off could take the state back in time."""

    def __init__(self, path: ListPath, rules: CleaningRules) -> None:
        self._path = path
        self._rules = rules
        self._found: dict[ObjectKey, SourceObject] = {}
        self._passed_over: set[ObjectKey] = set()

    def read(self, item: Any) -> tuple[ObjectKey, SourceObject]:
        """One object of the path, for whoever does not gather. Errors: MalformedObject."""
        key, found = source_object(item, self._rules)
        if not self._path.holds(key):
            raise MalformedObject(*key, f"is not of namespace {self._path.namespace}")
        return key, found

    def key(self, item: Any) -> ObjectKey:
        """The key of an object of which no more is needed. Errors: MalformedObject."""
        return identify(item, self._rules.kind)

    def add(self, item: Any) -> MalformedObject | None:
        """Takes an object of the list; what is malformed is passed over, and its recorded state will stay."""
        try:
            key, found = self.read(item)
        except MalformedObject as error:
            self._passed_over.add(error.key)
            return error
        self._found[key] = found
        return None

    def remove(self, key: ObjectKey) -> None:
        """An object that was there has gone while the list came in."""
        self._found.pop(key, None)
        self._passed_over.discard(key)

    def take(self) -> tuple[Mapping[ObjectKey, SourceObject], frozenset[ObjectKey]]:
        """What was found and what was passed over; the gathering is empty after it."""
        found, passed_over = self._found, frozenset(self._passed_over)
        self._found, self._passed_over = {}, set()
        return found, passed_over

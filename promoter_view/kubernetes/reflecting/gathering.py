"""A list of one path while it comes in: cleaned bytes by key, no decoded trees. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from promoter_view.kubernetes.cleaning import CleaningRules, MalformedObject, identify, source_object
from promoter_view.kubernetes.documents import DecodedItem, version_of
from promoter_view.kubernetes.reflecting.messages import Malformed
from promoter_view.records import MAX_REASON, ListPath, ObjectKey, SourceObject, UnreadObject


class Gathering:
    """Nothing of a list is recorded before it is whole: one that broke off could take the state back in time."""

    def __init__(self, path: ListPath, rules: CleaningRules) -> None:
        self._path = path
        self._rules = rules
        self._found: dict[ObjectKey, SourceObject] = {}
        self._passed_over: dict[ObjectKey, UnreadObject] = {}

    def read(self, item: DecodedItem) -> tuple[ObjectKey, SourceObject]:
        """One object of the path, for whoever does not gather. Errors: MalformedObject."""
        if item.fault:
            raise MalformedObject(*self.key(item.document), item.fault)
        key, found = source_object(item.document, self._rules)
        if not self._path.holds(key):
            raise MalformedObject(*key, f"is not of namespace {self._path.namespace}")
        return key, found

    def key(self, document: Any) -> ObjectKey:
        """The key of an object of which no more is needed. Errors: MalformedObject."""
        return identify(document, self._rules.kind)

    def add(self, item: DecodedItem) -> MalformedObject | None:
        """Takes an object of the list; what is malformed is skipped, and its recorded state will stay."""
        try:
            key, found = self.read(item)
        except MalformedObject as error:
            self._passed_over[error.key] = unread(error, item)
            return error
        self._passed_over.pop(key, None)
        self._found[key] = found
        return None

    def malformed(self, error: MalformedObject) -> Malformed:
        """What is told of an object that was skipped."""
        return Malformed(str(error), is_named(error.key, self._path))

    def remove(self, key: ObjectKey) -> None:
        """An object that was there has gone while the list came in."""
        self._found.pop(key, None)
        self._passed_over.pop(key, None)

    def take(self) -> tuple[Mapping[ObjectKey, SourceObject], Mapping[ObjectKey, UnreadObject]]:
        """What was found and what was skipped; the gathering is empty after it."""
        found, passed_over = self._found, self._passed_over
        self._found, self._passed_over = {}, {}
        return found, passed_over


def is_named(key: ObjectKey, path: ListPath) -> bool:
    """Whether so much of an object could be read that it is one of that path."""
    return bool(key.name) and path.holds(key)


def unread(error: MalformedObject, item: DecodedItem) -> UnreadObject:
    """What is recorded of an object that was skipped."""
    return UnreadObject(version_of(item.document), error.reason[:MAX_REASON])

"""What is read of an old log, as today's rules leave it: what these take away is nowhere to be seen. Pure."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from promoter_view.kubernetes.cleaning import CleaningRules, MalformedObject, cleaned_again
from promoter_view.log.mirroring import rules_in
from promoter_view.records import (
    OWN_CLUSTER,
    BundleKey,
    Change,
    ChangeType,
    Entry,
    Mark,
    Mirror,
    ObjectKey,
    Record,
    Snapshot,
    SourceObject,
)


class CleanedPast:
    """For one replay. ``rules`` are today's, by kind; one that has none is cleaned as a kind that nobody declares.

    What was recorded by today's rules stays as it is. ``known`` gives an object as it is now: where it has not changed
    since, both share its bytes. ``views`` are the names of views, by the kind of their roots.
    """

    def __init__(
        self,
        rules: Mapping[str, CleaningRules],
        known: Callable[[ObjectKey], SourceObject | None],
        views: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self._rules = rules
        self._known = known
        self._views = views
        self._digests = {kind: each.digest for kind, each in rules.items()}
        self._today = frozenset(self._digests.values())
        self._mirror = Mirror("", {})

    def snapshot(self, snapshot: Snapshot) -> Generator[None, None, Snapshot]:
        """The snapshot at which the replay begins; in steps. A root that is left out leaves its bundle out."""
        self._mirror = snapshot.mirror
        recorded = rules_in(snapshot.mirror)
        objects: dict[ObjectKey, SourceObject] = {}
        bundles = dict(snapshot.bundles)
        for key, source in snapshot.objects.items():
            body = source.body
            if self._digests.get(key.kind) not in recorded:
                body = self._clean(key, body)
            if body:
                objects[key] = self._shared(key, body, source.resource_version)
            else:
                bundles.pop(BundleKey(self._views.get(key.kind, ""), key.namespace, key.name), None)
            yield
        return replace(snapshot, objects=objects, bundles=bundles)

    def rooted(self, snapshot: Snapshot) -> Snapshot:
        """A later one, of cleaned objects, without the bundles whose root was left out."""
        kinds, objects = {view: kind for kind, view in self._views.items()}, snapshot.objects
        return replace(
            snapshot,
            bundles={
                key: version
                for key, version in snapshot.bundles.items()
                if key.view not in kinds or ObjectKey(kinds[key.view], key.namespace, key.name) in objects
            },
        )

    def records(self, records: Sequence[Record]) -> Generator[None, None, Sequence[Record]]:
        """Those that follow, in order; in steps."""
        found: list[Record] = []
        for record in records:
            entry = self._entry(record.entry)
            found.append(record if entry is record.entry else replace(record, entry=entry))
            yield
        return found

    def _entry(self, entry: Entry) -> Entry:
        if isinstance(entry, Mark):
            self._mirror = entry.mirror
        if not isinstance(entry, Change) or entry.type is ChangeType.DELETED:
            return entry
        digest = self._mirror.paths.get(entry.path, "").partition(OWN_CLUSTER)[0]
        body = entry.body if digest in self._today else self._clean(entry.key, entry.body)
        if not body:  # nothing of it can be shown
            return replace(entry, type=ChangeType.DELETED, body=b"")
        return replace(entry, body=self._shared(entry.key, body, entry.resource_version).body)

    def _clean(self, key: ObjectKey, body: bytes) -> bytes:
        """b"" where it is no object of that kind."""
        try:
            return cleaned_again(body, key, self._rules.get(key.kind))
        except MalformedObject:
            return b""

    def _shared(self, key: ObjectKey, body: bytes, resource_version: str) -> SourceObject:
        known = self._known(key)
        if known is not None and known.body == body:
            return known if known.resource_version == resource_version else SourceObject(known.body, resource_version)
        return SourceObject(body, resource_version)

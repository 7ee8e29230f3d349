"""An entry as a bundle (PromotionEvent): its JSON in the pieces that a reader puts together. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, overload

import orjson

from promoter_view.journal.entries import EntryIdentity, JournalEntry
from promoter_view.records import Bundle, BundleChange, BundleKey
from promoter_view.views.definition import GROUP, VERSION
from promoter_view.views.versions import LIMIT

KIND = "PromotionEvent"
PLURAL, SINGULAR, SHORT_NAME = "promotionevents", "promotionevent", "pe"
API_VERSION = f"{GROUP}/{VERSION}"
#: By what field selectors may ask, beside name and namespace: fields of the document.
SELECTABLE = ("name", "environment", "event", "commit", "view")

_NAME = re.compile(r"([1-9][0-9]{0,18})-(0|[1-9][0-9]{0,9})")
_METADATA = frozenset(("resourceVersion", "namespace"))


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class EventBundle(Bundle):
    """``entry``: what it tells. Its key has the entry's own view, for who may see that is told."""

    entry: JournalEntry = field()


def event_bundle(entry: JournalEntry) -> EventBundle:
    """An entry, with the resourceVersion at which a watch goes on behind it."""
    name = entry.identity.name
    document = entry.document()
    metadata = {"name": name, "namespace": entry.key.namespace, "uid": entry.identity.uid}
    head = orjson.dumps({"kind": KIND, "apiVersion": API_VERSION, "metadata": metadata | {"resourceVersion": ""}})
    stamp = entry.time.strftime("%Y-%m-%dT%H:%M:%SZ").encode()
    told = orjson.dumps({name: value for name, value in document.items() if name not in _METADATA})
    return EventBundle(
        key=BundleKey(entry.key.view, entry.key.namespace, name),
        uid=entry.identity.uid,
        resource_version=entry.position,
        creation_timestamp=stamp.decode(),
        labels={},
        head=head.removesuffix(b'"}}'),
        tail=(b'","creationTimestamp":"%b"}' % stamp, b"," + told[1:]),
        selectable=selectable_of(entry),
        entry=entry,
    )


def selectable_of(entry: JournalEntry) -> Mapping[str, str]:
    """What field selectors may ask of it: SELECTABLE."""
    commit = entry.happening.commit
    return {
        "name": entry.key.name,
        "environment": entry.happening.environment,
        "event": entry.happening.event.value,
        "commit": commit.sha if commit is not None else "",
        "view": entry.key.view,
    }


class EventBundles(Sequence[EventBundle]):
    """Entries, each made into a bundle once it is looked at."""

    def __init__(self, entries: Sequence[JournalEntry]) -> None:
        self._entries = entries

    def __len__(self) -> int:
        return len(self._entries)

    @overload
    def __getitem__(self, index: int) -> EventBundle: ...
    @overload
    def __getitem__(self, index: slice) -> EventBundles: ...
    def __getitem__(self, index: int | slice) -> EventBundle | EventBundles:
        if isinstance(index, slice):
            return EventBundles(self._entries[index])
        return event_bundle(self._entries[index])


def change_of(bundle: EventBundle) -> BundleChange:
    """An entry comes, and never changes."""
    return BundleChange(bundle.resource_version, None, bundle, int(bundle.entry.time.timestamp() * 1000))


def parse_name(name: str) -> EntryIdentity | None:
    """The inverse of ``EntryIdentity.name``; None for anything else."""
    found = _NAME.fullmatch(name)
    identity = EntryIdentity(int(found[1]), int(found[2])) if found else None
    return identity if identity is not None and max(identity) < LIMIT else None


class EventMask:
    """What a reader is told who may not see members of some kinds: an entry whole, or not at all."""

    def bundle(self, bundle: Bundle, hidden: frozenset[str]) -> Bundle:  # noqa: ARG002
        """As it is: what is not told is left out before."""
        return bundle

    def change(self, change: BundleChange, hidden: frozenset[str]) -> BundleChange | None:
        """None where one of those kinds tells it."""
        return change if is_told(change.after, hidden) else None


def is_told(bundle: Bundle | None, hidden: frozenset[str]) -> bool:
    """Whether somebody is told of it who may not see those kinds."""
    return isinstance(bundle, EventBundle) and bundle.entry.is_told(hidden)


if TYPE_CHECKING:
    from promoter_view.views.member_mask import Mask

    _mask: type[Mask] = EventMask

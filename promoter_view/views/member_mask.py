"""A bundle as it looks to a reader who may not see the members of some kinds. Pure; of members nothing is copied.

The root is never hidden: whoever may read a bundle may read what it is a bundle of. Members that are shown are shown
whole, with what they say of others. The status says the same words to everybody; what it says of hidden members goes.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from functools import partial
from typing import Protocol

import orjson

from promoter_view.records import Bundle, BundleChange, BundleField, Word
from promoter_view.slices import outcome
from promoter_view.views.bundle_cache import BundleCache
from promoter_view.views.bundles import joint
from promoter_view.views.contents import ASSESSED_BYTES, BundleContents, Readings
from promoter_view.views.definition import ViewDefinition
from promoter_view.views.status.pieces import JOINT, with_url
from promoter_view.views.status.words import read_url, words_of

Hidden = frozenset[str]
#: Sets of hidden kinds for which bundles are kept: there are about as many as there are kinds of users.
_MAX_SETS = 64
#: Changes near the head, where the readers are, each as it looks to one set.
_MAX_CHANGES = 1024


class Mask(Protocol):
    """What bundles of one view, and their changes, are to a reader who may not see members of some kinds."""

    def bundle(self, bundle: Bundle, hidden: Hidden) -> Bundle:
        """The bundle as it looks to him."""

    def change(self, change: BundleChange, hidden: Hidden) -> BundleChange | None:
        """What the change is to him; None for nothing."""


class MemberMask:
    """Leaves members out of the bundles of one view, once for each set of hidden kinds, however many readers have it.

    All that it gives has ``hidden`` set, also where there was nothing to leave out: what is made of it must not tell.
    """

    def __init__(
        self, definition: ViewDefinition, *, max_sets: int = _MAX_SETS, max_changes: int = _MAX_CHANGES
    ) -> None:
        self._kinds = {joint(member): frozenset((member.kind,)) for member in definition.members}
        self._kinds |= {joint(kind): frozenset((kind.kind,)) for kind in definition.departed}
        self._kinds |= {joint(computed): computed.kinds for computed in definition.computed}
        self._computed = {joint(computed): computed for computed in definition.computed}
        status = definition.status
        self._assess = None if status is None else status.assess
        #: What the view has read: whoever may not see some members would have all others read once more, in one turn.
        self._readings = (status and status.readings) or Readings(ASSESSED_BYTES)
        self._max_sets = max_sets
        self._max_changes = max_changes
        self._bundles: OrderedDict[Hidden, BundleCache[Bundle]] = OrderedDict()
        self._changes: OrderedDict[tuple[int, Hidden], BundleChange | None] = OrderedDict()

    def bundle(self, bundle: Bundle, hidden: Hidden) -> Bundle:
        """That bundle without the members of those kinds; of equal rank with it in resourceVersion and key."""
        if not hidden:
            return bundle
        kept = self._bundles.get(hidden)
        if kept is None:
            kept = self._bundles[hidden] = BundleCache(partial(self._without, hidden))
            if len(self._bundles) > self._max_sets:
                self._bundles.popitem(last=False)
        else:
            self._bundles.move_to_end(hidden)
        return kept.of(bundle)

    def change(self, change: BundleChange, hidden: Hidden) -> BundleChange | None:
        """What the change is to that reader; None where before and after look the same."""
        if not hidden:
            return change
        key = (change.resource_version, hidden)
        if key not in self._changes:
            self._changes[key] = self._seen(change, hidden)
            if len(self._changes) > self._max_changes:
                self._changes.popitem(last=False)
        return self._changes[key]

    def _seen(self, change: BundleChange, hidden: Hidden) -> BundleChange | None:
        before = None if change.before is None else self.bundle(change.before, hidden)
        after = None if change.after is None else self.bundle(change.after, hidden)
        if before is not None and after is not None and before.tail == after.tail:
            return None
        return BundleChange(change.resource_version, before, after, change.time_ms)

    def _without(self, hidden: Hidden, bundle: Bundle) -> Bundle:
        contents = BundleContents(bundle, self._readings)
        shown = [self._seen_field(field, contents, hidden) for field in bundle.fields() if self._shows(field, hidden)]
        return bundle.with_fields([*shown, *self._status(contents, hidden)], hidden)

    def _seen_field(self, field: BundleField, contents: BundleContents, hidden: Hidden) -> BundleField:
        computed = self._computed.get(field.joint)
        seen = None if computed is None else computed.seen(contents, hidden)
        return field if seen is None else BundleField(field.joint, [orjson.dumps(seen)])

    def _status(self, contents: BundleContents, hidden: Hidden) -> Iterator[BundleField]:
        """The same words since the same time, told without what stems from members of those kinds."""
        known = words_of(contents)
        if self._assess is None or not known:
            return
        assessed = outcome(self._assess(contents))
        # One that was reflected may have been assessed by another version.
        words = {of: Word(word, 0) for of, word in assessed.words.items()} | dict(known)
        pieces = outcome(assessed.render(words, hidden))
        yield BundleField(JOINT, list(with_url(pieces, contents.status(read_url))))

    def _shows(self, field: BundleField, hidden: Hidden) -> bool:
        kinds = self._kinds.get(field.joint)
        # A field that a newer API has put in: nobody knows of which kind it tells.
        return kinds is not None and kinds.isdisjoint(hidden)

"""What a stream says of bundles: the objects themselves (``/watch``), or what pages show (``/pages/stream``)."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from datetime import datetime
from typing import Protocol

from promoter_view.dashboard import sse
from promoter_view.dashboard.topics import Form, Topics
from promoter_view.dashboard.wires import Wire
from promoter_view.records import Bundle, BundleChange, BundleKey, ChangeType


class Voice(Protocol):
    """Makes frames and puts them on a wire; "" where there is nothing to say."""

    def changed(self, wire: Wire, event: ChangeType, bundle: Bundle, change: BundleChange) -> bytes:
        """A change; its resourceVersion is the frame's id."""

    def present(self, wire: Wire, bundle: Bundle) -> bytes:
        """An ADDED frame without id: of a snapshot, or of a right gained."""

    def absent(self, wire: Wire, bundle: Bundle) -> bytes:
        """A DELETED frame without id: of a right lost."""


class PageFrames(Protocol):
    """What is asked of the pages (``pages.Pages``)."""

    def changed(self, change: BundleChange, form: Form, now: datetime) -> bytes:
        """The data of a change's frame."""

    def present(self, bundle: Bundle, form: Form, now: datetime) -> bytes:
        """The data of an ADDED frame without a change."""

    def absent(self, key: BundleKey) -> bytes:
        """The data of a DELETED frame without a change."""


class ObjectVoice:
    """Data is the object."""

    def changed(self, wire: Wire, event: ChangeType, bundle: Bundle, change: BundleChange) -> bytes:
        """One frame for all whom it is the same event to."""
        position = change.resource_version
        key = ("object", position, event, bundle.hidden)
        return wire.shared(key, lambda: sse.frame(event, bundle.encode(position), position))

    def present(self, wire: Wire, bundle: Bundle) -> bytes:
        """Around the bundle's own bytes, which lists take too."""
        opening = wire.shared(("lead", ChangeType.ADDED), lambda: sse.lead(ChangeType.ADDED))
        return opening + wire.bundle(bundle) + wire.shared("closing", lambda: sse.CLOSING)

    def absent(self, wire: Wire, bundle: Bundle) -> bytes:
        """Its last state."""
        opening = wire.shared(("lead", ChangeType.DELETED), lambda: sse.lead(ChangeType.DELETED))
        return opening + wire.bundle(bundle) + wire.shared("closing", lambda: sse.CLOSING)


class PageVoice:
    """Data is what the pages of ``topics`` show."""

    def __init__(self, pages: PageFrames, topics: Topics, *, now: Callable[[], datetime]) -> None:
        self._pages = pages
        self._topics = topics
        self._now = now

    def changed(self, wire: Wire, event: ChangeType, bundle: Bundle, change: BundleChange) -> bytes:
        """One frame for all pages that show the same forms of it."""
        form = self._topics.form(bundle.key)
        if not form:
            return b""
        position = change.resource_version
        key: Hashable = ("page", position, event, form, bundle.hidden)
        return wire.shared(key, lambda: sse.frame(event, self._pages.changed(change, form, self._now()), position))

    def present(self, wire: Wire, bundle: Bundle) -> bytes:
        """Made for this client."""
        form = self._topics.form(bundle.key)
        if not form:
            return b""
        return wire.text(sse.frame(ChangeType.ADDED, self._pages.present(bundle, form, self._now())))

    def absent(self, wire: Wire, bundle: Bundle) -> bytes:
        """Only which it was."""
        if not self._topics.form(bundle.key):
            return b""
        return wire.text(sse.frame(ChangeType.DELETED, self._pages.absent(bundle.key)))

"""What a stream says of bundles: the objects themselves (``/watch``), or what pages show (``/pages/stream``)."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from datetime import datetime
from typing import Protocol

from promoter_view.dashboard import sse
from promoter_view.dashboard.topics import Form, Topics
from promoter_view.dashboard.wires import Wire
from promoter_view.records import Bundle, BundleChange, BundleKey, ChangeType


class Voice(Protocol):
    """Makes frames and puts them on a wire; "" where there is nothing to say."""

    def steps(self, wire: Wire, event: ChangeType, bundle: Bundle, change: BundleChange) -> Iterator[None]:
        """Makes what ``changed`` says, in steps of a millisecond at most."""

    def changed(self, wire: Wire, event: ChangeType, bundle: Bundle, change: BundleChange) -> bytes:
        """A change; its resourceVersion is the frame's id."""

    def present_steps(self, bundle: Bundle) -> Iterator[None]:
        """Makes what ``present`` says, in steps of a millisecond at most."""

    def present(self, wire: Wire, bundle: Bundle) -> bytes:
        """An ADDED frame without id: of a snapshot, or of a right gained."""

    def absent(self, wire: Wire, bundle: Bundle) -> bytes:
        """A DELETED frame without id: of a right lost."""


class PageFrames(Protocol):
    """What is asked of the pages (``pages.Pages``)."""

    def steps(self, change: BundleChange, form: Form, now: datetime) -> Iterator[None]:
        """Makes what ``changed`` is joined from."""

    def present_steps(self, bundle: Bundle, form: Form, now: datetime) -> Iterator[None]:
        """Makes what ``present`` is joined from."""

    def changed(self, change: BundleChange, form: Form, now: datetime) -> bytes:
        """The data of a change's frame."""

    def present(self, bundle: Bundle, form: Form, now: datetime) -> bytes:
        """The data of an ADDED frame without a change."""

    def absent(self, key: BundleKey) -> bytes:
        """The data of a DELETED frame without a change."""


class ObjectVoice:
    """Data is the object."""

    def steps(self, *_: object) -> Iterator[None]:
        """None: bytes are joined."""
        return iter(())

    def changed(self, wire: Wire, event: ChangeType, bundle: Bundle, change: BundleChange) -> bytes:
        """One frame for all whom it is the same event to."""
        position = change.resource_version
        key = ("object", position, event, bundle.hidden)
        return wire.shared(key, lambda: sse.frame(event, bundle.encode(position), position))

    def present_steps(self, *_: object) -> Iterator[None]:
        """None: bytes are joined."""
        return iter(())

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

    def steps(self, wire: Wire, event: ChangeType, bundle: Bundle, change: BundleChange) -> Iterator[None]:
        """None where another client's frame is there already."""
        form = self._topics.form(bundle.key)
        if form and not wire.has(_page_frame(event, bundle, change, form)):
            yield from self._pages.steps(change, form, self._now())

    def changed(self, wire: Wire, event: ChangeType, bundle: Bundle, change: BundleChange) -> bytes:
        """One frame for all pages that show the same forms of it."""
        form = self._topics.form(bundle.key)
        if not form:
            return b""
        frame = _page_frame(event, bundle, change, form)
        position = change.resource_version
        return wire.shared(frame, lambda: sse.frame(event, self._pages.changed(change, form, self._now()), position))

    def present_steps(self, bundle: Bundle) -> Iterator[None]:
        """Those of its forms."""
        return self._pages.present_steps(bundle, self._topics.form(bundle.key), self._now())

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


def _page_frame(event: ChangeType, bundle: Bundle, change: BundleChange, form: Form) -> Hashable:
    """What names a frame for good."""
    return "page", change.resource_version, event, form, bundle.hidden

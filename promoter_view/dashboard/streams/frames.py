"""Server-Sent Events: the formats of ``/watch`` (objects) and ``/pages/stream`` (what pages show of them). Pure."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from datetime import datetime

import orjson

from promoter_view.dashboard.streams import sse
from promoter_view.dashboard.streams.page_fragments import PageFragments
from promoter_view.dashboard.streams.topics import TopicForm, Topics
from promoter_view.reading.format import Format
from promoter_view.reading.wire import Wire, fixed
from promoter_view.records import Bundle, BundleChange, ChangeType
from promoter_view.views.history import Expired
from promoter_view.web.errors import Forbidden

_ADDED, _CLOSING, _HEARTBEAT = map(fixed, (sse.lead(ChangeType.ADDED), sse.CLOSING, sse.HEARTBEAT))


class SseFrames(Format):
    """Frames around data. ``scope``: what may be seen now, which goes with each position that is not a change's."""

    begins_anew = True

    def __init__(self, wire: Wire, scope: Callable[[], str]) -> None:
        self._wire = wire
        self._scope = scope

    def complete(self, position: int) -> bytes:
        """SYNCED."""
        return self._position("SYNCED", position)

    def bookmark(self, position: int) -> bytes:
        """BOOKMARK."""
        return self._position("BOOKMARK", position)

    def beat(self) -> bytes:
        """A comment."""
        return self._wire.fixed(_HEARTBEAT)

    def expired(self, error: Expired) -> bytes:  # noqa: ARG002
        """RESET."""
        return self._wire.text(sse.frame("RESET", b"{}", 0))

    def farewell(self, position: int | None, refusal: Forbidden | None) -> bytes:  # noqa: ARG002
        """A last BOOKMARK, and GOODBYE: why, the answer to the next request says."""
        last = b"" if position is None else self.bookmark(position)
        return last + self._wire.text(sse.frame("GOODBYE", b"{}"))

    def _position(self, event: str, position: int) -> bytes:
        data = orjson.dumps({"resourceVersion": str(position), "scope": self._scope()})
        return self._wire.text(sse.frame(event, data, position))


class ObjectFrames(SseFrames):
    """Data is the object."""

    def present(self, bundle: Bundle) -> bytes:
        """Around the bundle's own bytes, which lists take too."""
        return self._wire.fixed(_ADDED) + self._wire.bundle(bundle) + self._wire.fixed(_CLOSING)

    def changed(self, event: ChangeType, bundle: Bundle, change: BundleChange) -> bytes:
        """One frame for all whom it is the same event to."""
        position = change.resource_version
        key = ("object", position, event, bundle.hidden)
        return self._wire.shared(key, lambda: sse.frame(event, bundle.encode(position), position))


class PageFrames(SseFrames):
    """Data is what the pages of ``topics`` show.

    ``superseded`` says whether a later change of the same bundle is still to come to this client. Then the frame is of
    what happened only: the newest brings what pages look like, so that a client that lags is not shown each state of
    the past on its way.
    """

    in_steps = True

    def __init__(
        self,
        wire: Wire,
        scope: Callable[[], str],
        pages: PageFragments,
        topics: Topics,
        *,
        superseded: Callable[[BundleChange], bool],
        now: Callable[[], datetime],
    ) -> None:
        super().__init__(wire, scope)
        self._pages = pages
        self._topics = topics
        self._superseded = superseded
        self._now = now
        self._form = TopicForm(0)
        self._wanted = TopicForm(0)
        self._commits: tuple[str, ...] = ()

    def present_steps(self, bundle: Bundle) -> Iterator[None]:
        """Those of its forms."""
        return self._pages.present_steps(bundle, self._topics.form(bundle.key), self._now())

    def present(self, bundle: Bundle) -> bytes:
        """Made for this client."""
        form, commits = self._topics.form(bundle.key), self._pages.news.present(bundle, self._topics.commits)
        if not form and not commits:
            return b""
        return self._wire.text(sse.frame(ChangeType.ADDED, self._pages.present(bundle, form, self._now(), commits)))

    def steps(self, event: ChangeType, bundle: Bundle, change: BundleChange) -> Iterator[None]:
        """None where another client's frame is there already, and no more once it is.

        Its forms are decided on once, here: were that looked at again when all is made, a bundle that changes faster
        than it is rendered would never be shown.
        """
        self._commits = self._pages.news.of(change, self._topics.commits)
        wanted = self._wanted = self._topics.form(bundle.key) | (TopicForm.NEWS if self._commits else TopicForm(0))
        self._form = wanted.passing if wanted and self._superseded(change) else wanted
        key = self._page_frame(event, bundle, change)
        if not wanted or self._wire.has(key):
            return
        for _ in self._pages.steps(change, self._form, self._now()):
            yield
            if self._wire.has(key):
                return

    def changed(self, event: ChangeType, bundle: Bundle, change: BundleChange) -> bytes:
        """One frame for all pages that show the same forms of it, those that ``steps`` has decided on."""
        if not self._wanted:
            return b""
        position, made, form, commits = change.resource_version, self._pages.changed, self._form, self._commits
        key = self._page_frame(event, bundle, change)
        return self._wire.shared(key, lambda: sse.frame(event, made(change, form, self._now(), commits), position))

    def _page_frame(self, event: ChangeType, bundle: Bundle, change: BundleChange) -> Hashable:
        """What names a frame for good."""
        return "page", change.resource_version, event, self._form, bundle.hidden, self._commits

"""What a reflector does next: the state machine of one list path. Pure: no client, clock or recorder.

``receive`` takes an input and gives the actions that follow from it, the last of which may be a request; the driver
carries them out in order, lazily, and answers the request with the next input. The protocol is list and watch of the
Kubernetes API concepts, with KEP-3157 (WatchList) for the first state and KEP-956 (bookmarks) for positions.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Generator
from itertools import chain
from typing import Any, TypeVar

from promoter_view.kubernetes.cleaning import CleaningRules
from promoter_view.kubernetes.client.backoff import Backoff
from promoter_view.kubernetes.documents import decode_event, ends_initial_events, error_of, is_beyond, version_of
from promoter_view.kubernetes.outcomes import ApiError, ClusterError, Outcome, Unreachable, Withheld
from promoter_view.kubernetes.reflecting.gathering import Gathering
from promoter_view.kubernetes.reflecting.listing import Listing
from promoter_view.kubernetes.reflecting.messages import (
    Actions,
    AllowIdle,
    Answered,
    Begin,
    Breathe,
    Ended,
    Failed,
    Fetch,
    Forget,
    Forgotten,
    Input,
    Line,
    Note,
    Reconcile,
    Spare,
    Timing,
    Wait,
)
from promoter_view.kubernetes.reflecting.pages import ReceivedPage
from promoter_view.kubernetes.reflecting.requests import PathRequests
from promoter_view.kubernetes.reflecting.watching import Watching
from promoter_view.records import ABSENT, ListPath

_Value = TypeVar("_Value")


class ReflectorState(enum.Enum):
    """Where a reflector stands; the values are what ``/readyz?verbose`` says."""

    NEW = "not started"
    PROBING = "asking for the cluster's current resourceVersion"
    WATCH_LISTING = "listing (WatchList)"
    LISTING = "listing (pages)"
    WATCHING = "watching"
    BACKING_OFF = "waiting before another try"
    ABSENT = "not installed"
    WITHHELD = "not permitted"


#: Where there is nothing to be mirrored, and nothing to be put right.
SPARED = frozenset({ReflectorState.ABSENT, ReflectorState.WITHHELD})


class ReflectorCore:
    """One list path. ``random`` gives numbers in [0, 1); ``now`` is any clock that only goes forward, in seconds."""

    def __init__(
        self,
        path: ListPath,
        rules: CleaningRules,
        *,
        random: Callable[[], float],
        watch_list: bool = True,
        timing: Timing | None = None,
    ) -> None:
        self._path = path
        self._timing = timing or Timing()
        self._backoff = Backoff(random=random)
        self._requests = PathRequests(path, self._timing, random=random)
        gathering = Gathering(path, rules)
        self._listing = Listing(gathering, self._requests, page_size=self._timing.page_size, watch_list=watch_list)
        self._watching = Watching(gathering, self._requests, self._backoff, self._timing.good_while_seconds)
        self.state = ReflectorState.NEW
        self._reason = "initial"
        self._absences = 0
        self._withheld = False

    @property
    def position(self) -> str | None:
        """The resourceVersion that the log is as of; None before the first list."""
        return self._watching.position

    @property
    def read_at(self) -> float | None:
        """When the path was last read: a change, a bookmark or the end of a list. None if never."""
        return self._watching.read_at

    @property
    def standing(self) -> ReflectorState:
        """The state for people: while nothing is there to be mirrored, looking for it again is no other state."""
        if self._withheld:
            return ReflectorState.WITHHELD
        return ReflectorState.ABSENT if self.position == ABSENT else self.state

    def receive(self, given: Input, now: float) -> Actions:
        """The actions that follow, to be carried out as they come. Nothing else may be received before the last one."""
        match given:
            case Begin(position):
                self._watching.position = position
            case Forgotten(outcome, message):
                if self.state is ReflectorState.WATCHING:
                    self._watching.end(now)
                self._relist(outcome.value)
                return self._again(Note(outcome, message))
            case Answered(body):
                return self._answered(body, now)
            case Line(data):
                return self._line(data, now)
            case Ended():
                return self._ended(now)
            case Failed(error):
                return self._failed(error, now)
        return self._go_on()

    # -- requests

    def _go_on(self) -> Actions:
        """A path without a position is listed; one with a position is compared with the cluster, then watched."""
        if self.position is not None:
            self.state = ReflectorState.PROBING
            yield self._requests.probe()
            return
        request = self._listing.begin()
        in_pages = isinstance(request, Fetch)
        self.state = ReflectorState.LISTING if in_pages else ReflectorState.WATCH_LISTING
        yield request

    def _watch(self, now: float) -> Actions:
        self.state = ReflectorState.WATCHING
        yield self._watching.open(now)

    def _again(self, *first: Forget | Note) -> Actions:
        """On with what is normal: at once, but not in a tight loop."""
        yield from first
        yield from self._after(self._backoff.soon())

    def _retry(self, error: ClusterError, outcome: Outcome | None = None) -> Actions:
        """Another try after a failure."""
        yield Note(outcome or error.outcome, str(error), failure=True)
        yield from self._after(self._backoff.next(error.retry_after_seconds))

    def _after(self, seconds: float) -> Actions:
        if seconds == 0:
            yield from self._go_on()
            return
        self.state = ReflectorState.BACKING_OFF
        yield Wait(seconds)

    def _relist(self, reason: str) -> Forget:
        """The log forgets the position too: when a killed list is made again the cluster may have come past it."""
        self._watching.forget()
        self._listing.forget()
        self._reason = reason
        return Forget(every_path=reason == "restored")

    # -- answers

    def _answered(self, body: bytes, now: float) -> Actions:
        page, probing = ReceivedPage(body), self.state is ReflectorState.PROBING
        for item in page.items():
            if item is not None and not probing:
                yield from self._listing.gather(item)
            yield Breathe()
        if not page.version:
            yield from self._failed(Unreachable(Outcome.NOT_JSON, f"{self._path.url}: the answer is not a list"), now)
        elif probing:
            yield from self._probed(page.version, now)
        else:
            yield from self._page_end(page.version, page.token, now)

    def _probed(self, version: str, now: float) -> Actions:
        assert self.position is not None
        self._absences = 0
        self._withheld = False
        if self.position == ABSENT:
            return self._again(self._relist("installed"), Note(Outcome.INSTALLED, "its CRD is installed now"))
        if is_beyond(self.position, version):
            words = f"position {self.position} is beyond the cluster's {version}: a restored backup"
            return self._again(self._relist("restored"), Note(Outcome.RESTORED, words))
        return self._watch(now)

    def _page_end(self, version: str, token: str, now: float) -> Actions:
        self._absences = 0
        request = self._listing.turn_page(version, token)
        if request is not None:
            yield request
            return
        yield from self._listed(self._listing.version, now)
        yield from self._watch(now)

    def _listed(self, version: str, now: float) -> Actions:
        yield from self._listing.finish(version, self._reason)
        self._watching.advance(version, now)
        self._withheld = False
        self._absences = 0

    # -- the stream

    def _line(self, data: bytes, now: float) -> Actions:
        if not data.strip():
            return
        event = yield from _breathing(decode_event(data))
        if event is None:
            excerpt = data[:80].decode("utf-8", "replace")
            yield from self._failed(Unreachable(Outcome.NOT_JSON, f"not a watch event: {excerpt!r}"), now)
        elif event.type == "ERROR":
            yield from self._error_event(event.object, now)
        elif event.type == "BOOKMARK":
            yield from self._bookmark(event.object, now)
        elif self.state is ReflectorState.WATCH_LISTING:
            yield from self._listing.change(event)
        else:
            yield from self._watching.change(event, now)

    def _bookmark(self, found: dict[str, Any], now: float) -> Actions:
        version = version_of(found)
        if self.state is ReflectorState.WATCHING:
            yield self._watching.bookmark(version, now)
        elif ends_initial_events(found):
            yield from self._listed(version, now)
            self.state = ReflectorState.WATCHING
            self._watching.begin(now)
            yield AllowIdle(self._requests.idle_seconds())

    def _error_event(self, status: dict[str, Any], now: float) -> Actions:
        error = error_of(status)
        if self.state is ReflectorState.WATCH_LISTING:
            return self._page_instead(error)
        if error.status == 410:
            return self._expired(error, now)
        self._watching.end(now)
        return self._retry(error, Outcome.ERROR_EVENT)

    # -- ends and failures

    def _ended(self, now: float) -> Actions:
        if self.state is ReflectorState.WATCH_LISTING:
            return self._page_instead(Unreachable(Outcome.CLEAN_END, "the stream ended before its end bookmark"))
        self._watching.end(now)
        return self._again(Note(Outcome.CLEAN_END))

    def _failed(self, error: ClusterError, now: float) -> Actions:
        self._withheld = isinstance(error, Withheld) and self.position in (None, ABSENT)
        if isinstance(error, ApiError) and error.not_served:
            return self._not_served(error)
        if self._withheld:
            return self._wait_for_right(error)
        if self.state is ReflectorState.WATCH_LISTING:
            return self._page_instead(error) if self._listing.is_refusal(error) else self._retry(error)
        if self.state is ReflectorState.LISTING:
            return self._page_failed(error)
        if self.state is ReflectorState.WATCHING:
            return self._watch_failed(error, now)
        return self._retry(error)

    def _page_instead(self, error: ClusterError) -> Actions:
        asked = error.retry_after_seconds
        yield self._listing.go_in_pages(error)
        yield from self._after(self._backoff.soon() if asked is None else self._backoff.next(asked))

    def _page_failed(self, error: ClusterError) -> Actions:
        if not self._listing.starts_over(error):
            yield from self._retry(error)
            return
        yield Note(Outcome.EXPIRED, f"starting the list again: {error}")
        yield from self._go_on()

    def _watch_failed(self, error: ClusterError, now: float) -> Actions:
        if error.outcome is Outcome.EXPIRED:
            return self._expired(error, now)
        self._watching.end(now)
        unreadable = error.outcome in (Outcome.NOT_JSON, Outcome.LINE_TOO_LONG) and self._watching.is_unreadable()
        forgotten = (self._relist("unreadable"),) if unreadable else ()
        return chain(forgotten, self._retry(error))

    def _expired(self, error: ClusterError, now: float) -> Actions:
        self._watching.end(now)
        words = f"position {self.position} is too old: {error}"
        return self._again(self._relist("expired"), Note(Outcome.EXPIRED, words))

    def _not_served(self, error: ApiError) -> Actions:
        """Its resource is not installed: the path is empty. What was there is given up only when asked twice."""
        if self.position != ABSENT and self._absences == 0:
            self._absences = 1
            yield Note(Outcome.NOT_FOUND, f"asking again: {error}")
            yield from self._after(self._timing.confirm_absent_seconds)
            return
        if self.position != ABSENT:
            yield self._relist("installed")
            yield Reconcile({}, {}, ABSENT, "")
            self._watching.position = ABSENT
            yield Note(Outcome.ABSENT, "its CRD is not installed: the kind counts as empty for now")
        else:
            yield Note(Outcome.ABSENT)
        self.state = ReflectorState.ABSENT
        yield self._requests.look_again()

    def _wait_for_right(self, error: ClusterError) -> Actions:
        """It may not be read, and what is served does without it. Once somebody gives the right it is listed."""
        self.state = ReflectorState.WITHHELD
        yield Spare()
        yield Note(Outcome.WITHHELD, f"no served view needs it: {error}", failure=True)
        yield self._requests.look_again()


def _breathing(steps: Generator[None, None, _Value]) -> Generator[Breathe, None, _Value]:
    """What they return. Others may run after the last one, too: to clean an object takes as long as to decode it."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            yield Breathe()
            value: _Value = end.value
            return value
        yield Breathe()

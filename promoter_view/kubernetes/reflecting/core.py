"""What a reflector does next: the state machine of one list path. Pure: no client, clock or recorder.

``receive`` takes an input and gives the actions that follow from it, the last of which may be a request; the driver
carries them out in order, lazily, and answers the request with the next input. The protocol is list and watch of the
Kubernetes API concepts, with KEP-3157 (WatchList) for the first state and KEP-956 (bookmarks) for positions.
"""

from __future__ import annotations

import enum
from collections.abc import Callable
from itertools import chain
from typing import Any

from promoter_view.kubernetes.cleaning import CleaningRules, MalformedObject
from promoter_view.kubernetes.client.backoff import Backoff
from promoter_view.kubernetes.documents import (
    DecodedItem,
    Parameters,
    WatchEvent,
    decode,
    decode_event,
    decode_item,
    ends_initial_events,
    error_of,
    is_beyond,
    version_of,
)
from promoter_view.kubernetes.outcomes import ApiError, ClusterError, Outcome, Unreachable, Withheld
from promoter_view.kubernetes.reflecting.gathering import Gathering, is_named, unread
from promoter_view.kubernetes.reflecting.messages import (
    Actions,
    AllowIdle,
    Answered,
    Begin,
    Bookmark,
    Breathe,
    Delete,
    Ended,
    Failed,
    Fetch,
    Forget,
    Forgotten,
    Input,
    Line,
    Malformed,
    Note,
    Open,
    PassOver,
    Put,
    Reconcile,
    Spare,
    Timing,
    Wait,
)
from promoter_view.kubernetes.scanning import ListPage
from promoter_view.records import ABSENT, ListPath

#: Answers by which a server says that it does not do WatchList.
_WATCH_LIST_REFUSALS = frozenset({400, 405, 406, 415, 422})
#: Content that cannot be read, at one position, so often in a row: then the path is listed.
_UNREADABLE_LIMIT = 3
_RESTARTS_AT_ONCE = 3
_WATCH_LIST_FAILURES = 2


class ReflectorState(enum.Enum):
    """Where a reflector stands; the values are what ``/readyz?verbose`` says."""

    NEW = "not started"
    PROBING = "asking where the cluster stands"
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
        self._gathering = Gathering(path, rules)
        self._random = random
        self._timing = timing or Timing()
        self._backoff = Backoff(random=random)
        self._watch_list = watch_list
        self.state = ReflectorState.NEW
        self.position: str | None = None
        self._reason = "initial"
        self._opened_at = 0.0
        self._opened_position: str | None = None
        self._list_failures = 0
        self._paging = False
        self._page_size = self._timing.page_size
        self._restarts = 0
        self._list_version = ""
        self._absences = 0
        self._unreadable = ("", 0)
        self._withheld = False
        self.read_at: float | None = None

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
                self.position = position
            case Forgotten():
                self._relist("restored")
                return self._again(Note(Outcome.RESTORED, "another list path found the cluster restored"))
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
        if self.position is None:
            return self._list()
        self.state = ReflectorState.PROBING
        return iter((Fetch(self._parameters(("limit", "1"))),))

    def _list(self) -> Actions:
        self._gathering.take()
        if not self._watch_list or self._paging or self._list_failures >= _WATCH_LIST_FAILURES:
            self.state = ReflectorState.LISTING
            self._list_version = ""
            yield Fetch(self._parameters(("limit", str(self._page_size))))
            return
        self.state = ReflectorState.WATCH_LISTING
        initial = (("sendInitialEvents", "true"), ("resourceVersionMatch", "NotOlderThan"))
        yield Open(self._watch_parameters(*initial), self._timing.first_state_idle_seconds)

    def _watch(self, now: float) -> Actions:
        assert self.position is not None
        self._begin_watch(now)
        yield Open(self._watch_parameters(("resourceVersion", self.position)), self._idle_seconds())

    def _begin_watch(self, now: float) -> None:
        self.state = ReflectorState.WATCHING
        self._opened_at, self._opened_position = now, self.position

    def _watch_parameters(self, *more: tuple[str, str]) -> Parameters:
        seconds = int(self._timing.watch_seconds * (1 + self._random()))
        common = (("watch", "true"), ("allowWatchBookmarks", "true"), ("timeoutSeconds", str(seconds)))
        return self._parameters(*common, *more)

    def _parameters(self, *parameters: tuple[str, str]) -> Parameters:
        selector = (("labelSelector", self._path.selector),) if self._path.selector else ()
        return (*parameters, *selector)

    def _idle_seconds(self) -> float:
        return self._timing.idle_seconds * (1 + self._random() / 10)

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
        self.position = None
        self._reason = reason
        self._list_failures = 0
        self._paging = False
        self._unreadable = ("", 0)
        return Forget(every_path=reason == "restored")

    # -- answers

    def _answered(self, body: bytes, now: float) -> Actions:
        document = decode(body)
        if document is None:
            return self._page_by_item(body, now)
        version = version_of(document)
        if not version:
            return self._no_list(now)
        if self.state is ReflectorState.PROBING:
            return self._probed(version, now)
        return self._page(document, version, now)

    def _no_list(self, now: float) -> Actions:
        return self._failed(Unreachable(Outcome.NOT_JSON, f"{self._path.url}: the answer is not a list"), now)

    def _page_by_item(self, body: bytes, now: float) -> Actions:
        """A page that cannot be decoded as a whole: each of its items by itself."""
        page = ListPage(body)
        for item in page.items():
            if self.state is ReflectorState.LISTING:
                yield from self._gather(decode_item(item))
            yield Breathe()
        if not page.version:
            yield from self._no_list(now)
        elif self.state is ReflectorState.PROBING:
            yield from self._probed(page.version, now)
        else:
            yield from self._page_end(page.version, page.more, now)

    def _probed(self, version: str, now: float) -> Actions:
        assert self.position is not None
        self._absences = 0
        self._withheld = False
        if self.position == ABSENT:
            return self._again(self._relist("installed"), Note(Outcome.INSTALLED, "its CRD is there now"))
        if is_beyond(self.position, version):
            words = f"position {self.position} is beyond the cluster's {version}: a restored backup"
            return self._again(self._relist("restored"), Note(Outcome.RESTORED, words))
        return self._watch(now)

    def _page(self, document: dict[str, Any], version: str, now: float) -> Actions:
        items = document.get("items")
        waiting = list(reversed(items)) if isinstance(items, list) else []
        metadata = document["metadata"]
        document.clear()
        if isinstance(items, list):
            items.clear()
        while waiting:
            yield from self._gather(DecodedItem(waiting.pop()))
            yield Breathe()
        token = metadata.get("continue")
        yield from self._page_end(version, token if isinstance(token, str) else "", now)

    def _page_end(self, version: str, token: str, now: float) -> Actions:
        self._absences = 0
        self._list_version = self._list_version or version
        if token:
            yield Fetch(self._parameters(("limit", str(self._page_size)), ("continue", token)))
            return
        yield from self._listed(self._list_version, now)
        yield from self._watch(now)

    def _gather(self, item: DecodedItem) -> Actions:
        error = self._gathering.add(item)
        if error is not None:
            yield Malformed(str(error), is_named(error.key, self._path))

    def _listed(self, version: str, now: float) -> Actions:
        found, passed_over = self._gathering.take()
        yield Reconcile(found, passed_over, version, self._reason)
        yield Note(Outcome.LISTED)
        self.position = version
        self.read_at = now
        self._withheld = False
        self._list_failures = self._restarts = self._absences = 0
        self._paging = False
        self._page_size = self._timing.page_size

    # -- the stream

    def _line(self, data: bytes, now: float) -> Actions:
        if not data.strip():
            return iter(())
        event = decode_event(data)
        if event is None:
            excerpt = data[:80].decode("utf-8", "replace")
            return self._failed(Unreachable(Outcome.NOT_JSON, f"not a watch event: {excerpt!r}"), now)
        if event.type == "ERROR":
            return self._error_event(event.object, now)
        if event.type == "BOOKMARK":
            return self._bookmark(event.object, now)
        return self._changed(event, now)

    def _changed(self, event: WatchEvent, now: float) -> Actions:
        if event.type == "DELETED":
            return self._delete(event.object, now)
        item = DecodedItem(event.object, event.fault)
        if self.state is ReflectorState.WATCH_LISTING:
            return self._gather(item)
        return self._put(item, event.type, now)

    def _bookmark(self, found: dict[str, Any], now: float) -> Actions:
        version = version_of(found)
        if self.state is ReflectorState.WATCHING:
            self.position = version
            self.read_at = now
            yield Bookmark(version)
        elif ends_initial_events(found):
            yield from self._listed(version, now)
            self._begin_watch(now)
            yield AllowIdle(self._idle_seconds())

    def _put(self, item: DecodedItem, kind: str, now: float) -> Actions:
        try:
            key, found = self._gathering.read(item)
        except MalformedObject as error:
            yield from self._pass_over(error, item)
            return
        self.position = found.resource_version
        self.read_at = now
        yield Put(key, found, kind)

    def _delete(self, document: dict[str, Any], now: float) -> Actions:
        """Of what is gone no more is needed than who it was: also what could not be read has gone."""
        version = version_of(document)
        try:
            key = self._gathering.key(document)
        except MalformedObject as error:
            yield from self._pass_over(error, DecodedItem(document))
            return
        if self.state is ReflectorState.WATCH_LISTING:
            self._gathering.remove(key)
            return
        self.position = version or self.position
        self.read_at = now
        yield Delete(key, version, version or None)

    def _pass_over(self, error: MalformedObject, item: DecodedItem) -> Actions:
        """The watch goes on behind it. It was heard, and not read: ``read_at`` stays."""
        named = is_named(error.key, self._path)
        yield Malformed(str(error), named)
        if self.state is not ReflectorState.WATCHING:
            return
        found = unread(error, item)
        self.position = found.resource_version or self.position
        if named:
            yield PassOver(error.key, found, found.resource_version or None)
        elif found.resource_version:
            yield Bookmark(found.resource_version)

    def _error_event(self, status: dict[str, Any], now: float) -> Actions:
        error = error_of(status)
        if self.state is ReflectorState.WATCH_LISTING:
            return self._page_instead(error)
        if error.status == 410:
            return self._expired(error, now)
        self._rest(now)
        return self._retry(error, Outcome.ERROR_EVENT)

    # -- ends and failures

    def _ended(self, now: float) -> Actions:
        if self.state is ReflectorState.WATCH_LISTING:
            return self._page_instead(Unreachable(Outcome.CLEAN_END, "the stream ended before its end bookmark"))
        self._rest(now)
        return self._again(Note(Outcome.CLEAN_END))

    def _failed(self, error: ClusterError, now: float) -> Actions:
        self._withheld = isinstance(error, Withheld) and self.position in (None, ABSENT)
        if isinstance(error, ApiError) and error.not_served:
            return self._not_served(error)
        if self._withheld:
            return self._wait_for_right(error)
        if self.state is ReflectorState.WATCH_LISTING:
            return self._watch_list_failed(error)
        if self.state is ReflectorState.LISTING:
            return self._page_failed(error)
        if self.state is ReflectorState.WATCHING:
            return self._watch_failed(error, now)
        return self._retry(error)

    def _watch_list_failed(self, error: ClusterError) -> Actions:
        if isinstance(error, ApiError) and error.status in _WATCH_LIST_REFUSALS:
            return self._page_instead(error)
        if error.outcome is Outcome.SILENT:
            # It took the request for a plain watch, and would again.
            self._watch_list = False
            return self._page_instead(error)
        self._list_failures += 1
        return self._retry(error)

    def _page_instead(self, error: ClusterError) -> Actions:
        """This list is made in pages; the next one tries WatchList again, so that an upgrade is noticed."""
        self._paging = True
        asked = error.retry_after_seconds
        yield Note(Outcome.WATCH_LIST_REFUSED, f"listing in pages: {error}")
        yield from self._after(self._backoff.soon() if asked is None else self._backoff.next(asked))

    def _page_failed(self, error: ClusterError) -> Actions:
        self._list_failures += 1
        if error.outcome is Outcome.BODY_TOO_LARGE:
            self._page_size = max(1, self._page_size // 2)
        if error.outcome is Outcome.EXPIRED and self._list_version and self._restarts < _RESTARTS_AT_ONCE:
            self._restarts += 1
            yield Note(Outcome.EXPIRED, f"starting the list over: {error}")
            yield from self._go_on()
            return
        self._restarts = 0
        yield from self._retry(error)

    def _watch_failed(self, error: ClusterError, now: float) -> Actions:
        if error.outcome is Outcome.EXPIRED:
            return self._expired(error, now)
        self._rest(now)
        unreadable = error.outcome in (Outcome.NOT_JSON, Outcome.LINE_TOO_LONG) and self._is_unreadable()
        forgotten = (self._relist("unreadable"),) if unreadable else ()
        return chain(forgotten, self._retry(error))

    def _expired(self, error: ClusterError, now: float) -> Actions:
        self._rest(now)
        words = f"position {self.position} is too old: {error}"
        return self._again(self._relist("expired"), Note(Outcome.EXPIRED, words))

    def _is_unreadable(self) -> bool:
        assert self.position is not None
        position, count = self._unreadable
        self._unreadable = (self.position, count + 1 if position == self.position else 1)
        return self._unreadable[1] >= _UNREADABLE_LIMIT

    def _rest(self, now: float) -> None:
        """A watch is over. One that delivered something, or lived for a good while, is no failure in a row."""
        if now - self._opened_at >= self._timing.good_while_seconds:
            self._backoff.reset()
        elif self.position != self._opened_position:
            self._backoff.begin_again()

    def _not_served(self, error: ApiError) -> Actions:
        """Its resource is not installed: the path is empty. What was there is given up only when asked twice."""
        if self.position != ABSENT and self._absences == 0:
            self._absences = 1
            yield Note(Outcome.NOT_FOUND, f"asking once more: {error}")
            yield from self._after(self._timing.confirm_absent_seconds)
            return
        if self.position != ABSENT:
            yield self._relist("installed")
            yield Reconcile({}, {}, ABSENT, "")
            self.position = ABSENT
            yield Note(Outcome.ABSENT, "its CRD is not installed: counts as empty, and is waited for")
        else:
            yield Note(Outcome.ABSENT)
        self.state = ReflectorState.ABSENT
        yield self._look_again()

    def _wait_for_right(self, error: ClusterError) -> Actions:
        """It may not be read, and what is served does without it. Once somebody gives the right it is listed."""
        self.state = ReflectorState.WITHHELD
        yield Spare()
        yield Note(Outcome.WITHHELD, f"nothing that is served needs it: {error}", failure=True)
        yield self._look_again()

    def _look_again(self) -> Wait:
        return Wait(self._timing.absent_seconds * (0.75 + self._random() / 2))

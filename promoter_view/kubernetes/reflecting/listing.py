"""The list of a path, by WatchList or in pages: which of them, what it gathers, what its failures mean. Pure."""

from __future__ import annotations

from promoter_view.kubernetes.cleaning import MalformedObject
from promoter_view.kubernetes.documents import DecodedItem, WatchEvent
from promoter_view.kubernetes.outcomes import ApiError, ClusterError, Outcome
from promoter_view.kubernetes.reflecting.gathering import Gathering
from promoter_view.kubernetes.reflecting.messages import Actions, Fetch, Note, Open, Reconcile
from promoter_view.kubernetes.reflecting.requests import PathRequests

#: Answers by which a server says that it does not do WatchList.
_WATCH_LIST_REFUSALS = frozenset({400, 405, 406, 415, 422})
_WATCH_LIST_FAILURES = 2
_RESTARTS_AT_ONCE = 3


class Listing:
    """The lists of one path, one after another. ``watch_list``: whether WatchList is tried at all."""

    def __init__(self, gathering: Gathering, requests: PathRequests, *, page_size: int, watch_list: bool) -> None:
        self._gathering = gathering
        self._requests = requests
        self._whole_page_size = self._page_size = page_size
        self._watch_list = watch_list
        self._in_pages = False
        self._failures = 0
        self._restarts = 0
        self._version = ""

    def begin(self) -> Open | Fetch:
        """The request that a list begins with; nothing is kept of one that broke off."""
        self._gathering.take()
        self._version = ""
        if not self._watch_list or self._in_pages or self._failures >= _WATCH_LIST_FAILURES:
            return self._requests.page(self._page_size)
        return self._requests.watch_list()

    def forget(self) -> None:
        """The next list is the first one again."""
        self._failures = 0
        self._in_pages = False

    # -- what comes

    def gather(self, item: DecodedItem) -> Actions:
        """An object of the list."""
        error = self._gathering.add(item)
        if error is not None:
            yield self._gathering.malformed(error)

    def change(self, event: WatchEvent) -> Actions:
        """An event of a WatchList before its end. Of what is gone no more is needed than who it was."""
        if event.type != "DELETED":
            yield from self.gather(DecodedItem(event.object, event.fault))
            return
        try:
            self._gathering.remove(self._gathering.key(event.object))
        except MalformedObject as error:
            yield self._gathering.malformed(error)

    def turn_page(self, version: str, token: str) -> Fetch | None:
        """The request for the next page; None at the last. The list is as of its first page's version."""
        self._version = self._version or version
        return self._requests.page(self._page_size, token) if token else None

    @property
    def version(self) -> str:
        """The resourceVersion that the list in pages is of; "" before its first page."""
        return self._version

    def finish(self, version: str, reason: str) -> Actions:
        """The list is whole."""
        found, passed_over = self._gathering.take()
        yield Reconcile(found, passed_over, version, reason)
        yield Note(Outcome.LISTED)
        self.forget()
        self._restarts = 0
        self._page_size = self._whole_page_size

    # -- what goes wrong

    def go_in_pages(self, error: ClusterError) -> Note:
        """This list is made in pages; the next one tries WatchList again, so that an upgrade is noticed."""
        self._in_pages = True
        return Note(Outcome.WATCH_LIST_REFUSED, f"listing in pages: {error}")

    def is_refusal(self, error: ClusterError) -> bool:
        """A WatchList has failed: whether because the server does not do it."""
        if isinstance(error, ApiError) and error.status in _WATCH_LIST_REFUSALS:
            return True
        if error.outcome is Outcome.SILENT:
            # It took the request for a plain watch, and would again.
            self._watch_list = False
            return True
        self._failures += 1
        return False

    def starts_over(self, error: ClusterError) -> bool:
        """A page has failed: whether only its token was too old, so that the list can be begun again at once."""
        self._failures += 1
        if error.outcome is Outcome.BODY_TOO_LARGE:
            self._page_size = max(1, self._page_size // 2)
        if error.outcome is Outcome.EXPIRED and self._version and self._restarts < _RESTARTS_AT_ONCE:
            self._restarts += 1
            return True
        self._restarts = 0
        return False

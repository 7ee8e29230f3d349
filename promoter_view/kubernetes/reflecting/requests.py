"""What is asked for one list path: pages, WatchLists and watches, as parameters and waits. Pure."""

from __future__ import annotations

from collections.abc import Callable

from promoter_view.kubernetes.documents import Parameters
from promoter_view.kubernetes.reflecting.messages import Fetch, Open, Timing, Wait
from promoter_view.records import ListPath


class PathRequests:
    """The requests of one path. Their waits are jittered by ``random``, so that not all paths ask at once."""

    def __init__(self, path: ListPath, timing: Timing, *, random: Callable[[], float]) -> None:
        self._selector: Parameters = (("labelSelector", path.selector),) if path.selector else ()
        self._timing = timing
        self._random = random

    def probe(self) -> Fetch:
        """Where does the cluster stand? The version of the smallest list says it."""
        return self.page(1)

    def page(self, size: int, token: str = "") -> Fetch:
        """A page of so many objects: the first, or the one that ``token`` continues with."""
        continued: Parameters = (("continue", token),) if token else ()
        return Fetch((("limit", str(size)), *continued, *self._selector))

    def watch_list(self) -> Open:
        """A watch that begins with the list (KEP-3157)."""
        parameters = self._watch(("sendInitialEvents", "true"), ("resourceVersionMatch", "NotOlderThan"))
        return Open(parameters, self._timing.first_state_idle_seconds)

    def watch(self, position: str) -> Open:
        """A watch of what comes after ``position``."""
        return Open(self._watch(("resourceVersion", position)), self.idle_seconds())

    def _watch(self, *more: tuple[str, str]) -> Parameters:
        seconds = int(self._timing.watch_seconds * (1 + self._random()))
        common = (("watch", "true"), ("allowWatchBookmarks", "true"), ("timeoutSeconds", str(seconds)))
        return (*common, *more, *self._selector)

    def idle_seconds(self) -> float:
        """How long a watch may be silent."""
        return self._timing.idle_seconds * (1 + self._random() / 10)

    def look_again(self) -> Wait:
        """Until it is asked whether the path can be read by now."""
        return Wait(self._timing.absent_seconds * (0.75 + self._random() / 2))

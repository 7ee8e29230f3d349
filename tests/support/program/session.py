"""Watchers of one program, from its first list to the recordings that the validator is given."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping
from types import TracebackType

from tests.support.program.client import Client, Endpoint
from tests.support.program.recording import Listing, Recording
from tests.support.program.watcher import Begin, Behaviour, Watcher

_POLL_SECONDS = 0.05
_FIRST_LIST_SECONDS = 20.0

#: Clients as they are met in the field, and some worse.
MENAGERIE: Mapping[str, Behaviour] = {
    "informer": Behaviour(),
    "informer by pages": Behaviour(page_size=3, cut_after=(5, 60)),
    "watch list": Behaviour(begin=Begin.WATCH_LIST, cut_after=(5, 60)),
    "of one namespace": Behaviour(namespace="team-a", cut_after=(5, 60)),
    "watch list of one namespace": Behaviour(begin=Begin.WATCH_LIST, namespace="team-b"),
    "bare": Behaviour(begin=Begin.BARE, cut_after=(20, 200)),
    "without bookmarks": Behaviour(bookmarks=False, cut_after=(1, 40)),
    "restless": Behaviour(cut_after=(1, 5)),
    "looks back": Behaviour(cut_after=(1, 60), earlier=0.5),
    "looks back, of one namespace": Behaviour(namespace="team-b", cut_after=(1, 60), earlier=0.5),
    "slow": Behaviour(pause_seconds=0.1, receive_buffer=4096),
    "slow and restless": Behaviour(pause_seconds=0.05, receive_buffer=4096, cut_after=(5, 60), earlier=0.2),
    "asks for an end": Behaviour(timeout_seconds=2),
}


class Session:
    """Starts watchers; ``finish`` waits until each has seen everything. A context manager.

    The first of them, an informer of all namespaces, has its list before the others begin: then somebody has seen each
    change since the earliest list, and no other list is of a state that nobody can account for.
    """

    def __init__(
        self,
        endpoint: Callable[[], Endpoint],
        *,
        seed: int,
        life_seconds: float,
        behaviours: Mapping[str, Behaviour] = MENAGERIE,
    ) -> None:
        self._endpoint = endpoint
        self.watchers = [
            Watcher(name, endpoint, behaviour, source=random.Random(f"{seed} {name}"), life_seconds=life_seconds)
            for name, behaviour in behaviours.items()
        ]

    def __enter__(self) -> Session:
        first, *others = self.watchers
        first.start()
        deadline = time.monotonic() + _FIRST_LIST_SECONDS
        while first.position is None:
            assert time.monotonic() < deadline, f"{first.name} has no list yet"
            time.sleep(_POLL_SECONDS)
        for watcher in others:
            watcher.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        for watcher in self.watchers:
            watcher.stop()
        for watcher in self.watchers:
            if watcher.ident is not None:
                watcher.join(20)

    def finish(self, *, timeout_seconds: float = 30.0) -> list[Recording]:
        """Nothing changes any more: once each watcher has reached the end, what they saw. Errors: AssertionError."""
        final = Client(self._endpoint()).list()
        deadline = time.monotonic() + timeout_seconds
        for watcher in self.watchers:
            watcher.settle()
        goals = {watcher: _goal(watcher, final) for watcher in self.watchers}
        for watcher, goal in goals.items():
            while (watcher.position or 0) < goal:
                assert time.monotonic() < deadline, f"{watcher.name} stands at {watcher.position}, not at {goal}"
                time.sleep(_POLL_SECONDS)
        self.__exit__(None, None, None)
        witness = Recording("witness", (final,))
        return [witness, *(watcher.recording(settled=goal) for watcher, goal in goals.items())]


def _goal(watcher: Watcher, final: Listing) -> int:
    """Where a watcher must come to: with bookmarks the list's position, else the last change that its scope shows."""
    if watcher.behaviour.bookmarks:
        return final.resource_version
    namespace = watcher.behaviour.namespace
    return max((item.resource_version for item in final.items if namespace in ("", item.key[0])), default=0)

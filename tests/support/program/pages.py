"""Open pages of every kind beside a session of watchers, and what all of them saw in the end."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tests.support.program.client import Endpoint
from tests.support.program.events import BROWSERS, Page
from tests.support.program.recording import Recording
from tests.support.program.session import Session

_POLL_SECONDS = 0.05


@contextmanager
def pages(endpoint: Callable[[], Endpoint], seed: int, life_seconds: float) -> Iterator[list[Page]]:
    """All kinds of pages, open; they end with the block."""
    opened = [
        Page(name, endpoint, habits, source=random.Random(f"{seed} {name}"), life_seconds=life_seconds)
        for name, habits in BROWSERS.items()
    ]
    try:
        for page in opened:
            page.start()
        yield opened
    finally:
        for page in opened:
            page.stop()
        for page in opened:
            page.join(20)


def finish(session: Session, opened: list[Page], *, timeout_seconds: float = 30.0) -> list[Recording]:
    """Once every watcher and page has seen everything, what they saw. Errors: AssertionError."""
    for page in opened:
        page.settle()
    recordings = session.finish(timeout_seconds=timeout_seconds)
    items = recordings[0].life[0].items
    goals = {}
    deadline = time.monotonic() + timeout_seconds
    for page in opened:
        namespace = page.habits.namespace
        goals[page] = max(item.resource_version for item in items if namespace in ("", item.key[0]))
        while (page.position or 0) < goals[page]:
            assert time.monotonic() < deadline, f"{page.name} stands at {page.position}, not at {goals[page]}"
            time.sleep(_POLL_SECONDS)
    for page in opened:
        page.stop()
        page.join(20)
    return [*recordings, *(page.recording(settled=goals[page]) for page in opened)]

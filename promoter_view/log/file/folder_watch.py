"""Whether the folder at the log's path is the one that is held: looked at every few seconds, and before each roll.

Files are held by descriptor, and others know them by name. What is written to a folder that was renamed or deleted
nobody would find again, and at its path another process may begin a log of its own.
"""

from __future__ import annotations

from collections.abc import Callable

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall, IReactorTime

from promoter_view.log.faults import Faults
from promoter_view.log.file.folder_lock import FolderTrouble

LOOK_SECONDS = 5.0
#: How many looks in a row find another folder before the process ends: a minute in which somebody may put it back.
PATIENCE_LOOKS = 12
_REASONS = tuple(FolderTrouble)
_LOST = (FolderTrouble.GONE, FolderTrouble.REPLACED)
_LINES = {
    FolderTrouble.GONE: "the event log's files in {path} were deleted or renamed; nothing is appended until they are "
    "back, and after a minute the program ends with status 1",
    FolderTrouble.REPLACED: "in {path} there is another event log than before; nothing is appended until the first "
    "one is back, and after a minute the program ends with status 1",
    FolderTrouble.READ_ONLY: "{path} is read-only now: appending continues in the open segment, but the program "
    "cannot start another one, and a restart would fail; make it writable",
}


class FolderWatch:
    """Asks ``look`` what is the matter; ``on_lost`` is told once when the folder has been lost for too long."""

    def __init__(
        self,
        path: str,
        look: Callable[[], Deferred[FolderTrouble | None]],
        *,
        faults: Faults,
        reactor: IReactorTime,
        on_lost: Callable[[str], None],
    ) -> None:
        self._path = path
        self._look = look
        self._faults = faults
        self._reactor = reactor
        self._on_lost = on_lost
        self._call: IDelayedCall | None = None
        self._running = False
        self._looks_lost = 0

    @property
    def lost(self) -> bool:
        """What would be appended now would not be in the folder at the path."""
        return bool(self._looks_lost)

    def start(self) -> None:
        """Look until ``stop``."""
        self._running = True
        self._schedule()

    def stop(self) -> None:
        """No more looks."""
        self._running = False
        if self._call is not None:
            self._call.cancel()
            self._call = None

    async def check(self) -> None:
        """Look now. Raises nothing."""
        trouble = await self._look()
        if not self._running:
            return
        self._faults.clear(*(reason for reason in _REASONS if reason is not trouble))
        if trouble is not None:
            self._faults.set(trouble, _LINES[trouble].format(path=self._path), holds_up=trouble in _LOST)
        self._looks_lost = self._looks_lost + 1 if trouble in _LOST else 0
        if self._looks_lost == PATIENCE_LOOKS:
            self._on_lost(
                f"{self._path}: the event log that was opened is no longer there; the next start uses the folder as "
                f"it is then"
            )

    def _schedule(self) -> None:
        if self._running:
            self._call = self._reactor.callLater(LOOK_SECONDS, self._tick)

    def _tick(self) -> None:
        self._call = None
        looking = Deferred.fromCoroutine(self.check())
        looking.addCallback(lambda _: self._schedule())

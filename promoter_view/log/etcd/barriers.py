"""Who waits until a revision is served."""

from __future__ import annotations

from twisted.internet.defer import Deferred

from promoter_view.log.etcd.core.actions import Serve


class Barriers:
    """Each falls once; a cancelled one is forgotten."""

    def __init__(self) -> None:
        self._waiting: dict[Deferred[None], int] = {}

    def wait(self, revision: int) -> Deferred[None]:
        """Fires at the next ``serve`` of that revision, or of a later one. May be cancelled."""
        waiting: Deferred[None] = Deferred(self._forget)
        self._waiting[waiting] = revision
        return waiting

    def _forget(self, cancelled: Deferred[None]) -> None:
        del self._waiting[cancelled]

    def serve(self, action: Serve) -> None:
        """The state may be served, and holds all up to that revision."""
        for waiting in [waiting for waiting, revision in self._waiting.items() if revision <= action.revision]:
            if self._waiting.pop(waiting, None) is not None:
                waiting.callback(None)

    def fail(self, waiting: Deferred[None], error: Exception) -> bool:
        """Whether it was still waiting: then it fails."""
        if self._waiting.pop(waiting, None) is None:
            return False
        waiting.errback(error)
        return True

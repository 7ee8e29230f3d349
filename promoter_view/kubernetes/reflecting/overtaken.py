"""Whether a list path's position still holds, when it is for a reason from elsewhere that it does not."""

from __future__ import annotations

from promoter_view.boundaries import Recorder
from promoter_view.kubernetes.outcomes import Outcome
from promoter_view.kubernetes.reflecting.messages import Forgotten
from promoter_view.records import ListPath

_RESTORED = Forgotten(Outcome.RESTORED, "another list path found the cluster restored")
_OUTDATED = Forgotten(Outcome.SCHEMA_CHANGED, "")


class ElsewhereOvertaken:
    """What was noted elsewhere of one path: the cluster was restored, or its kind has another ``schema``."""

    def __init__(self, path: ListPath, recorder: Recorder) -> None:
        self._path = path
        self._recorder = recorder
        self._restorations = 0
        #: The one that it has now, until the path's position is forgotten for it.
        self.schema = ""

    @property
    def is_restored(self) -> bool:
        """What was read since ``begin`` is of a past that was undone."""
        return self._recorder.restorations != self._restorations

    def begin(self) -> None:
        """All that was restored before is known."""
        self._restorations = self._recorder.restorations

    def take(self) -> Forgotten | None:
        """What counts in place of any answer once the path's position does not hold; it is forgotten then."""
        restored, schema = self.is_restored, self.schema
        if not restored and not schema:
            return None
        self.begin()
        # A change read before the restoration may have given the path a position again.
        self._recorder.forget(self._path)
        if schema:
            # Behind it: whoever finds this in the log finds that the path is to be listed.
            self._recorder.read_by(self._path, schema)
            self.schema = ""
        return _RESTORED if restored else _OUTDATED

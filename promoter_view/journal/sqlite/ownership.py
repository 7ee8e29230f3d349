"""Whose a journal's file is: one program's, which wrote it last; and the file is the one that it opened."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Any

from promoter_view.journal.sqlite import work
from promoter_view.journal.store import JournalBusyError

_BITS = 62


class JournalReplacedError(JournalBusyError):
    """The file that is open is not the one of that name any more."""


class FileOwnership:
    """Of the file at ``path``, by one who writes it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._writer = secrets.randbits(_BITS)
        self._opened: os.stat_result | None = None
        self._is_taken = False

    def begin(self) -> None:
        """It is opened. With the first write nobody else writes it any more. Errors: OSError."""
        self._opened, self._is_taken = self._path.stat(), False

    def require(self, cursor: Any) -> None:
        """In a transaction that writes; in a thread. Errors: JournalReplacedError, JournalBusyError."""
        if not self._is_same():
            raise JournalReplacedError(
                f"the journal {self._path} was removed or replaced while this program had it open: it is opened again"
            )
        found = work.facts(cursor).get("writer")
        if found == self._writer:
            self._is_taken = True
        elif found is None or not self._is_taken:  # what took it was rolled back
            work.remember(cursor, {"writer": self._writer})
        else:
            raise JournalBusyError(
                f"another program has opened the journal {self._path} and writes it: give each program a file of its "
                "own, and start this one again"
            )

    def _is_same(self) -> bool:
        try:
            return self._opened is not None and os.path.samestat(self._opened, self._path.stat())
        except OSError:
            return False

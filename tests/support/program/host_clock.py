"""The clock of the host as the program sees it, by libfaketime: it can be set while the program runs."""

from __future__ import annotations

from pathlib import Path

import pytest

_LIBRARIES = (
    "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1",
    "/usr/lib/aarch64-linux-gnu/faketime/libfaketime.so.1",
    "/usr/lib/faketime/libfaketime.so.1",
)


class HostClock:
    """The wall clock of a Program that is given ``environment``; monotonic clocks stay as they are.

    ``ahead``: by how many seconds it is ahead of ours. Skips the test where libfaketime is not installed.
    """

    def __init__(self, folder: Path, ahead: int = 0) -> None:
        self._library = _library()
        folder.mkdir(parents=True, exist_ok=True)
        self._file = folder / "clock"
        self.set(ahead)

    @property
    def environment(self) -> dict[str, str]:
        """What a program is started with."""
        return {
            "LD_PRELOAD": self._library,
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_NO_CACHE": "1",
            "DONT_FAKE_MONOTONIC": "1",
        }

    def set(self, ahead: int) -> None:
        """From now on it is so far ahead."""
        new = self._file.with_suffix(".new")
        new.write_text(f"{ahead:+d}\n")
        new.replace(self._file)  # it is read at every look at the clock


def _library() -> str:
    found = next((path for path in _LIBRARIES if Path(path).exists()), None)
    if found is None:
        pytest.skip("libfaketime is not here (Debian's package faketime): nothing can set the program's clock")
    return found

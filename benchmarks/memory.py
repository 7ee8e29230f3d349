"""How much memory a process has, and had at most while something was measured; and its processor's time."""

from __future__ import annotations

import os
import subprocess
import threading
from pathlib import Path
from types import TracebackType
from typing import Self

_SAMPLE_SECONDS = 0.02
_STATM = "/proc/{}/statm"
_STAT = "/proc/{}/stat"
_SCHEDSTAT = "/proc/{}/schedstat"


def resident_bytes(pid: int) -> int:
    """The resident set of a process, in bytes."""
    statm = Path(_STATM.format(pid))
    if statm.exists():
        return int(statm.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    # Where there is no /proc (macOS): kibibytes.
    found = subprocess.run(["ps", "-o", "rss=", "-p", str(pid)], capture_output=True, check=True, text=True)
    return int(found.stdout) * 1024


def cpu_seconds(pid: int) -> float:
    """Processor time that a process has taken so far."""
    stat = Path(_STAT.format(pid))
    if stat.exists():
        fields = stat.read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    # Where there is no /proc (macOS): minutes and seconds.
    found = subprocess.run(["ps", "-o", "time=", "-p", str(pid)], capture_output=True, check=True, text=True)
    minutes, _, seconds = found.stdout.strip().rpartition(":")
    return int(minutes) * 60 + float(seconds)


def scheduled(pid: int) -> tuple[float, float]:
    """Seconds that a process's first thread had a processor, and that it waited for one. Linux only."""
    took, waited, _ = Path(_SCHEDSTAT.format(pid)).read_text().split()
    return int(took) / 1e9, int(waited) / 1e9


class Peak:
    """The largest resident set in a ``with`` block, by samples of every 20 ms."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._sample, daemon=True)
        self.before = self.bytes = resident_bytes(pid)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()

    @property
    def growth(self) -> float:
        """The peak above what there was before, as a share of that."""
        return self.bytes / self.before - 1

    def _sample(self) -> None:
        while not self._over.wait(_SAMPLE_SECONDS):
            self.bytes = max(self.bytes, resident_bytes(self._pid))

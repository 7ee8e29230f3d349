"""Files that are read again when they have changed: the serving certificate, bundles of authorities."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from OpenSSL import SSL
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger

from promoter_view.metrics import Metrics

_POLL_SECONDS = 5.0

_Stamp = tuple[tuple[int, int, int], ...]


class ReloadedFiles:
    """Calls ``load`` when one of ``paths`` has changed; what ``load`` makes counts only if it raises nothing.

    Errors of ``load`` that mean "keep the old one": OSError, ValueError, SSL.Error. It is then tried again at each
    check: a certificate and its key are seldom replaced in one moment. Made when the files have just been read.
    """

    _log = Logger()

    def __init__(self, name: str, paths: Sequence[Path], load: Callable[[], None], *, metrics: Metrics) -> None:
        self._name = name
        self._paths = tuple(paths)
        self._load = load
        self._metrics = metrics
        self._loaded = self._stamp()
        self._failed: _Stamp | None = None

    def check(self, *, force: bool = False) -> None:
        """Load again what has changed; ``force``: also what seems not to have."""
        stamp = self._stamp()
        if stamp == self._loaded and not force:
            return
        try:
            self._load()
        except (OSError, ValueError, SSL.Error) as error:
            self._report(stamp, error)
            return
        self._loaded, self._failed = stamp, None
        self._metrics.certificate_reloads.labels(self._name, "loaded").inc()
        self._log.info("Read the {name} again", name=self._name)

    def _report(self, stamp: _Stamp, error: Exception) -> None:
        self._metrics.certificate_reloads.labels(self._name, "failed").inc()
        if stamp != self._failed:
            self._log.warn(
                "The {name} that was put in place is no good, the old one stays: {error}",
                name=self._name,
                error=str(error) or repr(error),
            )
        self._failed = stamp

    def _stamp(self) -> _Stamp:
        return tuple(_stamp(path) for path in self._paths)


class Reloader:
    """Checks files every few seconds."""

    def __init__(self, *, clock: IReactorTime) -> None:
        self._clock = clock
        self._files: list[ReloadedFiles] = []
        self._call: IDelayedCall | None = None

    def add(self, files: ReloadedFiles) -> None:
        """These too."""
        self._files.append(files)

    def start(self) -> None:
        """Check until ``stop``."""
        self._call = self._clock.callLater(_POLL_SECONDS, self._poll)

    def stop(self) -> None:
        """No more checks."""
        if self._call is not None:
            self._call.cancel()
            self._call = None

    def reload(self) -> None:
        """Read all again, now (SIGHUP)."""
        for files in self._files:
            files.check(force=True)

    def _poll(self) -> None:
        for files in self._files:
            files.check()
        self.start()


def _stamp(path: Path) -> tuple[int, int, int]:
    try:
        found = path.stat()
    except OSError:
        return (0, 0, 0)
    return (found.st_ino, found.st_size, found.st_mtime_ns)

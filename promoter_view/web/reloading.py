"""Files that are read again when they have changed: the serving certificate, bundles of authorities."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from promoter_view.complaints import Complaint
from promoter_view.kubernetes.connection.cluster import ConfigError
from promoter_view.metrics import Metrics
from promoter_view.periodic import Periodic
from promoter_view.web.certificates import CertificateFiles, ServingConnections, TlsSettings, serving_context
from promoter_view.web.expiry import Expiry

_POLL_SECONDS = 5.0

_Stamp = tuple[tuple[int, int, int], ...]


class ReloadedFiles:
    """Calls ``load`` when one of ``paths`` has changed; what ``load`` makes counts only if it raises nothing.

    Errors of ``load`` that mean "keep the old one": OSError, ValueError. It is then tried again at each check: a
    certificate and its key are seldom replaced in one moment. Made before the files are read.
    """

    _log = Logger()

    def __init__(self, name: str, paths: Sequence[Path], load: Callable[[], None], *, metrics: Metrics) -> None:
        self._name = name
        self._paths = tuple(paths)
        self._load = load
        self._metrics = metrics
        self._loaded = self._stamp()
        self._refused = Complaint(
            self._log, "The {name} that was put in place is no good, the old one stays: {message}", name=name
        )

    def check(self, *, force: bool = False) -> None:
        """Load again what has changed; ``force``: also what seems not to have."""
        stamp = self._stamp()
        if stamp == self._loaded and not force:
            return
        try:
            self._load()
        except (OSError, ValueError) as error:
            self._report(stamp, error)
            return
        self._loaded = stamp
        self._refused.clear()
        self._metrics.certificate_reloads.labels(self._name, "loaded").inc()
        self._log.info("Read the {name} again", name=self._name)

    def _report(self, stamp: _Stamp, error: Exception) -> None:
        self._metrics.certificate_reloads.labels(self._name, "failed").inc()
        self._refused.set(str(error) or repr(error), reason=stamp)

    def _stamp(self) -> _Stamp:
        return tuple(_stamp(path) for path in self._paths)


class Reloader(Periodic):
    """Checks files every few seconds, and when the certificates in use end (``expiry``)."""

    def __init__(self, *, clock: IReactorTime, expiry: Expiry) -> None:
        super().__init__(clock, lambda: _POLL_SECONDS, self._check)
        self.expiry = expiry
        self._files: list[ReloadedFiles] = []

    def add(self, files: ReloadedFiles) -> None:
        """These too."""
        self._files.append(files)

    def reload(self) -> None:
        """Read all again, now (SIGHUP)."""
        for files in self._files:
            files.check(force=True)

    def _check(self) -> None:
        for files in self._files:
            files.check()
        self.expiry.check()


def follow_file(
    option: str, path: Path, take: Callable[[bytes], None], *, reloader: Reloader, metrics: Metrics
) -> None:
    """Has ``take`` take the file that an option names, now, and again when it changes.

    ``take`` raises ValueError for what is no good. Errors: ConfigError, which names the option and the file.
    """
    files = ReloadedFiles(option, [path], lambda: take(path.read_bytes()), metrics=metrics)
    try:
        take(path.read_bytes())
    except OSError as error:
        raise ConfigError(f"--{option}: {path}: {error.strerror or error}") from error
    except ValueError as error:
        raise ConfigError(f"--{option}: {path}: {error}") from error
    reloader.add(files)


class ServedPair:
    """TLS with a certificate that is read now, and again when it changes. Errors: KeyPairError."""

    def __init__(
        self, name: str, files: CertificateFiles, settings: TlsSettings, *, reloader: Reloader, metrics: Metrics
    ) -> None:
        self._files = files
        self._settings = settings
        reloaded = ReloadedFiles(name, [files.certificate, files.key], self._renew, metrics=metrics)
        self._pair = files.load()
        self.connections = ServingConnections(serving_context(self._pair, settings))
        reloader.add(reloaded)
        reloader.expiry.follow_chain(name, lambda: self._pair.pem)

    def _renew(self) -> None:
        """Connections made from now on see the new certificate; those that are open stay as they are."""
        pair = self._files.load()
        self.connections.replace(serving_context(pair, self._settings))
        self._pair = pair


def _stamp(path: Path) -> tuple[int, int, int]:
    try:
        found = path.stat()
    except OSError:
        return (0, 0, 0)
    return (found.st_ino, found.st_size, found.st_mtime_ns)

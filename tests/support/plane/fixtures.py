"""The fixtures that give tests a real control plane. One a session; with pytest-xdist, one a worker."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.crds.installed import definitions as promoter_definitions
from tests.crds.installed import every_definition
from tests.crds.shapes import Definition
from tests.support.plane.plane import ControlPlane, NeverReadyError, NotBuiltError, binaries

_ATTEMPTS = 3


@pytest.fixture(scope="session")
def control_plane_binaries() -> Path:
    """The folder of kube-apiserver, etcd and kubectl; skips, and says why, where they cannot be built."""
    try:
        return binaries()
    except NotBuiltError as error:
        pytest.skip(f"no control plane: {error}")


@pytest.fixture(scope="session")
def control_plane(control_plane_binaries: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """A running control plane with the promoter's CRDs, shared by all tests: each makes namespaces of its own."""
    with running_plane(control_plane_binaries, tmp_path_factory.mktemp("plane")) as plane:
        yield plane


@pytest.fixture(scope="session")
def stages_plane(control_plane_binaries: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """Another one, with Kargo's CRDs and Argo CD's as well: each test makes namespaces of its own."""
    folder = tmp_path_factory.mktemp("stages-plane")
    with running_plane(control_plane_binaries, folder, every_definition()) as plane:
        yield plane


@pytest.fixture
def own_control_plane(control_plane_binaries: Path, tmp_path: Path) -> Iterator[ControlPlane]:
    """A running control plane for one test that stops, kills or restores it."""
    with running_plane(control_plane_binaries, tmp_path) as plane:
        yield plane


@contextmanager
def running_plane(
    binaries: Path,
    folder: Path,
    definitions: Sequence[Definition] = (),
    *,
    flags: Sequence[str] = (),
    host: str = "127.0.0.1",
) -> Iterator[ControlPlane]:
    """A plane that is ended whatever happens. It begins anew where a port that was free has been taken meanwhile.

    ``definitions``: its CRDs; the promoter's where none are given.
    """
    definitions = definitions or promoter_definitions()
    for attempt in range(_ATTEMPTS):
        plane = ControlPlane(binaries, folder / f"attempt-{attempt}", flags=flags, host=host)
        plane.folder.mkdir()
        try:
            plane.start()
            plane.install_crds(definitions)
        except BaseException as error:
            plane.stop()
            if isinstance(error, NeverReadyError) and attempt + 1 < _ATTEMPTS:
                continue
            raise
        break
    try:
        yield plane
    finally:
        plane.stop()

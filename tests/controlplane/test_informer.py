"""client-go's informer, with and without WatchList, across restarts of the program and of the aggregator."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.controlplane.informing import Informer, direct_kubeconfig
from tests.controlplane.restarts import Handled, world
from tests.support.plane.aggregation import aggregated
from tests.support.plane.plane import ControlPlane

pytestmark = pytest.mark.controlplane


@pytest.fixture
def binary(control_plane_binaries: Path) -> Path:
    """The informer, built."""
    return control_plane_binaries / "informer"


@contextmanager
def informers(binary: Path, kubeconfig: Path, folder: Path) -> Iterator[list[Informer]]:
    """One without WatchList and one with it, both synced."""
    with ExitStack() as stack:
        found = []
        for watch_list in (False, True):
            journal = folder / f"informer-{watch_list}.jsonl"
            found.append(stack.enter_context(Informer(binary, kubeconfig, journal, watch_list=watch_list)))
        for informer in found:
            informer.wait_synced()
        yield found


def test_across_restarts_of_the_program(own_control_plane: ControlPlane, binary: Path, tmp_path: Path) -> None:
    """Killed or ended, the program comes back, and the informer goes on: each change once, in order, and no relist."""
    with world(own_control_plane, tmp_path) as here:
        kubeconfig = direct_kubeconfig(tmp_path / "kubeconfig", here.program.endpoint)
        since = here.head()
        with informers(binary, kubeconfig, tmp_path) as both:
            ends = (here.program.kill, here.program.kill, here.program.terminate)
            for end in ends:
                here.start_again(end)
                here.settle(both)
            expected = here.history(since)
            assert len(expected) > 10 * len(ends)
            for informer in both:
                assert informer.handled == expected
                assert len(informer.states) == 1, "no state was asked for but the first"
                assert len(informer.requests) > len(ends)


def test_behind_the_aggregator(own_control_plane: ControlPlane, binary: Path, tmp_path: Path) -> None:
    """Behind an aggregator, across restarts of the program and of kube-apiserver, nothing is lost or repeated."""
    with world(own_control_plane, tmp_path) as here, aggregated(own_control_plane, here.program):
        since = here.head()
        with informers(binary, own_control_plane.kubeconfig, tmp_path) as both:
            here.start_aggregator_again()
            here.settle(both)
            here.start_again(here.program.kill)
            here.settle(both)
            expected = here.history(since)
            for informer in both:
                assert_nothing_lost(informer, expected)


def assert_nothing_lost(informer: Informer, expected: list[Handled]) -> None:
    """Each change came once and in order, but for those that came while client-go made a list.

    It makes one where the aggregator turns it away with 503, or cuts its stream with an error as HTTP/2 does, while the
    program is not there.
    """
    if len(informer.states) == 1:
        assert informer.handled == expected
    else:
        assert informer.turned_away
    for key in {each.key for each in expected}:
        versions = [each.resource_version for each in informer.changes if each.key == key and each.type != "LOST"]
        assert versions == sorted(set(versions))
        assert set(versions) <= {each.resource_version for each in expected if each.key == key}

"""The demo's cluster and its kubeconfig."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
import yaml
from twisted.internet.testing import MemoryReactorClock

from promoter_view.kubernetes.kinds import PROMOTER_KINDS
from promoter_view.program.demo.cluster import SEEDED_TIME, DemoCluster, SteadyUids, greet, write_kubeconfig
from promoter_view.simulator.company.releases import NEWEST, RELEASES
from tests.support.runtimes import a_runtime

STRATEGY = PROMOTER_KINDS[0]


def started(seconds: float, release: str) -> dict[tuple[str, str], tuple[str, int]]:
    """Namespace and name of each strategy of a demo that starts then, with uid and resourceVersion."""
    reactor = MemoryReactorClock()
    reactor.advance(seconds)
    demo = DemoCluster(a_runtime(reactor, random=random.Random(seconds)), release=RELEASES[release])
    demo.start()
    metadata = [found["metadata"] for found in demo.cluster.objects(STRATEGY)]
    demo.stop()
    return {(it["namespace"], it["name"]): (it["uid"], int(it["resourceVersion"])) for it in metadata}


@pytest.mark.parametrize("release", RELEASES)
def test_the_demo_seems_to_have_gone_on(release: str) -> None:
    """A later start has the same strategies with the same uids, at later resourceVersions than the earlier run's."""
    first, second = started(1_000_000.0, release), started(1_000_060.0, release)
    assert len(first) == 12
    assert {key: uid for key, (uid, _) in first.items()} == {key: uid for key, (uid, _) in second.items()}
    assert min(version for _, version in second.values()) > max(version for _, version in first.values())


def test_a_seed_gives_the_same_fleet_that_stands_still() -> None:
    """Two starts with a seed at one time have the same objects, another seed has others, and nothing moves."""

    def fleet(seed: int) -> list[Any]:
        reactor = MemoryReactorClock()
        reactor.advance(SEEDED_TIME)
        demo = DemoCluster(a_runtime(reactor, random=random.Random()), release=RELEASES[NEWEST], seed=seed)
        demo.start()
        before = demo.cluster.objects(STRATEGY)
        reactor.pump([1.0] * 600)
        assert demo.cluster.objects(STRATEGY) == before
        demo.stop()
        return before

    assert fleet(7) == fleet(7)
    assert fleet(7) != fleet(8)


def test_an_object_made_again_has_another_uid() -> None:
    """The uid tells the first object of a name from the second."""
    uids = SteadyUids()
    assert uids(STRATEGY, "a", "b") != uids(STRATEGY, "a", "b")
    assert SteadyUids()(STRATEGY, "a", "b") == SteadyUids()(STRATEGY, "a", "b")


def test_the_kubeconfig_trusts_the_certificate(tmp_path: Path) -> None:
    """It names the server, its CA and some token, without which kubectl would ask for a user."""
    path = tmp_path / "new" / "kubeconfig"
    write_kubeconfig(path, "https://127.0.0.1:6444", b"PEM")
    document = yaml.safe_load(path.read_text())
    assert document["clusters"][0]["cluster"] == {
        "server": "https://127.0.0.1:6444",
        "certificate-authority-data": "UEVN",
    }
    assert document["users"][0]["user"]["token"]


def test_the_greeting_names_address_and_commands(tmp_path: Path) -> None:
    """The first line has the address that was picked; the commands use the kubeconfig that was written."""
    said: list[str] = []
    greet(said.append, "https://127.0.0.1:6444", tmp_path / "kubeconfig", "http://127.0.0.1:8080/")
    assert "https://127.0.0.1:6444" in said[0]
    assert all(str(tmp_path / "kubeconfig") in line for line in said[1:-1])
    assert "http://127.0.0.1:8080/" in said[-1]

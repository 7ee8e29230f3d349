"""A real Prometheus scrapes the program: what it has is what the cluster has, also over a kill -9."""

from __future__ import annotations

import json
import random
import re
import subprocess
import time
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tests.support.measures.environments import Repository, sha
from tests.support.program.client import Client
from tests.support.program.program import Program
from tests.support.program.prometheus import PROMETHEUS, Prometheus, scraping
from tests.support.program.simulated import Simulated, program, simulated
from tests.support.program.truth import wait
from tests.support.soaking import lasting, soak

pytestmark = pytest.mark.skipif(PROMETHEUS is None, reason="prometheus is not installed (Debian's package prometheus)")

MEASURES = "/metrics/promotions"
PATH = "/apis/view.promoter.argoproj.io/v1alpha1/promotionstrategydetails"
DASHBOARDS = Path(__file__).parents[2] / "deploy/grafana"
NAMESPACE = "team"
BRANCHES = ("environment/dev", "environment/production")
LIVES = lasting(3, 12)
STEPS = lasting(6, 40)
_API = "promoter.argoproj.io/v1alpha1"

Key = tuple[str, ...]


class Written:
    """Strategies whose environments are known commit by commit, written as GitOps Promoter would."""

    def __init__(self, cluster: Simulated, source: random.Random, count: int = 3) -> None:
        self._cluster, self._random = cluster, source
        began = int(time.time())
        self.environments = {
            (f"shop-{number}", branch): Repository(branch, clock=began)
            for number in range(count)
            for branch in BRANCHES
        }
        cluster.written.add_namespaces(NAMESPACE)
        for number in range(count):
            spec = {"gitRepositoryRef": {"name": "r"}, "environments": [{"branch": branch} for branch in BRANCHES]}
            self._apply("PromotionStrategy", f"shop-{number}", {"spec": spec})
        for name, repository in self.environments.items():
            repository.promote()
            self._write(name)
        #: What was live when it began is not counted.
        self._began = {name: len(found.landed) for name, found in self.environments.items()}

    def step(self) -> None:
        """Something happens in one environment, and a little later its history tells."""
        name = self._random.choice(list(self.environments))
        repository = self.environments[name]
        for _ in range(self._random.choice((1, 1, 2))):
            repository.promote(sha(self._random.randrange(1 << 30), "cd"))
        if self._random.random() < 0.3:
            repository.landed[-1].failed = True
        if self._random.random() < 0.2:
            repository.proposed, repository.proposal_fails = sha(self._random.randrange(1 << 30), "cd"), True
        self._write(name, told=self._random.random() < 0.5)

    def settle(self) -> None:
        """All histories tell all."""
        for name in self.environments:
            self._write(name)

    def promotions(self) -> Mapping[Key, float]:
        """By strategy and environment."""
        return {self._key(name): len(found.landed) - self._began[name] for name, found in self.environments.items()}

    def failures(self) -> Mapping[Key, float]:
        """Of what was live."""
        return {
            self._key(name): sum(each.failed for each in found.landed[self._began[name] :])
            for name, found in self.environments.items()
        }

    def _key(self, name: tuple[str, str]) -> Key:
        return (name[0], name[1].rpartition("/")[2])

    def _write(self, name: tuple[str, str], *, told: bool = True) -> None:
        repository, own = self.environments[name], f"{name[0]}-{name[1].rpartition('/')[2]}"
        if told:
            repository.told = len(repository.landed)
        labels = {"metadata": {"labels": {"promoter.argoproj.io/promotion-strategy": name[0]}}}
        policy, history = repository.policy(), repository.history()
        self._apply("ChangeTransferPolicy", own, policy | labels)
        self._apply("ChangeTransferPolicyHistory", f"{own}-history", history | labels)

    def _apply(self, kind: str, name: str, document: dict[str, Any]) -> None:
        metadata = document.get("metadata", {}) | {"namespace": NAMESPACE, "name": name}
        self._cluster.written.apply({"apiVersion": _API, "kind": kind, **document, "metadata": metadata})


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Simulated]:
    """An empty cluster."""
    with simulated(tmp_path / "cluster") as found:
        yield found


def of_environments(prometheus: Prometheus, expression: str, *labels: str) -> Mapping[Key, float]:
    """By strategy, environment, and those labels."""
    return prometheus.query(expression, "strategy", "environment", *labels)


@soak
def test_series_are_right_over_kills(cluster: Simulated, tmp_path: Path) -> None:
    """Counters never go back and count each promotion once, also those that went live while the program was down."""
    written = Written(cluster, random.Random(1))
    with (
        program(tmp_path / "program", cluster, tmp_path / "log") as running,
        scraping(tmp_path / "prometheus", running.endpoint, "/metrics", MEASURES) as prometheus,
    ):
        running.wait_ready()
        begun = dict.fromkeys(written.promotions(), 0.0)
        wait(lambda: of_environments(prometheus, "promoter_view_promotions_total") == begun, 30, "all begin at 0")
        for life in range(LIVES):
            if life:
                running.kill()
                written.step()
                running.start()
                running.wait_ready()
            for _ in range(STEPS):
                written.step()
                time.sleep(0.05)
        written.settle()
        wait(
            lambda: of_environments(prometheus, "promoter_view_promotions_total") == written.promotions(),
            30,
            f"Prometheus has {written.promotions()}",
        )
        failed = of_environments(prometheus, 'promoter_view_failed_promotions_total{side="active"}')
        assert failed == written.failures()
        for counter in ("promotions_total", "deployments_total", "failed_promotions_total", "promotion_seconds_count"):
            assert set(of_environments(prometheus, f"resets(promoter_view_{counter}[1h])").values()) == {0.0}, counter
        ends = {key: value for key, value in written.promotions().items() if key[1] == "production"}
        deployed = of_environments(prometheus, "promoter_view_deployments_total")
        assert {key: value for key, value in deployed.items() if value or key in ends} == ends
        said = states(running)
        wait(
            lambda: of_environments(prometheus, "promoter_view_environment_state == 1", "state").keys() == said.keys(),
            30,
            f"Prometheus has {said}",
        )
        since = of_environments(prometheus, "promoter_view_environment_state_timestamp_seconds")
        assert since == {key[:2]: value for key, value in said.items()}
        assert_scraped(prometheus)
        assert_shown(prometheus)


def states(running: Program) -> Mapping[Key, float]:
    """Since when each environment is in its state, by strategy, environment and state, as the API says it."""
    items = json.loads(Client(running.endpoint).get(PATH))["items"]
    return {
        (item["metadata"]["name"], each["name"], each["state"]): datetime.fromisoformat(each["since"]).timestamp()
        for item in items
        for each in item["status"]["environments"]
    }


def assert_scraped(prometheus: Prometheus) -> None:
    """Both paths were read, and every rule was worked out without an error."""
    assert prometheus.query("up == 1", "metrics_path").keys() == {("/metrics",), (MEASURES,)}
    groups = prometheus.get("rules")["groups"]
    assert {rule["health"] for group in groups for rule in group["rules"]} <= {"ok", "unknown"}
    assert not any(rule.get("lastError") for group in groups for rule in group["rules"])


def assert_shown(prometheus: Prometheus) -> None:
    """What the dashboards ask can be worked out; the fleet's panels of strategies all have something to show."""
    empty = []
    for file in sorted(DASHBOARDS.glob("*.json")):
        for panel in json.loads(file.read_text())["panels"]:
            for target in panel.get("targets", ()):
                asked = re.sub(r"\$__\w+", "1m", target["expr"])
                found = prometheus.query(re.sub(r"\$\w+", ".*", asked))
                empty += [] if found else [(file.stem, panel["title"])]
    told = [title for board, title in empty if board == "fleet" and "Stage" not in title]
    assert set(told) <= {"Stalled", "Needs a person"}


def test_promtool_finds_nothing_to_say(cluster: Simulated, tmp_path: Path) -> None:
    """The answer is well formed, and its names are as Prometheus wants them."""
    written = Written(cluster, random.Random(2), count=1)
    written.step()
    with program(tmp_path / "program", cluster, tmp_path / "log") as running:
        running.wait_ready()
        body = Client(running.endpoint).get(MEASURES)
    assert b"promoter_view_promotions_total{" in body
    done = subprocess.run(["promtool", "check", "metrics"], check=False, input=body, capture_output=True)
    assert (done.returncode, done.stdout + done.stderr) == (0, b"")

"""``kubectl promotion dora`` as a process, against an API that tests write."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.command.api import ViewsApi, views_api
from tests.support.command.events import event
from tests.support.command.running import promotion
from tests.support.command.strategies import BRANCHES, details, environment

DEV, STAGING, PROD = BRANCHES


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ViewsApi]:
    """A strategy that has delivered twice, the second time badly, and one of which nothing is told."""
    with views_api(tmp_path_factory.mktemp("api")) as found:
        order = [
            environment(branch, "UpToDate", "c", dependsOn=list(BRANCHES[number - 1 : number] if number else ()))
            for number, branch in enumerate(BRANCHES)
        ]
        for name in ("shop", "still"):
            found.set(details(order, name=name))
        for each in (
            event(1, "promoted", STAGING, seconds={"leadTime": 100, "hop": 60}),
            event(2, "promoted", PROD, seconds={"leadTime": 600, "hop": 90}),
            event(3, "proposed", PROD),
            event(4, "promoted", PROD, seconds={"leadTime": 1800}),
            event(5, "failed", PROD, check="e2e"),
            event(9, "restored", PROD),
            event(10, "promoted", PROD, "gone"),
        ):
            found.set(each)
        yield found


def test_the_table(api: ViewsApi) -> None:
    """A row for each and one for all; what is said beside it is on standard error."""
    done = promotion(api.kubeconfig, "dora", "--since", "10000d")
    assert (done.status, done.out.splitlines()) == (
        0,
        [
            "NAME          DEPLOYMENTS   LEAD TIME   HOP       FAILED         RESTORED IN",
            "shop          2             20m (2)     75s (2)   1 of 2 (50%)   4m (1)",
            "still         0             -           -         -              -",
            "all of them   2             20m (2)     75s (2)   1 of 2 (50%)   4m (1)",
        ],
    )
    assert "Times are medians" in done.err
    assert "Not counted: 1 deleted objects" in done.err


def test_json_and_csv(api: ViewsApi) -> None:
    """In seconds."""
    found = json.loads(promotion(api.kubeconfig, "dora", "--since", "10000d", "-o", "json").out)
    assert found["all"]["failureShare"] == {"share": 0.5, "failed": 1, "samples": 2}
    rows = promotion(api.kubeconfig, "dora", "-A", "--since", "10000d", "-o", "csv").out.splitlines()
    assert rows[1] == "promotionstrategydetails,team,shop,2,1200,,2,75,,2,0.5,1,2,240,,1"


def test_what_cannot_be_said(api: ViewsApi, tmp_path: Path) -> None:
    """A name that is none, a time that is none, and no cluster."""
    done = promotion(api.kubeconfig, "dora", "stil")
    assert (done.status, done.last) == (
        4,
        "error: there is no promotion strategy and no Stage 'stil' in namespace team; did you mean 'still'?",
    )
    assert promotion(api.kubeconfig, "dora", "--since", "soon").status == 64
    assert promotion(api.kubeconfig, "dora", "--since", "10000000d").status == 64
    assert promotion(tmp_path / "none", "dora").status == 78


def test_stages_labels_and_namespaces(api: ViewsApi) -> None:
    """A Stage by its name has its hop; labels choose objects; a row may be of a namespace."""
    for name, requests in (("test", []), ("prod", [{"sources": {"stages": ["test"]}}])):
        metadata = {"namespace": "team", "name": name, "labels": {"tier": name}}
        kind = {"apiVersion": "view.promoter.argoproj.io/v1alpha1", "kind": "StageDetails"}
        api.set({**kind, "metadata": metadata, "spec": {"requestedFreight": requests}})
    for minute, name in ((20, "test"), (23, "prod")):
        api.set(event(minute, "promotion-succeeded", "", name, view="stagedetails", after="freight"))
    since = ("--since", "10000d", "-o", "csv")
    rows = promotion(api.kubeconfig, "dora", "prod", *since).out.splitlines()
    assert rows[1:] == ["stagedetails,team,prod,1,,,0,180,,1,0.0,0,1,,,0"]
    rows = promotion(api.kubeconfig, "dora", "-l", "tier=test", *since).out.splitlines()
    assert rows[1:] == ["stagedetails,team,test,1,,,0,,,0,0.0,0,1,,,0"]
    done = promotion(api.kubeconfig, "dora", "-A", "--by", "namespace", "--since", "10000d")
    assert done.out.splitlines()[1].split()[:2] == ["team", "4"]

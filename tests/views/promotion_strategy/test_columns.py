"""What kubectl shows of a bundle."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promoter_view.views.ages import shown
from promoter_view.views.promotion_strategy.columns import COLUMNS, cells
from tests.support.views.strategies import (
    JSON,
    LATER,
    NEW,
    OLD,
    Decoded,
    bundle,
    check,
    full_bundle,
    history,
    places,
    policy,
)

NOW = datetime(2026, 11, 21, 8, 0, 0, tzinfo=UTC)


def now_shown(tree: Any) -> list[Any]:
    return [shown(cell(), NOW) for cell in cells(Decoded(tree))]


def row(tree: Any) -> dict[str, Any]:
    """A bundle's cells by column."""
    return dict(zip([column.name for column in COLUMNS], now_shown(tree), strict=True))


def test_columns_and_priorities() -> None:
    """The narrow columns and the wide ones stand in the documented order, each with a description."""
    assert [column.name.upper() for column in COLUMNS if column.priority == 0] == [
        "NAME",
        "PROMOTED",
        "STATUS",
        "ENVIRONMENTS",
        "AGE",
    ]
    assert [column.name.upper() for column in COLUMNS if column.priority == 1] == [
        "WAITING FOR",
        "QUEUED",
        "OPEN PRS",
        "LAST PROMOTION",
        "REPOSITORY",
    ]
    assert (COLUMNS[0].type, COLUMNS[0].format) == ("string", "name")
    assert all(column.description.endswith(".") for column in COLUMNS)


def test_a_fleet_in_motion() -> None:
    """Every cell of a strategy with one environment up to date, one checking and one waiting for it."""
    merged = {"pullRequest": {"prMergeTime": "2026-11-21T07:55:00Z"}}
    older = {"pullRequest": {"prMergeTime": LATER}}
    tree = bundle(
        policy("environment/dev", active=NEW, history=[merged, older]),
        policy("environment/staging", proposed_checks=[check("soak", "pending", "5m left"), check("qa", "pending")]),
        policy("environment/prod", proposed_checks=[check("promoter-previous-environment", "pending")]),
        pullRequests=[{"status": {"state": "open"}}, {"spec": {"state": "open"}}, {"status": {"state": "merged"}}],
        gitRepository={"spec": {"github": {"owner": "org", "name": "app"}}},
    )
    assert row(tree) == {
        "Name": "payments",
        "Promoted": "1/3",
        "Status": "Checking",
        "Environments": "dev=bbbbbbb,staging=aaaaaaa,prod=aaaaaaa",
        "Age": "20d",
        "Waiting For": "staging: check soak is pending: 5m left + 1 more...",
        "Queued": "prod for staging",
        "Open PRs": 2,
        "Last Promotion": "5m",
        "Repository": "org/app",
    }


def test_the_last_promotion_is_told_by_a_history_too() -> None:
    """From GitOps Promoter 0.41 on; of what was restored the merge counts, which was another time."""
    told = [{"pullRequest": {"prMergeTime": "2026-11-21T07:50:00Z"}}, {"pullRequest": {"prMergeTime": LATER}}]
    restored = [{"restoredFrom": OLD, "pullRequest": {"prMergeTime": LATER}}]
    restored[0]["active"] = {"hydrated": {"commitTime": "2026-11-21T07:59:00Z"}}
    histories = [history("environment/dev", *told), history("environment/prod", *restored), {"status": {"history": 1}}]
    tree = bundle(policy("environment/dev"), policy("environment/prod"), changeTransferPolicyHistories=histories)
    assert row(tree)["Last Promotion"] == "10m"


def test_a_strategy_alone() -> None:
    """A strategy that no controller has looked at yet has cells too."""
    tree = bundle(branches=["environment/dev"])
    del tree["changeTransferPolicies"]
    tree["metadata"].pop("creationTimestamp")
    assert list(row(tree).values()) == [
        "payments",
        "0/1",
        "Unknown",
        "dev=-",
        "<unknown>",
        "dev: no ChangeTransferPolicy yet",
        "<none>",
        0,
        "<none>",
        "app",
    ]


@pytest.mark.parametrize(
    ("branches", "shown"),
    [
        (["env/dev", "env/prod"], "dev=aaaaaaa,prod=aaaaaaa"),
        (["eu/prod", "us/prod"], "eu/prod=aaaaaaa,us/prod=aaaaaaa"),
        ([f"e{n}" for n in range(11)], ",".join(f"e{n}=aaaaaaa" for n in range(8)) + " + 3 more..."),
        ([], ""),
    ],
)
def test_environments(branches: list[str], shown: str) -> None:
    """Environments are named by the last part of their branch where that tells them apart, the first eight of them."""
    assert row(bundle(*[policy(branch, proposed=OLD) for branch in branches]))["Environments"] == shown


@pytest.mark.parametrize(
    ("found", "shown"),
    [
        (policy("env/dev", active=NEW), "<none>"),
        (policy("env/dev"), "dev: its pull request is on its way"),
        (policy("env/dev", active="", proposed=""), "dev: no dry commit yet"),
        (policy("env/dev", auto_merge=False, pull_request="open"), "dev: pull request #12 waits to be merged"),
        (policy("env/dev", active_checks=[check("health", "failure")]), "dev: active check health failing"),
        (
            policy("env/dev", proposed_checks=[check("soak", "pending", "x" * 300)]),
            f"dev: check soak is pending: {'x' * 89}...",
        ),
    ],
)
def test_waiting_for(found: dict[str, Any], shown: str) -> None:
    """What the environment waits for that gives the status, in a bounded width."""
    assert row(bundle(found))["Waiting For"] == shown


def test_cells_have_a_width_whatever_a_branch_is_called() -> None:
    """Of a name that is longer than a line its beginning is shown."""
    long = "x" * 10_000
    found = row(bundle(policy(long, active_checks=[check("health", "failure")])))
    shown = f"{long[:117]}..."
    assert found["Environments"] == f"{shown}={OLD[:7]}"
    assert found["Waiting For"] == f"{long[:57]}...: active check health failing"


def test_who_waits_for_whom() -> None:
    """Each environment that the order gate holds back is named with those that it waits for, the first four of them."""
    order = [check("promoter-previous-environment", "pending")]
    names = [f"e{n}" for n in range(7)]
    tree = bundle(policy("dev"), *(policy(name, proposed_checks=order) for name in names))
    environments = tree["promotionStrategy"]["spec"]["environments"]
    for environment in environments[1:6]:
        environment["dependsOn"] = ["dev"]
    environments[6]["dependsOn"] = ["e0", "e1"]
    environments[7]["dependsOn"] = ["e5"]
    assert row(tree)["Queued"] == "e0 for dev,e1 for dev,e2 for dev,e3 for dev + 3 more..."
    environments[1:5] = []
    assert row(tree)["Queued"] == "e4 for dev,e6 for e5"
    environments[2]["dependsOn"] = ["e4", "dev"]
    assert row(tree)["Queued"] == "e4 for dev,e5 for e4,e6 for e5"


@pytest.mark.parametrize(
    ("spec", "shown"),
    [
        ({"github": {"owner": "org", "name": "app"}}, "org/app"),
        ({"gitlab": {"namespace": "group/sub", "name": "app", "projectId": 7}}, "group/sub/app"),
        ({"azureDevOps": {"project": "proj", "name": "app"}}, "proj/app"),
        ({"gitea": {"owner": "org"}}, "app"),
        ({"unheard-of": {"owner": "org", "name": "x"}}, "app"),
        ("odd", "app"),
    ],
)
def test_repository(spec: Any, shown: str) -> None:
    """A repository is named as its provider names it, else by the strategy's reference."""
    assert row(bundle(gitRepository={"spec": spec}))["Repository"] == shown


@given(st.data())
def test_any_shape_has_cells(data: st.DataObject) -> None:
    """Whatever stands in any place of a bundle, there is a cell of the right type for each column."""
    tree = full_bundle()
    container, key = data.draw(st.sampled_from(places(tree)))
    container[key] = data.draw(JSON)
    for column, cell in zip(COLUMNS, now_shown(tree), strict=True):
        assert isinstance(cell, int if column.type == "integer" else str)

"""Delivery figures as the command has them: events read, strategies, rows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from promoter_view.command.deciding.deliveries import (
    AskedObjects,
    deliveries,
    read_delivering_stage,
    read_delivering_strategy,
    read_event,
    rows,
)
from promoter_view.journal.figures.counting import DeliveryReport
from tests.support.command.events import event
from tests.support.command.strategies import BRANCHES, details, environment

DEV, STAGING, PROD = BRANCHES
UNTIL = datetime(2026, 11, 30, 12, tzinfo=UTC)


def strategy(name: str = "shop") -> dict[str, Any]:
    """Of three environments, one behind the other."""
    return details(
        [
            environment(branch, "UpToDate", "c", dependsOn=list(BRANCHES[number - 1 : number]))
            for number, branch in enumerate(BRANCHES)
        ],
        name=name,
    )


def figures(documents: list[dict[str, Any]], *names: str) -> DeliveryReport:
    """Of these strategies."""
    objects = [read_delivering_strategy(strategy(name)) for name in names]
    return told(AskedObjects(objects), documents)


def told(asked: AskedObjects, documents: list[dict[str, Any]]) -> DeliveryReport:
    """The figures of 30 days."""
    return deliveries(asked, filter(None, map(read_event, documents)), UNTIL - timedelta(days=30), UNTIL)


def test_the_last_environments() -> None:
    """Those that no other depends on."""
    assert read_delivering_strategy(strategy()).ends == {PROD}
    fan = details([environment(DEV, "UpToDate", "c"), *(_behind(branch) for branch in (STAGING, PROD))])
    assert read_delivering_strategy(fan).ends == {STAGING, PROD}


def _behind(branch: str) -> dict[str, Any]:
    return environment(branch, "UpToDate", "c", dependsOn=[DEV])


@pytest.mark.parametrize(
    "change",
    [{"event": "state"}, {"view": "stagedetails"}, {"view": "pods"}, {"time": "soon"}, {"event": 7}, {"time": None}],
)
def test_what_no_figure_is_made_of(change: dict[str, Any]) -> None:
    """Other events, other views, and what is no event."""
    assert read_event(event(1, "promoted", PROD)) is not None
    assert read_event({**event(1, "promoted", PROD), **change}) is None


HAPPENED = [
    event(1, "promoted", STAGING, seconds={"leadTime": 100, "hop": 60}),
    event(2, "promoted", PROD, seconds={"leadTime": 7200, "hop": 3600}),
    event(3, "failed", PROD, check="e2e"),
    event(7, "recovered", PROD, check="e2e"),
    event(9, "promoted", PROD, "other", seconds={"leadTime": 600}),
    event(9, "promoted", PROD, "gone"),
]


def test_rows() -> None:
    """One for each strategy, by name, and one for all; what is not known has a dash. In parentheses: of how many."""
    found = figures(HAPPENED, "shop", "other", "still")
    assert rows(found.objects, found.whole, wide=False) == [
        ["team", "other", "1", "10m (1)", "-", "0 of 1 (0%)", "-"],
        ["team", "shop", "1", "120m (1)", "30m (2)", "1 of 1 (100%)", "4m (1)"],
        ["team", "still", "0", "-", "-", "-", "-"],
        ["", "all of them", "2", "65m (2)", "30m (2)", "1 of 2 (50%)", "4m (1)"],
    ]
    assert found.gone == 1
    alone = figures(HAPPENED, "shop")
    assert len(rows(alone.objects, alone.whole, wide=True)) == 1
    assert [each.key.namespace for each in found.namespaces] == ["team"]


def test_wide_rows_have_p90() -> None:
    """From ten samples on."""
    events = [event(each, "promoted", PROD, seconds={"leadTime": 60 * each}) for each in range(1, 11)]
    for some, words in ((events, "5m30s, p90 9m (10)"), (events[1:], "6m (9)")):
        found = figures(some, "shop")
        assert rows(found.objects, found.whole, wide=True)[0][3] == words


def test_documents_and_csv() -> None:
    """The same figures, in seconds."""
    found = figures(HAPPENED, "shop", "still")
    document = found.document()
    assert (document["since"], document["until"]) == ("2026-10-31T12:00:00Z", "2026-11-30T12:00:00Z")
    assert document["strategies"][0]["leadTime"] == {"median": 7200, "samples": 1}
    assert document["all"]["deployments"] == 1
    assert list(found.csv()) == [
        "view,namespace,name,deployments,leadTime.median,leadTime.p90,leadTime.samples,hops.median,hops.p90,hops.samples,"
        "failureShare.share,failureShare.failed,failureShare.samples,"
        "timeToRestore.median,timeToRestore.p90,timeToRestore.samples",
        "promotionstrategydetails,team,shop,1,7200,,1,1830,,2,1.0,1,1,240,,1",
        "promotionstrategydetails,team,still,0,,,0,,,0,,0,0,,,0",
    ]


def test_stages() -> None:
    """Behind the strategies. Freight that came from a Stage that is not asked for has a hop."""
    test, prod = (
        read_delivering_stage({"metadata": {"namespace": "team", "name": name}, "spec": {"requestedFreight": requests}})
        for name, requests in (("test", []), ("prod", [{"sources": {"stages": ["test"]}}]))
    )
    told_of = {"view": "stagedetails", "after": "freight"}
    events = [
        event(1, "promotion-succeeded", "", "test", **told_of),
        event(4, "promotion-succeeded", "", "prod", **told_of),
        event(5, "health", "", "prod", view="stagedetails", after="Unhealthy"),
        event(6, "promoted", "", "prod", view="stagedetails"),
        event(7, "promotion-succeeded", "", "gone", **told_of),
    ]
    both = told(AskedObjects([prod, read_delivering_strategy(strategy()), test]), events)
    assert [each.key.name for each in both.objects] == ["shop", "prod", "test"]
    assert [each["name"] for each in both.document()["stages"]] == ["prod", "test"]
    assert both.gone == 1
    one = told(AskedObjects([prod], [test], whole=False), events)
    assert rows(one.objects, one.whole, wide=False) == [["team", "prod", "1", "-", "3m (1)", "1 of 1 (100%)", "-"]]
    assert one.gone == 0

"""The step argocd-wait: kargo.md section 2, row by row."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promoter_view.promotions.steps.catalogue import known_steps
from promoter_view.promotions.steps.step import RefreshApplication, StepResult, StepStatus
from tests.promotions.known import app, context
from tests.support.stages.applications import EARLIER, LATER

WAIT = known_steps()["argocd-wait"]
DEFAULT: tuple[str, ...] = ()
COMPARISON = {"status": {"conditions": [{"type": "ComparisonError", "message": "bad"}, {"type": "InvalidSpecError"}]}}
OUT_OF_SYNC = {"status": {"sync": {"status": "OutOfSync"}}}
ENDED = {"phase": "Succeeded", "finishedAt": EARLIER}
RUNS = {"phase": "Running"}

RUN, OK, ERR = StepStatus.RUNNING, StepStatus.SUCCEEDED, StepStatus.ERRORED

CASES: dict[str, tuple[dict[str, Any], tuple[str, ...], str, StepStatus, str]] = {
    "ready": (app(state=ENDED), DEFAULT, "", OK, ""),
    "never operated is trusted": (app(), DEFAULT, "", OK, ""),
    "1 errors end it": (app(**COMPARISON), DEFAULT, "", ERR, 'has "ComparisonError" condition: bad\n'),
    "1 before all else": (app(operation={}, **COMPARISON), ("sync",), "", ERR, 'has "InvalidSpecError" condition'),
    "2 an operation pending": (app(operation={}), DEFAULT, "", RUN, "has an operation in progress"),
    "2 an operation runs": (app(state=RUNS), DEFAULT, "", RUN, "has an operation in progress"),
    "2 held by a sync window": (
        app(operation={}, state={**RUNS, "message": "Sync operation blocked by sync window"}),
        DEFAULT,
        "",
        RUN,
        "has an operation in progress (Sync operation blocked by sync window)",
    ),
    "2 not when it is not waited for": (app(state=RUNS), ("health",), "", OK, ""),
    "3 not reconciled since": (app(state=ENDED, reconciled=None), DEFAULT, "", RUN, "was not reconciled after"),
    "3 reconciled before": (
        app(state={**ENDED, "finishedAt": LATER}, reconciled=EARLIER),
        ("suspended",),
        "",
        RUN,
        "was not reconciled",
    ),
    "3 equal is fresh": (app(state=ENDED, reconciled=EARLIER), DEFAULT, "", OK, ""),
    "3 not for sync": (app(state=ENDED, reconciled=None), ("sync", "operation"), "", OK, ""),
    "4 Progressing": (app(health="Progressing"), DEFAULT, "", RUN, "has health Progressing, not Healthy"),
    "4 no health": (app(health=None), DEFAULT, "", RUN, "has health unset, not Healthy"),
    "4 Suspended": (app(health="Suspended"), ("suspended",), "", OK, ""),
    "4 Degraded": (app(health="Degraded"), ("degraded",), "Healthy", OK, ""),
    "4 one of several": (app(health="Suspended"), ("health", "suspended"), "", OK, ""),
    "4 none of several": (
        app(health="Missing"),
        ("health", "degraded"),
        "",
        RUN,
        "has health Missing, not Healthy or Deg",
    ),
    "4 first seen Degraded": (app(health="Degraded"), DEFAULT, "", RUN, "has health Degraded, not Healthy"),
    "4 still Degraded": (app(health="Degraded"), DEFAULT, "Degraded", RUN, "has health Degraded, not Healthy"),
    "4 from Unknown to Degraded": (app(health="Degraded"), DEFAULT, "Unknown", RUN, "has health Degraded, not Healthy"),
    "4 regressed": (app(health="Degraded"), DEFAULT, "Healthy", ERR, "regressed from Healthy to Degraded"),
    "4 regressed from Progressing": (
        app(health="Degraded"),
        ("health",),
        "Progressing",
        ERR,
        "regressed from Progressing",
    ),
    "4 regressed where Degraded is wanted too": (
        app(health="Degraded"),
        ("health", "degraded"),
        "Missing",
        ERR,
        "regressed from Missing to Degraded",
    ),
    "4 no regression where health is not wanted": (app(health="Degraded"), ("sync",), "Healthy", OK, ""),
    "5 OutOfSync": (app(**OUT_OF_SYNC), DEFAULT, "", RUN, "has sync status OutOfSync, not Synced"),
    "5 no sync status": (app(status={"sync": None}), ("sync",), "", RUN, "has sync status unset, not Synced"),
    "5 not when it is not waited for": (app(**OUT_OF_SYNC), ("health", "operation"), "", OK, ""),
    "no authorization is needed": (app(annotation=None), DEFAULT, "", OK, ""),
}


def config(*names: str, wait_for: tuple[str, ...] = DEFAULT) -> dict[str, Any]:
    found: dict[str, Any] = {"apps": [{"name": name} for name in names]}
    return {**found, "waitFor": list(wait_for)} if wait_for else found


def run(config: Any, *applications: dict[str, Any], **health: str) -> StepResult:
    output = {"healthStatus": {f"argocd/{name}": word for name, word in health.items() if word}}
    return WAIT.run(context(config, *applications, output=output))


@pytest.mark.parametrize(("application", "wait_for", "previous", "status", "words"), CASES.values(), ids=CASES.keys())
def test_row(
    application: dict[str, Any], wait_for: tuple[str, ...], previous: str, status: StepStatus, words: str
) -> None:
    """Each state of an Application is waited out, is enough, or ends the step, as waitFor says."""
    result = run(config("app", wait_for=wait_for), application, app=previous)
    assert (result.status, result.terminal) == (status, status is ERR)
    assert words in result.message
    assert result.health_check is None


def test_defaults() -> None:
    """The step may take five minutes and one error, unless the Promotion says otherwise."""
    assert (WAIT.uses, WAIT.timeout_seconds, WAIT.error_threshold) == ("argocd-wait", 300.0, 1)


def test_refresh() -> None:
    """What is not trusted is refreshed if it authorizes the Stage; else it is said that it may not be."""
    stale = {"state": ENDED, "reconciled": None}
    result = run(config("a", "b"), app("a", **stale), app("b", annotation=None, **stale))
    assert result.actions == (RefreshApplication("argocd", "a"),)
    assert "may not be refreshed: Application argocd/b is not authorized for Stage kargo-demo:test" in result.message


def test_output() -> None:
    """The Applications looked at and their health are put out; of one that has none what was known before stays."""
    result = run(config("a", "b"), app("a", health="Progressing"), app("b", health=None), b="Missing", c="Healthy")
    assert result.output == {
        "apps": [{"name": "a", "namespace": "argocd"}, {"name": "b", "namespace": "argocd"}],
        "healthStatus": {"argocd/a": "Progressing", "argocd/b": "Missing", "argocd/c": "Healthy"},
    }
    assert [str(name) for name in result.watched] == ["argocd/a", "argocd/b"]


def test_output_of_an_end() -> None:
    """What ends the step for good leaves the later Applications unvisited, and puts out what was seen until then."""
    result = run(config("a", "b", "c"), app("a"), app("b", **COMPARISON), app("c", health="Missing"), c="Healthy")
    assert result.terminal
    assert result.output is not None
    assert [one["name"] for one in result.output["apps"]] == ["a", "b"]
    assert result.output["healthStatus"] == {"argocd/a": "Healthy", "argocd/b": "Healthy", "argocd/c": "Healthy"}


def test_runs_follow_each_other() -> None:
    """The output of one run is what the next compares with."""
    first = run(config("app"), app(health="Progressing"))
    second = WAIT.run(context(config("app"), app(health="Degraded"), output=first.output))
    assert "regressed from Progressing to Degraded" in second.message


def test_errors() -> None:
    """What is not found may be tried again, and keeps what was seen before it."""
    result = run(config("a", "gone"), app("a"))
    assert (result.status, result.terminal) == (ERR, False)
    assert "unable to find" in result.message
    assert result.output is not None
    assert result.output["healthStatus"] == {"argocd/a": "Healthy"}
    selector = {"apps": [{"selector": {"matchLabels": {"a": "b"}}}]}
    assert "no Argo CD Applications found matching selector" in run(selector, app()).message
    assert "integration is disabled" in WAIT.run(context(config("a"), applications=None)).message


@pytest.mark.parametrize("bad", [None, {}, {**config("a"), "waitFor": ["x"]}, {"apps": [{"name": "a", "sources": []}]}])
def test_invalid_config(bad: Any) -> None:
    """A config against the schema fails the step for good."""
    result = run(bad)
    assert (result.status, result.terminal) == (StepStatus.FAILED, True)
    assert result.message.startswith("invalid argocd-wait config: config")


def test_all_are_visited() -> None:
    """All that is waited for is said, the first few in words."""
    result = run(config(*"abcde"), *[app(name, health="Missing") for name in "abcde"])
    assert result.message.startswith("waiting: Argo CD Application argocd/a has health Missing, not Healthy; Argo CD ")
    assert result.message.endswith("and 2 more")


ODD = st.recursive(
    st.none() | st.integers() | st.text(max_size=3),
    lambda children: (
        st.lists(children, max_size=3)
        | st.dictionaries(
            st.sampled_from(["health", "sync", "status", "operationState", "conditions", "type"]), children
        )
    ),
)


@given(ODD, ODD, st.lists(st.sampled_from(["health", "sync", "operation", "suspended", "degraded"]), unique=True))
def test_any_application(status: Any, output: Any, wait_for: list[str]) -> None:
    """Whatever shape an Application or the output before has, the step has a result."""
    odd = {**app(), "status": status}
    found = context(config("app", wait_for=tuple(wait_for)), odd, output=output)
    assert WAIT.run(found).status in (RUN, OK, ERR)

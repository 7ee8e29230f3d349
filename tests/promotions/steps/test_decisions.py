"""What to do about one Application: kargo.md 1.5 with difference 2 and 10 of section 0, row by row."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promoter_view.promotions.steps.decisions import NextMove, decide, status_of
from promoter_view.promotions.steps.step import StepStatus
from promoter_view.stages.application import PROMOTION_INFO, read_application
from tests.promotions.known import PROMOTION, app, operated
from tests.support.stages.applications import OTHER, SHA, source

MINE, NOBODY, ANOTHER = PROMOTION, None, "test.00k.fffffff"
PINNED, LOOSE = (SHA,), ("",)
AT_SHA = {"revision": SHA}
TWO = {"spec": {"sources": [source(), source(chart="db")]}}


def pending(by: str | None) -> dict[str, Any]:
    return {"sync": {}, "info": [{"name": PROMOTION_INFO, "value": by}] if by is not None else []}


S, R, W, C, E = NextMove.SYNC, NextMove.RESYNC, NextMove.WAIT, NextMove.COUNT, NextMove.ERROR

CASES: dict[str, tuple[dict[str, Any], tuple[str, ...], NextMove, str, str]] = {
    "no operation ever": (app(), PINNED, S, "Running", "is to be synced"),
    "a pending operation of another": (
        app(operation=pending(NOBODY)),
        PINNED,
        W,
        "Running",
        "that another started waits",
    ),
    "its own pending operation": (
        app(operation=pending(MINE)),
        PINNED,
        W,
        "Running",
        "its own operation waits for Argo CD",
    ),
    "a pending operation over one of ours that ended": (
        app(operation=pending(NOBODY), state=operated(result=AT_SHA)),
        PINNED,
        W,
        "Running",
        "waits",
    ),
    "not Kargo's, runs": (
        app(state=operated("Running", by=NOBODY)),
        PINNED,
        W,
        "Running",
        "an operation that no Promotion started is Running",
    ),
    "not Kargo's, terminates": (
        app(state=operated("Terminating", by=NOBODY)),
        PINNED,
        W,
        "Terminating",
        "is Terminating",
    ),
    "not Kargo's, succeeded": (app(state=operated(by=NOBODY, result=AT_SHA)), PINNED, S, "Running", ""),
    "not Kargo's, failed": (app(state=operated("Failed", by=NOBODY)), PINNED, S, "Running", ""),
    "not Kargo's, no phase": (app(state=operated("", by=NOBODY)), PINNED, E, "", "has no phase"),
    "its own, held by a sync window": (
        app(operation=pending(MINE), state={**operated("Running"), "message": "blocked by sync window"}),
        PINNED,
        W,
        "Running",
        "waits for Argo CD to end it (blocked by sync window)",
    ),
    "not Kargo's, held by a sync window": (
        app(state={**operated("Running", by=NOBODY), "message": "blocked\nby sync window"}),
        PINNED,
        W,
        "Running",
        "is Running (blocked by sync window)",
    ),
    "another Promotion's, runs": (
        app(state=operated("Running", by=ANOTHER)),
        PINNED,
        W,
        "Running",
        "another Promotion is",
    ),
    "another Promotion's, ended": (app(state=operated("Error", by=ANOTHER)), PINNED, S, "Running", ""),
    "another Promotion's, succeeded there": (app(state=operated(by=ANOTHER, result=AT_SHA)), PINNED, S, "Running", ""),
    "its own, runs": (app(state=operated("Running")), PINNED, W, "Running", "its operation is Running"),
    "its own, an unknown phase": (app(state=operated("Resting")), PINNED, W, "Resting", "its operation is Resting"),
    "its own, no phase": (app(state=operated("")), PINNED, W, "", "its operation is without a phase"),
    "its own, no result": (app(state=operated()), PINNED, R, "Running", "does not say to which revision"),
    "its own, failed without a result": (
        app(state=operated("Failed", message="refused")),
        PINNED,
        C,
        "Failed",
        "failed with: refused",
    ),
    "its own, error without a revision": (
        app(state=operated("Error", result={"revision": ""}, message="ComparisonError: no such revision")),
        PINNED,
        C,
        "Error",
        "failed with: ComparisonError: no such revision",
    ),
    "its own, error without a revision or a message": (
        app(
            state=operated("Error", result={}),
            status={"conditions": [{"type": "ComparisonError", "message": "not found"}]},
        ),
        PINNED,
        C,
        "Error",
        'failed with: "ComparisonError" condition: not found',
    ),
    "its own, failed without any of several revisions": (
        app(state=operated("Failed"), **TWO),
        (SHA, "1.0"),
        C,
        "Failed",
        "",
    ),
    "its own, no sources": (app(state=operated(result=AT_SHA), spec={}), (), C, "Succeeded", ""),
    "its own, another revision": (
        app(state=operated(result={"revision": OTHER}), spec={"source": source(targetRevision="main")}),
        PINNED,
        R,
        "Running",
        f"argocd/app was synced to {OTHER}, wanted {SHA}; the source's targetRevision is main",
    ),
    "its own, failed at another revision": (
        app(state=operated("Failed", result={"revision": OTHER}, message="hook failed")),
        PINNED,
        R,
        "Running",
        "targetRevision is not set; the sync failed with: hook failed",
    ),
    "its own, no revision": (app(state=operated(result={})), PINNED, R, "Running", f"to no revision, wanted {SHA}"),
    "its own, one of two revisions differs": (
        app(state=operated(result={"revisions": [SHA, "0.9"]}), **TWO),
        (SHA, "1.0"),
        R,
        "Running",
        "was synced to 0.9, wanted 1.0; source 1 (",
    ),
    "its own, there": (app(state=operated(result=AT_SHA)), PINNED, C, "Succeeded", ""),
    "its own, any revision will do": (app(state=operated(result={"revision": OTHER})), LOOSE, C, "Succeeded", ""),
    "its own, all of several there": (
        app(state=operated(result={"revisions": [SHA, "1.0"]}), **TWO),
        (SHA, "1.0"),
        C,
        "Succeeded",
        "",
    ),
    "its own, one of several will do": (
        app(state=operated(result={"revisions": [OTHER, "1.0"]}), **TWO),
        ("", "1.0"),
        C,
        "Succeeded",
        "",
    ),
    "its own, failed there": (
        app(state=operated("Failed", result=AT_SHA, message="hook failed")),
        PINNED,
        C,
        "Failed",
        "Argo CD Application argocd/app failed with: hook failed",
    ),
    "its own, error there": (app(state=operated("Error", result=AT_SHA)), PINNED, C, "Error", "failed with: Error"),
    "its own, more revisions than desired": (
        app(state=operated(result={"revisions": [SHA, "1.0"]})),
        PINNED,
        E,
        "",
        "2 revision(s) were synced but 1 desired",
    ),
    "its own, fewer revisions than desired": (
        app(state=operated(result=AT_SHA), **TWO),
        (SHA, "1.0"),
        E,
        "",
        "1 revision(s) were synced but 2 desired",
    ),
}

#: In the order in which they count: whichever is found first decides.
PHASES = ["Failed", "Error", "Running", "Terminating", "Succeeded", "Another", ""]
STATUSES = [
    StepStatus.ERRORED,
    StepStatus.ERRORED,
    StepStatus.RUNNING,
    StepStatus.RUNNING,
    StepStatus.SUCCEEDED,
    None,
    None,
]


@pytest.mark.parametrize(("application", "desired", "move", "phase", "words"), CASES.values(), ids=CASES.keys())
def test_row(application: dict[str, Any], desired: tuple[str, ...], move: NextMove, phase: str, words: str) -> None:
    """Each state of an Application's operation has its move, its phase and its words."""
    found = decide(read_application(application), PROMOTION, desired)
    assert (found.move, found.phase) == (move, phase)
    assert words in found.words


def test_ownership_is_the_first_info() -> None:
    """The first info item that names a Promotion decides whose an operation is, whoever started it."""
    state = operated(result=AT_SHA)
    names = [{"name": "Reason", "value": "x"}, {"name": PROMOTION_INFO, "value": ANOTHER}, *state["operation"]["info"]]
    state["operation"] = {"info": names, "initiatedBy": {"username": "admin"}}
    assert decide(read_application(app(state=state)), PROMOTION, PINNED).move is S
    state["operation"]["info"] = [names[0], names[2], names[1]]
    assert decide(read_application(app(state=state)), PROMOTION, PINNED).move is C


def test_phases() -> None:
    """Of all phases the first in order decides; unknown ones count only where there is no other."""
    assert status_of([]) is None
    for (first, phase), (second, other) in itertools.product(enumerate(PHASES), repeat=2):
        assert status_of([phase, other]) is STATUSES[min(first, second)]


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(["", SHA, PROMOTION, "Succeeded", PROMOTION_INFO]),
    lambda children: (
        st.lists(children, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["operationState", "operation", "info", "name", "value", "phase", "syncResult", "revision", "revisions"]
            ),
            children,
        )
    ),
)


@given(VALUES, VALUES, st.lists(st.sampled_from(["", SHA])))
def test_any_application(status: Any, operation: Any, desired: list[str]) -> None:
    """Whatever shape an Application has, there is a decision; what goes wrong or is waited for has words."""
    found = decide(read_application({"status": status, "operation": operation, "spec": status}), PROMOTION, desired)
    assert found.words or (found.move, found.phase) == (NextMove.COUNT, "Succeeded")

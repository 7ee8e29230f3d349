"""The health of one Application: kargo.md section 3, row by row."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promoter_view.stages.application import read_application
from promoter_view.stages.health import Found, Health, UnreadableAnnotation, WantedApplication, check_application, worst
from tests.support.stages.applications import EARLIER, LATER, OTHER, REPO, SHA, source
from tests.support.stages.applications import known_application as application

H, NA, P, UNK, UNH = Health

ANY = WantedApplication("argocd", "app")
PINNED = WantedApplication("argocd", "app", (SHA,))
UNPINNED = WantedApplication("argocd", "app", ("",))
COMPARISON = {"conditions": [{"type": "ComparisonError", "message": "no such path"}]}
BOTH = {
    "conditions": [*COMPARISON["conditions"], {"type": "SyncError"}, {"type": "InvalidSpecError", "message": "bad"}]
}
TWO = {"spec": {"sources": [source(), source(chart="db")]}}

CASES: dict[str, tuple[Found, WantedApplication, Health, tuple[str, ...]]] = {
    "1 not found": (None, PINNED, UNK, ("unable to find Application argocd/app",)),
    "2 cannot be looked at": (
        UnreadableAnnotation("no access"),
        PINNED,
        UNK,
        ("error finding Application argocd/app: no access",),
    ),
    "2 being deleted": (
        application(metadata={"deletionTimestamp": "2026-11-29T20:00:00Z"}, reconciled=None),
        PINNED,
        UNK,
        ("Application argocd/app is being deleted since 2026-11-29T20:00:00Z",),
    ),
    "3 not reconciled since": (
        application(finished=LATER, reconciled=EARLIER),
        PINNED,
        UNK,
        ("was not reconciled after",),
    ),
    "3 never reconciled": (application(reconciled=None), ANY, UNK, ("not trusted",)),
    "3 without a pinned revision": (application(finished=LATER, reconciled=EARLIER), UNPINNED, UNK, ("not trusted",)),
    "3 before a condition": (application(reconciled=None, status=COMPARISON), ANY, UNK, ("not trusted",)),
    "3 equal times are fresh": (application(finished=EARLIER, reconciled=EARLIER), PINNED, H, ()),
    "4 ComparisonError": (
        application(status=COMPARISON),
        PINNED,
        UNH,
        ('Application argocd/app has "ComparisonError" condition: no such path',),
    ),
    "4 one issue a condition": (application(status=BOTH), ANY, UNH, ('"ComparisonError"', '"InvalidSpecError"')),
    "4 other conditions do not count": (application(status={"conditions": [{"type": "SyncError"}]}), PINNED, H, ()),
    "5 operation pending": (application(operation={"sync": {}}), PINNED, UNK, ("is being synced",)),
    "5 no operation ever": (application(status={"operationState": None}), PINNED, UNK, ("is being synced",)),
    "5 operation runs": (application(finished=None), PINNED, UNK, ("is being synced",)),
    "5 not when no revision is pinned": (application(operation={"sync": {}}), UNPINNED, H, ()),
    "5 not when nothing is wanted": (application(finished=None), ANY, H, ()),
    "6 fewer sources": (
        application(),
        WantedApplication("argocd", "app", (SHA, "")),
        UNK,
        ("has 1 sources but 2 desired revisions",),
    ),
    "6 more sources": (application(**TWO), PINNED, UNK, ("has 2 sources but 1 desired revisions",)),
    "6 no sources": (application(spec={}), PINNED, UNK, ("has 0 sources but 1 desired revisions",)),
    "6 fewer revisions": (
        application(**TWO),
        WantedApplication("argocd", "app", (SHA, "1.0")),
        UNK,
        ("has 1 observed revisions but 2 desired revisions",),
    ),
    "6 not when no revision is pinned": (application(**TWO), UNPINNED, H, ()),
    "7 another revision": (
        application(revision=OTHER),
        PINNED,
        UNH,
        (
            f"Not all sources of Application argocd/app are synced to the desired revisions: "
            f"source 0 with repoURL {REPO} is at {OTHER}, not at {SHA}",
        ),
    ),
    "7 no revision": (application(revision=None), PINNED, UNH, (f"is at no revision, not at {SHA}",)),
    "7 one issue for all sources": (
        application(**TWO, status={"sync": {"revisions": [OTHER, "0.9"]}}),
        WantedApplication("argocd", "app", (SHA, "1.0")),
        UNH,
        (
            f"source 0 with repoURL {REPO} is at {OTHER}, not at {SHA}; "
            f"source 1 with repoURL {REPO} is at 0.9, not at 1.0",
        ),
    ),
    "7 a source without a wish": (
        application(**TWO, status={"sync": {"revisions": [OTHER, "1.0"]}}),
        WantedApplication("argocd", "app", ("", "1.0")),
        H,
        (),
    ),
    "7 before the health": (application(revision=OTHER, health="Progressing"), PINNED, UNH, ("Not all sources",)),
    "8 Progressing": (application(health="Progressing"), PINNED, P, ("Application argocd/app is progressing",)),
    "8 no health": (application(health=None), PINNED, P, ("is progressing",)),
    "8 empty health": (application(health=""), PINNED, P, ("is progressing",)),
    "9 Suspended": (application(health="Suspended"), PINNED, P, ("is suspended",)),
    "10 Healthy": (application(), PINNED, H, ()),
    "10 Healthy, anything wanted": (application(revision=OTHER), UNPINNED, H, ()),
    "10 OutOfSync does not count": (
        application(status={"sync": {"status": "OutOfSync", "revision": SHA}}),
        PINNED,
        H,
        (),
    ),
    "10 the operation's phase does not count": (
        application(status={"operationState": {"phase": "Failed", "finishedAt": EARLIER}}),
        PINNED,
        H,
        (),
    ),
    "11 Degraded": (application(health="Degraded"), PINNED, UNH, ('has health state "Degraded"',)),
    "11 Missing": (application(health="Missing"), PINNED, UNH, ('has health state "Missing"',)),
    "11 Unknown": (application(health="Unknown"), PINNED, UNH, ('has health state "Unknown"',)),
    "11 any other": (application(health="healthy"), PINNED, UNH, ('has health state "healthy"',)),
}

MERGED = [
    [H, NA, P, UNK, UNH],
    [NA, NA, P, UNK, UNH],
    [P, P, P, UNK, UNH],
    [UNK, UNK, UNK, UNK, UNH],
    [UNH, UNH, UNH, UNH, UNH],
]


@pytest.mark.parametrize(("found", "wanted", "state", "issues"), CASES.values(), ids=CASES.keys())
def test_row(found: Found, wanted: WantedApplication, state: Health, issues: tuple[str, ...]) -> None:
    """The first row that applies gives the state, and as many issues as it says, in these words."""
    checked = check_application(wanted, found)
    assert checked.state is state
    assert len(checked.issues) == len(issues), checked.issues
    assert all(words in issue for words, issue in zip(issues, checked.issues, strict=True)), checked.issues


def test_stale_asks_for_a_refresh() -> None:
    """Only an Application that was not reconciled since its operation ended asks to be refreshed."""
    assert check_application(PINNED, application(reconciled=None)).is_stale
    assert not check_application(PINNED, application()).is_stale
    assert not check_application(PINNED, None).is_stale


def test_what_was_seen() -> None:
    """A verdict carries the revisions that the Application is at, and the document looked at."""
    found = application(**TWO, status={"sync": {"revisions": [SHA, "1.0"]}})
    checked = check_application(ANY, found)
    assert (checked.seen, checked.found) == ((SHA, "1.0"), found)
    assert check_application(ANY, None).seen == ()


def test_message_of_argo_cd() -> None:
    """What Argo CD says of a bad health is passed on."""
    found = application(status={"health": {"status": "Degraded", "message": "2 of 3 down"}})
    assert check_application(PINNED, found).issues == (
        'Application argocd/app has health state "Degraded": 2 of 3 down',
    )


def test_merge_table() -> None:
    """Of two states the worse counts, whichever comes first; of none it is Healthy."""
    for (row, first), (column, second) in itertools.product(enumerate(Health), repeat=2):
        assert worst([first, second]) is MERGED[row][column]
    assert worst([]) is H


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(["", SHA, EARLIER, "Healthy"]) | st.text(max_size=5),
    lambda children: (
        st.lists(children, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "spec",
                    "status",
                    "sources",
                    "source",
                    "sync",
                    "revisions",
                    "revision",
                    "health",
                    "operation",
                    "operationState",
                    "conditions",
                    "finishedAt",
                    "reconciledAt",
                    "type",
                    "repoURL",
                ]
            ),
            children,
            max_size=6,
        )
    ),
    max_leaves=20,
)


@given(VALUES, st.lists(st.sampled_from(["", SHA])).map(tuple))
def test_any_document(value: Any, revisions: tuple[str, ...]) -> None:
    """Whatever shape an Application has, there is a verdict; Healthy has no issues, and all else has some."""
    found = {
        "metadata": value,
        "spec": value,
        "status": value,
        "operation": value,
        **(value if type(value) is dict else {}),
    }
    checked = check_application(WantedApplication("n", "a", revisions), read_application(found))
    assert (checked.state is H) is not bool(checked.issues)

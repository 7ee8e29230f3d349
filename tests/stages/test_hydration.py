"""Applications with spec.sourceHydrator: what they sync to, and their health at a dry commit that is wanted."""

from __future__ import annotations

from typing import Any

import pytest

from promoter_view.stages.application import Application, read_application
from promoter_view.stages.health import Health, WantedApplication, check_application
from tests.support.stages.applications import REPO, hydrated_application, source

DRY, NEWER = "d" * 40, "e" * 40
HYDRATED, OLDER = "a" * 40, "b" * 40
DONE = {"drySHA": DRY, "hydratedSHA": HYDRATED}


def application(last: Any = DONE, operation: Any = None, **more: Any) -> Application:
    return read_application(hydrated_application(last, operation, **more))


@pytest.mark.parametrize(
    ("sync", "more", "expected"),
    [
        ({"targetBranch": "env/dev", "path": "app"}, {}, source(path="app", targetRevision="env/dev")),
        (
            {"repoURL": "https://other", "targetBranch": "env/dev", "path": "app"},
            {},
            source("https://other", path="app", targetRevision="env/dev"),
        ),
        ({"targetBranch": "env/dev", "path": "app"}, {"sources": [source("https://unused")]}, None),
        ({}, {}, source()),
    ],
)
def test_what_it_syncs_to(sync: dict[str, str], more: dict[str, Any], expected: dict[str, Any] | None) -> None:
    """The hydrated branch, of the dry source's repository where no other is named; other sources do not count."""
    found = application(spec={"sourceHydrator": {"drySource": source(path="src"), "syncSource": sync}, **more})
    assert found.sources == [expected or source(path="app", targetRevision="env/dev")]
    assert not found.has_sources


FAILED = {"phase": "Failed", "drySHA": NEWER, "message": "helm:\n no such chart"}
LAST = f"; the last one is {DRY}"
CASES: dict[str, tuple[Application, str, Health, str]] = {
    "the dry commit is hydrated and synced": (application(), DRY, Health.HEALTHY, ""),
    "the hydrated commit itself is wanted": (application(), HYDRATED, Health.HEALTHY, ""),
    "an older hydrated one is wanted and synced": (application(revision=OLDER), OLDER, Health.HEALTHY, ""),
    "nothing is wanted": (application(None), "", Health.HEALTHY, ""),
    "hydrated, not synced": (
        application(revision=OLDER),
        DRY,
        Health.UNHEALTHY,
        "Not all sources of Application argocd/app are synced to the desired revisions: "
        f"source 0 with repoURL {REPO} is at {OLDER}, not at {HYDRATED}, hydrated from dry commit {DRY}",
    ),
    "not hydrated yet": (
        application(),
        NEWER,
        Health.PROGRESSING,
        f"Application argocd/app has not hydrated dry commit {NEWER} yet{LAST}",
    ),
    "never hydrated": (
        application(None),
        DRY,
        Health.PROGRESSING,
        f"Application argocd/app has not hydrated dry commit {DRY} yet",
    ),
    "never hydrated, never synced": (
        application(None, status={"operationState": None}),
        DRY,
        Health.PROGRESSING,
        f"Application argocd/app has not hydrated dry commit {DRY} yet",
    ),
    "being hydrated": (
        application(operation={"phase": "Hydrating"}),
        NEWER,
        Health.PROGRESSING,
        f"Application argocd/app is hydrating, and has not hydrated dry commit {NEWER} yet{LAST}",
    ),
    "failed": (
        application(operation=FAILED),
        NEWER,
        Health.UNHEALTHY,
        f"Application argocd/app could not hydrate dry commit {NEWER}: helm: no such chart",
    ),
    "failed before a commit was known": (
        application(operation={"phase": "Failed"}),
        NEWER,
        Health.UNHEALTHY,
        f"Application argocd/app could not hydrate dry commit {NEWER}",
    ),
    "another failed": (
        application(operation={**FAILED, "drySHA": OLDER}),
        NEWER,
        Health.PROGRESSING,
        f"Application argocd/app has not hydrated dry commit {NEWER} yet{LAST}",
    ),
    "a later one failed": (application(operation=FAILED), DRY, Health.HEALTHY, ""),
    "being synced": (
        application(operation={}, finished=None),
        DRY,
        Health.UNKNOWN,
        "Application argocd/app is being synced",
    ),
    "hydrated, synced and ill": (
        application(health="Degraded"),
        DRY,
        Health.UNHEALTHY,
        'Application argocd/app has health state "Degraded"',
    ),
}


@pytest.mark.parametrize(("found", "wanted", "state", "issue"), CASES.values(), ids=CASES.keys())
def test_health(found: Application, wanted: str, state: Health, issue: str) -> None:
    """A wanted revision is a dry commit, which has to be hydrated first, or a hydrated one."""
    checked = check_application(WantedApplication("argocd", "app", (wanted,)), found)
    assert (checked.state, checked.issues) == (state, (issue,) if issue else ())


def test_more_revisions_than_sources() -> None:
    """It has one source: a check that wants two revisions says so."""
    checked = check_application(WantedApplication("argocd", "app", (DRY, DRY)), application())
    assert checked.issues == ("Application argocd/app has 1 sources but 2 desired revisions",)


def test_dry_revision() -> None:
    """The dry commit that it is at is known where it is at what was hydrated last."""
    assert application().dry_revision == DRY
    assert application(revision=OLDER).dry_revision == ""
    assert application(None, revision=None).dry_revision == ""
    assert read_application({"status": {"sync": {"revision": HYDRATED}}}).dry_revision == ""

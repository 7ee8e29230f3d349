"""The step argocd-update: kargo.md 1.2, 1.7 and 1.8, with the differences of section 0."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promoter_view.promotions.steps.catalogue import known_steps
from promoter_view.promotions.steps.step import StepContext, StepResult, StepStatus, SyncApplication, failed_action
from promoter_view.stages.checks import read_wanted
from promoter_view.stages.health import WantedApplication
from tests.promotions.known import PROMOTION, STAGE, app, context, operated
from tests.support.stages.applications import OTHER, REPO, SHA, hydrated_application, source

UPDATE = known_steps()["argocd-update"]
AT_SHA = {"revision": SHA}


def config(*names: str, **more: Any) -> dict[str, Any]:
    return {"apps": [{"name": name, **more} for name in names]}


def selecting(**more: Any) -> dict[str, Any]:
    return {"apps": [{"selector": {"matchLabels": {"tier": "front"}}, **more}]}


PINNED = {"sources": [{"repoURL": REPO, "desiredRevision": SHA}]}
FRONT = {"labels": {"tier": "front"}}


def run(config: Any, *applications: dict[str, Any], **more: Any) -> StepResult:
    return UPDATE.run(context(config, *applications, **more))


def synced(result: StepResult) -> list[str]:
    return [action.name for action in result.actions if isinstance(action, SyncApplication)]


def test_defaults() -> None:
    """The step may take five minutes and one error, unless the Promotion says otherwise."""
    assert (UPDATE.uses, UPDATE.timeout_seconds, UPDATE.error_threshold) == ("argocd-update", 300.0, 1)


@pytest.mark.parametrize("bad", [None, {}, [], {"apps": [{"name": "a", "force": True}]}])
def test_invalid_config(bad: Any) -> None:
    """A config against the schema fails the step for good, and says what was expected."""
    result = run(bad)
    assert (result.status, result.terminal) == (StepStatus.FAILED, True)
    assert result.message.startswith("invalid argocd-update config: config")


def test_no_applications_at_all() -> None:
    """Where there is no Argo CD, the step is Errored and says so."""
    result = UPDATE.run(context(config("app"), applications=None))
    assert (result.status, result.terminal) == (StepStatus.ERRORED, False)
    assert "integration is disabled" in result.message


ERRORS: dict[str, tuple[Any, list[dict[str, Any]], str]] = {
    "not found": (config("gone"), [app()], 'unable to find Argo CD Application "gone" in namespace "argocd"'),
    "in another namespace": (config("app", namespace="other"), [app()], 'in namespace "other"'),
    "no hits": (selecting(), [app()], "no Argo CD Applications found matching selector"),
    "a selector that is none": (
        {"apps": [{"selector": {"matchExpressions": [{"key": "k", "operator": "In"}]}}]},
        [app()],
        "error building the selector",
    ),
    "not authorized": (
        config("app"),
        [app(annotation=None)],
        "Argo CD Application argocd/app is not authorized for Stage kargo-demo:test: it has no annotation",
    ),
    "a glob": (config("app"), [app(annotation="kargo-demo:*")], "holds a glob"),
    "another project": (config("app"), [app(annotation="other:test")], 'names "other:test" only'),
    "none of a selector": (
        selecting(),
        [app("a", annotation=None, **FRONT), app("b", annotation="x", **FRONT)],
        "found 2 Application(s) matching selector in namespace argocd, but none are authorized for Stage kargo",
    ),
    "no source": (
        config("app", sources=[{"repoURL": "https://other", "chart": "db"}]),
        [app()],
        "no source of Argo CD Application argocd/app matched update with repoURL https://other and chart db",
    ),
    "hydrated": (
        config("app", **PINNED),
        [app(spec=hydrated_application({})["spec"])],
        "Argo CD Application argocd/app has spec.sourceHydrator, and no source that an update could change: "
        "leave out sources, and commit to the branch of its drySource",
    ),
    "no source of one of several": (
        selecting(**PINNED),
        [app("a", **FRONT), app("b", spec={"source": source("https://other")}, **FRONT)],
        "selected Applications must have compatible sources; 1 incompatible: "
        f"no source of Argo CD Application argocd/b matched update with repoURL {REPO}. No Applications were updated",
    ),
    "no source of many": (
        selecting(sources=[{"repoURL": "https://other"}]),
        [app(name, **FRONT) for name in "abcde"],
        "5 incompatible (showing first 3)",
    ),
    "failed": (
        config("app"),
        [app(state=operated("Failed", result=AT_SHA, message="hook failed"))],
        "Argo CD Application argocd/app failed with: hook failed",
    ),
    "error": (config("app"), [app(state=operated("Error", result=AT_SHA, message="oh"))], "failed with: oh"),
    "no phase, of its own": (config("app"), [app(state=operated(""))], "could not determine promotion step status"),
    "an unknown phase": (config("app"), [app(state=operated("Resting"))], "could not determine promotion step status"),
    "no phase, of another": (config("app"), [app(state=operated("", by=None))], "has no phase"),
    "more revisions than sources": (
        config("app", **PINNED),
        [app(state=operated(result={"revisions": [SHA, SHA]}))],
        "2 revision(s) were synced but 1 desired",
    ),
    "a later entry": (config("app", "gone"), [app()], "unable to find"),
}


@pytest.mark.parametrize(("config", "applications", "words"), ERRORS.values(), ids=ERRORS.keys())
def test_errors(config: Any, applications: list[dict[str, Any]], words: str) -> None:
    """What goes wrong ends the run as Errored, may be tried again, says why, and nothing is written."""
    result = run(config, *applications)
    assert (result.status, result.terminal, result.actions) == (StepStatus.ERRORED, False, ())
    assert words in result.message


PHASES: dict[str, tuple[list[dict[str, Any]], StepStatus, list[str]]] = {
    "the first run syncs": ([app("a"), app("b")], StepStatus.RUNNING, ["a", "b"]),
    "what is there already is synced too": (
        [app("a", state=operated(by=None, result=AT_SHA)), app("b")],
        StepStatus.RUNNING,
        ["a", "b"],
    ),
    "one waits": ([app("a", operation={}), app("b")], StepStatus.RUNNING, ["b"]),
    "one runs": (
        [app("a", state=operated("Running")), app("b", state=operated(result=AT_SHA))],
        StepStatus.RUNNING,
        [],
    ),
    "one terminates": (
        [app("a", state=operated("Terminating")), app("b", state=operated(result=AT_SHA))],
        StepStatus.RUNNING,
        [],
    ),
    "one has an unknown phase": (
        [app("a", state=operated("Resting")), app("b", state=operated(result=AT_SHA))],
        StepStatus.SUCCEEDED,
        [],
    ),
    "all succeeded": (
        [app("a", state=operated(result=AT_SHA)), app("b", state=operated(result=AT_SHA))],
        StepStatus.SUCCEEDED,
        [],
    ),
    "one is elsewhere, and keeps its distance": (
        [app("a", state=operated(result=AT_SHA)), app("b", state=operated(result={"revision": OTHER}))],
        StepStatus.RUNNING,
        [],
    ),
}


def test_hydrated() -> None:
    """Where the manifests are hydrated it syncs and waits without sources, and its health check wants no revision."""
    spec = hydrated_application({})["spec"]
    assert synced(run(config("a"), app("a", spec=spec))) == ["a"]
    assert run(config("a"), app("a", spec=spec, state=operated("Running"))).status is StepStatus.RUNNING
    done = run(config("a"), app("a", spec=spec, state=operated(result=AT_SHA)))
    assert (done.status, done.actions) == (StepStatus.SUCCEEDED, ())
    assert done.health_check is not None
    (wanted,) = read_wanted(done.health_check["config"], default_namespace="")
    assert isinstance(wanted, WantedApplication)
    assert not any(wanted.revisions)


@pytest.mark.parametrize(("applications", "status", "names"), PHASES.values(), ids=PHASES.keys())
def test_phases(applications: list[dict[str, Any]], status: StepStatus, names: list[str]) -> None:
    """The phases of all Applications make the status of the step; those that are due are synced."""
    result = run(config("a", "b", **PINNED), *applications)
    assert (result.status, synced(result)) == (status, names)
    assert bool(result.message) is (status is StepStatus.RUNNING or "Resting" in str(applications))


@pytest.mark.parametrize("state", [None, operated("Running"), operated(result=AT_SHA)])
def test_output(state: dict[str, Any] | None) -> None:
    """Each run puts out the Applications and the health check, also while it runs."""
    result = run(config("app", **PINNED), app(state=state))
    assert result.output == {"apps": [{"name": "app", "namespace": "argocd"}]}
    assert result.health_check == {
        "uses": "argocd-update",
        "config": {"apps": [{"name": "app", "namespace": "argocd", "desiredRevisions": [SHA]}]},
    }


def test_health_check_of_several() -> None:
    """The health check names what a selector found, with "" where any revision will do, and nothing without sources."""
    two = {"spec": {"sources": [source(), source(chart="db")]}}
    result = run(selecting(), app("a", **FRONT, **two), app("b", spec={}, **FRONT), app("c", **FRONT))
    assert result.health_check is not None
    assert result.health_check["config"]["apps"] == [
        {"name": "a", "namespace": "argocd", "desiredRevisions": ["", ""]},
        {"name": "b", "namespace": "argocd"},
        {"name": "c", "namespace": "argocd", "desiredRevisions": [""]},
    ]
    assert read_wanted(result.health_check["config"], default_namespace="x") == (
        WantedApplication("argocd", "a", ("", "")),
        WantedApplication("argocd", "b"),
        WantedApplication("argocd", "c", ("",)),
    )


def test_some_authorized() -> None:
    """Of a selector those that are authorized are synced, and the others are said to be left alone."""
    result = run(selecting(), app("a", annotation=None, **FRONT), app("b", **FRONT))
    assert synced(result) == ["b"]
    assert "1 Application(s) matching a selector are not authorized and left alone" in result.message


def test_one_sync_an_application() -> None:
    """An Application that two entries hit is synced once, with the updates of both."""
    entries = [
        {"name": "app", **PINNED},
        {"name": "app", "sources": [{"repoURL": REPO, "helm": {"images": [{"key": "k", "value": "v"}]}}]},
    ]
    result = run({"apps": entries}, app(), actor="email:dev@example.com")
    (action,) = result.actions
    assert isinstance(action, SyncApplication)
    assert (action.stage, action.promotion, action.actor) == (STAGE, PROMOTION, "email:dev@example.com")
    assert [update.desired_revision for update in action.updates] == [SHA, ""]
    assert action.updates[1].parameters == (("k", "v"),)


def test_waiting_is_said() -> None:
    """While it runs, the message names what is waited for, the first few."""
    apps = [app(name, state=operated("Running")) for name in "abcde"]
    result = run(config(*"abcde"), *apps)
    assert result.message == (
        "waiting: Argo CD Application argocd/a: its operation is Running; "
        "Argo CD Application argocd/b: its operation is Running; "
        "Argo CD Application argocd/c: its operation is Running and 2 more"
    )
    assert [str(name) for name in result.watched] == [f"argocd/{name}" for name in "abcde"]


def test_revoked_in_between() -> None:
    """An annotation that is taken away while the step runs ends it."""
    running = operated("Running")
    assert run(config("app"), app(state=running)).status is StepStatus.RUNNING
    assert "is not authorized" in run(config("app"), app(state=running, annotation=None)).message


def test_failed_action() -> None:
    """When a write fails, the step is Errored with those words and keeps what it put out."""
    result = run(config("app"), app())
    failed = failed_action(result, "error syncing: error patching: forbidden")
    assert (failed.status, failed.actions, failed.output) == (StepStatus.ERRORED, (), result.output)


def test_many() -> None:
    """Three hundred Applications of one selector are decided in one run, each synced once."""
    result = run(selecting(**PINNED), *[app(f"app-{i:03d}", **FRONT) for i in range(300)])
    assert synced(result) == [f"app-{i:03d}" for i in range(300)]
    assert result.message.endswith("and 297 more")
    assert len(result.message) < 500


ODD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda children: (
        st.lists(children, max_size=3)
        | st.dictionaries(
            st.sampled_from(["operationState", "source", "sources", "repoURL", "info", "operation"]), children
        )
    ),
)


@given(ODD, ODD, ODD)
def test_any_application(status: Any, spec: Any, labels: Any) -> None:
    """Whatever shape an Application has, the step has a result."""
    odd = {"metadata": {**app()["metadata"], "labels": labels}, "status": status, "spec": spec}
    found: StepContext = context(config("app", **PINNED), odd)
    assert UPDATE.run(found).status in (StepStatus.RUNNING, StepStatus.ERRORED)
    assert run(selecting(), odd).status in (StepStatus.RUNNING, StepStatus.ERRORED)

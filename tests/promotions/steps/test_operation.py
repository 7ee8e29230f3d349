"""The PATCH that syncs an Application: kargo.md 1.6, field by field."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promoter_view.promotions.steps.operation import REASON, NothingToWrite, NotPossible, SyncPatch, plan_sync
from promoter_view.promotions.steps.step import KustomizeImage, SourceUpdate, SyncApplication
from promoter_view.promotions.telling.event import Involved
from promoter_view.stages.application import read_application
from promoter_view.stages.authorization import ANNOTATION
from tests.promotions.known import PROMOTION, STAGE, app, operated
from tests.support.stages.applications import REPO, SHA, hydrated_application, source

ACTION = SyncApplication("argocd", "app", STAGE, PROMOTION)
TARGET = SourceUpdate(REPO, desired_revision=SHA, update_target_revision=True)
INFO = [{"name": "Reason", "value": REASON}, {"name": "kargo.akuity.io/promotion", "value": PROMOTION}]


def live(**more: Any) -> dict[str, Any]:
    found = app(**more)
    metadata = {**found["metadata"], "managedFields": [], "finalizers": ["f"]}
    return {**found, "apiVersion": "argoproj.io/v1alpha1", "kind": "Application", "metadata": metadata}


def hydrated() -> dict[str, Any]:
    found = live()
    return {**found, "spec": hydrated_application({})["spec"]}


def patch(document: dict[str, Any], *updates: SourceUpdate, actor: str = "") -> SyncPatch:
    found = plan_sync(replace(ACTION, updates=updates, actor=actor), read_application(document))
    assert isinstance(found, SyncPatch), found
    return found


def test_minimal() -> None:
    """The example of kargo.md 1.6: one source, its target revision written, no actor."""
    document = live(spec={"source": source(path="p", targetRevision="main"), "project": "default"})
    assert patch(document, TARGET).body == {
        "metadata": {"annotations": {"argocd.argoproj.io/refresh": "hard"}, "resourceVersion": "42"},
        "operation": {
            "info": INFO,
            "initiatedBy": {"automated": True, "username": "kargo-controller"},
            "retry": {},
            "sync": {},
        },
        "spec": {"source": {"targetRevision": SHA}},
        "status": {"operationState": None},
    }


def test_without_updates() -> None:
    """Without updates the spec is left alone."""
    assert "spec" not in patch(live()).body


def test_hydrated() -> None:
    """Where the manifests are hydrated a sync leaves the spec alone, and the Event names the hydrated branch."""
    found = patch(hydrated())
    assert "spec" not in found.body
    assert found.event.message == "kargo-controller initiated sync to environments/test"


def test_without_a_status() -> None:
    """Only what has a status has its operationState removed, but then always."""
    document = live(state=operated(by=None))
    assert patch(document).body["status"] == {"operationState": None}
    assert patch({**document, "status": {}}).body["status"] == {"operationState": None}
    del document["status"]
    assert "status" not in patch(document).body


def test_annotations_of_others_stay() -> None:
    """Of the annotations only the refresh is sent, and not again where it is there."""
    document = live()
    document["metadata"]["annotations"]["other"] = "x"
    assert patch(document).body["metadata"]["annotations"] == {"argocd.argoproj.io/refresh": "hard"}
    document["metadata"]["annotations"]["argocd.argoproj.io/refresh"] = "hard"
    assert patch(document).body["metadata"] == {"resourceVersion": "42"}


def test_several_sources() -> None:
    """Sources are sent whole, with all that they hold; spec.source beside them is left alone."""
    sources = [source("https://other", helm={"parameters": [{"name": "secret", "value": "s"}]}), source(path="p")]
    document = live(spec={"sources": sources, "source": source("https://unused")})
    assert patch(document, TARGET).body["spec"] == {"sources": [sources[0], {**sources[1], "targetRevision": SHA}]}


def test_images_and_parameters() -> None:
    """Images and parameters are those of the live object with the updates in them, sent whole."""
    kustomize = {"images": ["a:1", "nginx:1"], "namePrefix": "x"}
    helm = {"parameters": [{"name": "a", "value": "0"}], "values": "v"}
    update = SourceUpdate(REPO, images=(KustomizeImage("nginx", tag="2"),), parameters=(("b", "1"),))
    assert patch(live(spec={"source": source(kustomize=kustomize, helm=helm)}), update).body["spec"] == {
        "source": {
            "kustomize": {"images": ["a:1", "nginx:2"]},
            "helm": {"parameters": [{"name": "a", "value": "0"}, {"name": "b", "value": "1"}]},
        }
    }


def test_sync_policy() -> None:
    """The retry and the options of the sync policy go into the operation; nothing else of it."""
    retry = {"limit": 3, "backoff": {"duration": "5s", "factor": 2}}
    policy = {"automated": {"prune": True}, "retry": retry, "syncOptions": ["CreateNamespace=true"]}
    operation = patch(live(spec={"source": source(), "syncPolicy": policy})).body["operation"]
    assert (operation["retry"], operation["sync"]) == (retry, {"syncOptions": ["CreateNamespace=true"]})
    for empty in ({"syncOptions": []}, {"syncOptions": None, "retry": None}, {}):
        operation = patch(live(spec={"source": source(), "syncPolicy": empty})).body["operation"]
        assert (operation["retry"], operation["sync"]) == ({}, {})


@pytest.mark.parametrize(
    ("actor", "initiator"),
    [
        ("", {"username": "kargo-controller", "automated": True}),
        ("email:dev@example.com", {"username": "dev@example.com"}),
        ("kubernetes:system:serviceaccount:a:b", {"username": "system:serviceaccount:a:b"}),
        ("admin", {"username": "admin"}),
        ("unknown actor", {"username": "kargo-controller", "automated": True}),
        ("email:", {"username": "kargo-controller", "automated": True}),
    ],
)
def test_initiator(actor: str, initiator: dict[str, Any]) -> None:
    """A sync that somebody asked for is his, and manual; one that nobody did is the controller's, and automated."""
    assert patch(live(), actor=actor).body["operation"]["initiatedBy"] == initiator


@pytest.mark.parametrize(
    ("spec", "updates", "to"),
    [
        ({"source": source(targetRevision="main")}, (), " to main"),
        ({"source": source(targetRevision="main")}, (TARGET,), f" to {SHA}"),
        ({"source": source()}, (), ""),
        ({"sources": [source(), source()]}, (), " to 2 sources"),
        ({}, (), ""),
    ],
)
def test_event(spec: dict[str, Any], updates: tuple[SourceUpdate, ...], to: str) -> None:
    """The Event says who began the sync and to what."""
    event = patch(live(spec=spec), *updates).event
    assert event.about == Involved("argoproj.io/v1alpha1", "Application", "argocd", "app", "uid-app")
    assert (event.reason, event.once) == ("OperationStarted", "")
    assert event.message == f"kargo-controller initiated sync{to}"
    assert event.annotations == {"user": "kargo-controller"}


def test_not_possible() -> None:
    """What the live object no longer allows is not written, and says why."""
    going = live()
    going["metadata"]["deletionTimestamp"] = "2026-11-29T20:00:00Z"
    for document, words in (
        (going, "Argo CD Application argocd/app is being deleted since 2026-11-29T20:00:00Z: it cannot be synced"),
        (None, 'unable to find Argo CD Application "app" in namespace "argocd"'),
        (live(annotation=None), "Argo CD Application argocd/app is not authorized for Stage kargo-demo:test"),
        (live(spec={"source": source("https://other")}), "no source of Argo CD Application argocd/app matched update"),
        (
            hydrated(),
            "Argo CD Application argocd/app has spec.sourceHydrator, and no source that an update could change",
        ),
        (live(state=operated("", by=None)), "has no phase"),
    ):
        found = plan_sync(replace(ACTION, updates=(TARGET,)), document and read_application(document))
        assert isinstance(found, NotPossible)
        assert words in found.message


@pytest.mark.parametrize(
    ("document", "words"),
    [
        (live(operation={"sync": {}}), "an operation that another started waits"),
        (live(operation={"info": INFO}), "its own operation waits"),
        (live(state=operated("Running")), "its operation is Running"),
        (live(state=operated("Running", by=None)), "an operation that no Promotion started is Running"),
        (live(state=operated(result={"revision": SHA})), "is synced already"),
        (live(state=operated("Failed", result={"revision": SHA}, message="m")), "failed with: m"),
    ],
)
def test_nothing_to_write(document: dict[str, Any], words: str) -> None:
    """An operation in flight is never overwritten, and one of this Promotion is never asked for twice."""
    found = plan_sync(replace(ACTION, updates=(TARGET,)), read_application(document))
    assert isinstance(found, NothingToWrite)
    assert words in found.reason


ODD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda children: (
        st.lists(children, max_size=3)
        | st.dictionaries(
            st.sampled_from(["annotations", "source", "sources", "syncPolicy", "retry", "kustomize", "helm", "images"]),
            children,
        )
    ),
)


@given(ODD, ODD, ODD)
def test_any_live_object(metadata: Any, spec: Any, status: Any) -> None:
    """Whatever shape the live object has, there is a plan."""
    named = {"annotations": {ANNOTATION: str(STAGE)}, "resourceVersion": "1"}
    update = SourceUpdate(REPO, "", SHA, True, (KustomizeImage("n", tag="1"),), (("k", "v"),))
    for found in (metadata, {**named, **(metadata if isinstance(metadata, dict) else {}), **named}):
        document = {
            "metadata": found,
            "spec": {"source": {"repoURL": REPO, **(spec if isinstance(spec, dict) else {})}},
        }
        assert plan_sync(replace(ACTION, updates=(update,)), read_application({**document, "status": status}))
        assert plan_sync(ACTION, read_application({"metadata": found, "spec": spec, "status": status}))

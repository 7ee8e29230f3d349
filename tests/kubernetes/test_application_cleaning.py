"""What of an Argo CD Application reaches the log."""

from __future__ import annotations

import copy
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from promoter_view.kubernetes.cleaning import CleaningRules, source_object
from promoter_view.kubernetes.kinds import APPLICATION, KARGO_KINDS

RULES = CleaningRules(APPLICATION)
SECRET = "s3cr3t"
FINISHED = "2026-11-20T10:00:00Z"


def clean(found: dict[str, Any]) -> bytes:
    _, recorded = source_object(found, RULES)
    return recorded.body


def secretive_source(**more: Any) -> dict[str, Any]:
    """A source that carries secrets wherever one may."""
    return {
        "repoURL": "https://git.example.com/shop.git",
        "path": "deploy",
        "targetRevision": "v1",
        "helm": {"values": SECRET, "parameters": [{"name": "password", "value": SECRET}]},
        "plugin": {"env": [{"name": "TOKEN", "value": SECRET}]},
        "kustomize": {"patches": [{"patch": SECRET}]},
        "directory": {"jsonnet": {"extVars": [{"name": "a", "value": SECRET}]}},
        **more,
    }


def application() -> dict[str, Any]:
    """One that Argo CD has just synced."""
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Application",
        "metadata": {
            "name": "shop",
            "namespace": "argocd",
            "uid": "u1",
            "resourceVersion": "77",
            "generation": 12,
            "labels": {"team": "shop"},
            "annotations": {
                "kargo.akuity.io/authorized-stage": "shop:test",
                "argocd.argoproj.io/refresh": "hard",
                "promoter-view.io/owner": "team shop",
                "promoter-view.io/runbook": "https://user:pass@wiki.example.com/shop",
                "promoter-view.io/other": SECRET,
                "notified.notifications.argoproj.io": SECRET,
            },
        },
        "spec": {
            "project": "default",
            "source": secretive_source(),
            "sources": [secretive_source(chart="shop"), secretive_source(ref="values")],
            "destination": {"server": "https://kubernetes.default.svc", "namespace": "shop", "config": {"a": SECRET}},
            "syncPolicy": {"automated": {"prune": True}},
        },
        "operation": {
            "initiatedBy": {"username": "kargo-controller", "automated": True},
            "info": [{"name": "kargo.akuity.io/promotion", "value": "p1"}],
            "sync": {"source": secretive_source(), "manifests": [SECRET], "syncOptions": ["CreateNamespace=true"]},
        },
        "status": {
            "health": {"status": "Healthy", "lastTransitionTime": "2026-11-20T09:00:00Z"},
            "sync": {"status": "Synced", "revision": "abc", "comparedTo": {"source": secretive_source()}},
            "reconciledAt": "2026-11-20T10:00:07Z",
            "observedAt": "2026-11-20T10:00:07Z",
            "conditions": [
                {"type": "ComparisonError", "message": "no such path", "lastTransitionTime": "2026-11-20T10:00:07Z"}
            ],
            "history": [{"source": secretive_source()}],
            "resources": [{"kind": "Deployment", "name": "shop"}],
            "summary": {"images": ["shop:1"]},
            "operationState": {
                "phase": "Succeeded",
                "message": "successfully synced",
                "startedAt": "2026-11-20T09:59:50Z",
                "finishedAt": FINISHED,
                "retryCount": 1,
                "operation": {"sync": {"source": secretive_source(), "manifests": [SECRET]}},
                "syncResult": {
                    "revision": "abc",
                    "source": secretive_source(),
                    "sources": [secretive_source()],
                    "resources": [{"kind": "Secret", "message": SECRET}],
                },
            },
        },
    }


def cleaned(found: dict[str, Any]) -> Any:
    return orjson.loads(clean(found))


SOURCE = {"repoURL": "https://git.example.com/shop.git", "path": "deploy", "targetRevision": "v1"}


def test_what_is_kept() -> None:
    """Exactly what health and promotions turn on is kept, sources reduced wherever they stand; the input stays."""
    found = application()
    before = copy.deepcopy(found)
    assert cleaned(found) == {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Application",
        "metadata": {
            "name": "shop",
            "namespace": "argocd",
            "uid": "u1",
            "labels": {"team": "shop"},
            "annotations": {
                "kargo.akuity.io/authorized-stage": "shop:test",
                "promoter-view.io/owner": "team shop",
                "promoter-view.io/runbook": "https://wiki.example.com/shop",
            },
        },
        "spec": {
            "source": SOURCE,
            "sources": [
                {"repoURL": SOURCE["repoURL"], "path": "deploy", "chart": "shop", "targetRevision": "v1"},
                {"repoURL": SOURCE["repoURL"], "path": "deploy", "ref": "values", "targetRevision": "v1"},
            ],
            "destination": {"server": "https://kubernetes.default.svc", "namespace": "shop"},
        },
        "operation": {
            "initiatedBy": {"username": "kargo-controller", "automated": True},
            "info": [{"name": "kargo.akuity.io/promotion", "value": "p1"}],
            "sync": {"source": SOURCE, "syncOptions": ["CreateNamespace=true"]},
        },
        "status": {
            "health": {"status": "Healthy", "lastTransitionTime": "2026-11-20T09:00:00Z"},
            "sync": {"status": "Synced", "revision": "abc", "comparedTo": {"source": SOURCE}},
            "conditions": [{"type": "ComparisonError", "message": "no such path"}],
            "operationState": {
                "phase": "Succeeded",
                "message": "successfully synced",
                "finishedAt": FINISHED,
                "retryCount": 1,
                "operation": {"sync": {"source": SOURCE}},
                "syncResult": {"revision": "abc", "source": SOURCE, "sources": [SOURCE]},
            },
            "reconciledAt": FINISHED,
        },
    }
    assert found == before


def hydrated() -> dict[str, Any]:
    """One whose manifests Argo CD hydrates."""
    hydrator = {
        "drySource": secretive_source(),
        "syncSource": {"targetBranch": "environments/test", "path": "deploy", "note": {"a": SECRET}},
        "hydrateTo": {"targetBranch": "environments/test-next"},
    }
    found = application()
    found["spec"] = {"sourceHydrator": hydrator}
    found["status"]["sourceHydrator"] = {
        "currentOperation": {
            "phase": "Failed",
            "message": "no such chart",
            "drySHA": "d2",
            "hydratedSHA": "",
            "startedAt": FINISHED,
            "finishedAt": FINISHED,
            "sourceHydrator": hydrator,
        },
        "lastSuccessfulOperation": {"drySHA": "d1", "hydratedSHA": "h1", "sourceHydrator": hydrator},
    }
    return found


def test_what_is_kept_of_a_hydrator() -> None:
    """Its branches, repositories and shas stay; inline options, and the copies of itself in the status, do not."""
    found = cleaned(hydrated())
    assert found["spec"] == {
        "sourceHydrator": {
            "drySource": SOURCE,
            "syncSource": {"targetBranch": "environments/test", "path": "deploy"},
            "hydrateTo": {"targetBranch": "environments/test-next"},
        }
    }
    assert found["status"]["sourceHydrator"] == {
        "currentOperation": {
            "phase": "Failed",
            "message": "no such chart",
            "drySHA": "d2",
            "hydratedSHA": "",
            "startedAt": FINISHED,
            "finishedAt": FINISHED,
        },
        "lastSuccessfulOperation": {"drySHA": "d1", "hydratedSHA": "h1"},
    }
    assert SECRET not in clean(hydrated()).decode()


RECONCILED = [
    ("2026-11-20T09:59:59Z", FINISHED, None),
    (FINISHED, FINISHED, FINISHED),
    ("2026-11-20T10:00:01Z", FINISHED, FINISHED),
    ("2026-11-20T12:00:01+02:00", FINISHED, FINISHED),
    ("2026-11-20T11:59:59+02:00", FINISHED, None),
    ("2026-11-20T10:00:01", FINISHED, None),
    (None, FINISHED, None),
    (7, FINISHED, None),
    ("soon", FINISHED, None),
    ("2026-11-20T10:00:01Z", "soon", None),
    ("2026-11-20T10:00:01Z", None, None),
    ("2026-11-20T10:00:01Z", 7, None),
]


@pytest.mark.parametrize(("reconciled", "finished", "expected"), RECONCILED)
def test_reconciled_at(reconciled: Any, finished: Any, expected: str | None) -> None:
    """It is kept as the end of the last operation where it is not before that, and left out anywhere else."""
    found = application()
    found["status"]["reconciledAt"] = reconciled
    found["status"]["operationState"]["finishedAt"] = finished
    assert cleaned(found)["status"].get("reconciledAt") == expected


def test_a_tick_leaves_the_same_bytes() -> None:
    """A reconciliation that found nothing new is no change: all it moved are resourceVersion, generation and times."""
    found = application()
    before = clean(found)
    found["metadata"] |= {"resourceVersion": "78", "generation": 13}
    found["status"] |= {"reconciledAt": "2026-11-20T10:03:07Z", "observedAt": "2026-11-20T10:03:07Z"}
    found["status"]["conditions"][0]["lastTransitionTime"] = "2026-11-20T10:03:07Z"
    assert clean(found) == before


CHANGES: list[tuple[tuple[str, ...], Any]] = [
    (("metadata", "annotations", "kargo.akuity.io/authorized-stage"), "shop:prod"),
    (("status", "health", "status"), "Degraded"),
    (("status", "sync", "status"), "OutOfSync"),
    (("status", "sync", "revision"), "def"),
    (("status", "conditions"), []),
    (("status", "operationState", "phase"), "Failed"),
    (("status", "operationState", "syncResult", "revision"), "def"),
    (("status", "reconciledAt"), "2026-11-20T09:00:00Z"),
    (("spec", "source", "targetRevision"), "v2"),
    (("operation",), None),
]


@pytest.mark.parametrize(("path", "value"), CHANGES)
def test_what_matters_is_a_change(path: tuple[str, ...], value: Any) -> None:
    """Whatever a decision turns on leaves other bytes."""
    found = application()
    before = clean(found)
    place = found
    for name in path[:-1]:
        place = place[name]
    place[path[-1]] = value
    assert clean(found) != before


def test_presence_of_an_operation() -> None:
    """An operation is there also where nothing of it is kept, and so is its sync."""
    found = application()
    found["operation"] = {"sync": {"manifests": [SECRET]}, "retry": {"limit": 5}}
    assert cleaned(found)["operation"] == {"sync": {}}


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)


PLACES = [
    ("metadata", "annotations"),
    ("metadata", "labels"),
    ("spec",),
    *(("spec", name) for name in ("source", "sources", "destination")),
    ("operation",),
    *(("operation", name) for name in ("info", "initiatedBy", "sync")),
    ("spec", "sourceHydrator"),
    *(("spec", "sourceHydrator", name) for name in ("drySource", "syncSource", "hydrateTo")),
    ("status",),
    *(("status", name) for name in ("health", "sync", "conditions", "operationState", "reconciledAt")),
    *(("status", "operationState", name) for name in ("operation", "syncResult", "finishedAt", "phase")),
    *(("status", "sourceHydrator", name) for name in ("currentOperation", "lastSuccessfulOperation")),
]


@given(st.sampled_from(PLACES), _JSON)
def test_any_shape(place: tuple[str, ...], shape: Any) -> None:
    """Whatever stands in place of a field: it is cleaned without an error, and no secret stays."""
    found = hydrated() if "sourceHydrator" in place else application()
    parent: Any = found
    for name in place[:-1]:
        parent = parent[name]
    parent[place[-1]] = shape
    assert SECRET not in clean(found).decode()


def test_what_kargo_looks_at_all_the_time() -> None:
    """A Warehouse that has looked leaves the same bytes; another spec does not."""
    kind = next(kind for kind in KARGO_KINDS if kind.kind == "Warehouse")

    def kept(version: str, status: str, spec: str) -> bytes:
        metadata = {"name": "main", "namespace": "shop", "resourceVersion": version}
        found = {"apiVersion": kind.api_version, "kind": kind.kind, "metadata": metadata, "spec": {"a": spec}}
        return source_object(found | {"status": {"stats": status}}, CleaningRules(kind))[1].body

    assert kept("1", "x", "s") == kept("2", "y", "s")
    assert kept("1", "x", "s") != kept("1", "x", "t")


def test_rules_of_applications_have_a_digest_of_their_own() -> None:
    """Who to ask is kept of Applications since rules of their own were made, so that these are listed anew."""
    assert CleaningRules(APPLICATION).digest != CleaningRules(KARGO_KINDS[0]).digest

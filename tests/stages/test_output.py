"""Stage.status.health as it is written."""

from __future__ import annotations

from promoter_view.stages.application import read_application
from promoter_view.stages.assessment import StageHealth, assess
from promoter_view.stages.health import Found
from promoter_view.stages.output import health_status
from tests.stages.test_assessment import STEPS, last
from tests.support.stages.applications import EARLIER, SHA
from tests.support.stages.applications import known_application as application


def assessed(found: Found) -> StageHealth:
    return assess({"spec": STEPS, "status": last()}, lambda *_: found, default_namespace="argocd")


def test_shape() -> None:
    """The output has the shape that Kargo's dashboard reads, without what ticks and without secrets of sources."""
    source = {"repoURL": "https://u:secret@host/r", "path": ".", "targetRevision": "1.0", "helm": {"values": "secret"}}
    shown = {"repoURL": "https://host/r", "targetRevision": "1.0"}
    operation = {
        "info": [{"name": "kargo.akuity.io/promotion", "value": "p"}],
        "initiatedBy": {"username": "kargo-controller", "automated": True},
        "retry": {"limit": 2},
        "sync": {
            "source": {"helm": {"parameters": [{"name": "password", "value": "secret"}]}},
            "syncOptions": ["CreateNamespace=true"],
            "revisions": [SHA],
            "prune": True,
        },
    }
    state = {
        "operation": operation,
        "phase": "Succeeded",
        "message": "done",
        "startedAt": EARLIER,
        "finishedAt": EARLIER,
        "syncResult": {"revision": SHA, "source": source, "sources": [source | {"chart": "c"}]},
    }
    condition = {"type": "SyncWarning", "message": "m", "lastTransitionTime": EARLIER}
    found = application(status={"operationState": state, "conditions": [condition]})
    assert health_status(assessed(found)) == {
        "status": "Healthy",
        "output": [
            {
                "applicationStatuses": [
                    {
                        "Namespace": "argocd",
                        "Name": "app",
                        "health": {"status": "Healthy"},
                        "sync": {"status": "Synced", "revision": SHA},
                        "conditions": [{"type": "SyncWarning", "message": "m"}],
                        "operationState": {
                            "operation": {
                                "initiatedBy": {"username": "kargo-controller", "automated": True},
                                "info": [{"name": "kargo.akuity.io/promotion", "value": "p"}],
                                "retry": {},
                                "sync": {"syncOptions": ["CreateNamespace=true"], "revisions": [SHA], "prune": True},
                            },
                            "phase": "Succeeded",
                            "message": "done",
                            "finishedAt": EARLIER,
                            "syncResult": {"revision": SHA, "source": shown, "sources": [shown | {"chart": "c"}]},
                        },
                    }
                ]
            }
        ],
    }


def test_an_operation_that_says_little() -> None:
    """As Kargo has it: what an operation always has is there, though it is empty; what it may have is left out."""
    output = health_status(assessed(application(status={"operationState": {"phase": "Running"}})))
    assert output is not None
    told = output["output"][0]["applicationStatuses"][0]["operationState"]
    assert told == {"phase": "Running", "operation": {"initiatedBy": {}, "retry": {}}}


def test_not_found() -> None:
    """An Application that is not found is shown with health and sync Unknown."""
    assert health_status(assessed(None)) == {
        "status": "Unknown",
        "issues": ["unable to find Application argocd/app"],
        "output": [
            {
                "applicationStatuses": [
                    {
                        "Namespace": "argocd",
                        "Name": "app",
                        "health": {"status": "Unknown"},
                        "sync": {"status": "Unknown"},
                    }
                ]
            }
        ],
    }


def test_nothing_to_say() -> None:
    """Without Freight there is no health, and without a check no output."""
    assert health_status(assess({"spec": STEPS}, lambda *_: None, default_namespace="argocd")) is None
    stage = {"spec": STEPS, "status": last(checks=[])}
    assert health_status(assess(stage, lambda *_: None, default_namespace="argocd")) == {"status": "Healthy"}


def test_several_revisions() -> None:
    """The revisions of several sources are told, whatever else their list holds."""
    found = application(status={"sync": {"status": "Synced", "revisions": [SHA, 7, "1.0"]}})
    output = health_status(assessed(found))
    assert output is not None
    assert output["output"][0]["applicationStatuses"][0]["sync"] == {"status": "Synced", "revisions": [SHA, "1.0"]}


def test_odd_documents() -> None:
    """An Application of an odd shape is told with what can be read of it."""
    for status in (7, {"operationState": 7, "conditions": 7}, {"operationState": {"operation": 7, "syncResult": []}}):
        output = health_status(assessed(read_application({"status": status})))
        assert output is not None
        assert output["output"][0]["applicationStatuses"][0]["Name"] == "app"

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
    """The output has the shape that Kargo's dashboard reads, without what ticks and without sources."""
    operation = {
        "info": [{"name": "kargo.akuity.io/promotion", "value": "p"}],
        "initiatedBy": {"username": "kargo-controller", "automated": True},
        "sync": {"source": {"helm": {"parameters": [{"name": "password", "value": "secret"}]}}},
    }
    state = {
        "operation": operation,
        "phase": "Succeeded",
        "message": "done",
        "startedAt": EARLIER,
        "finishedAt": EARLIER,
        "syncResult": {"revision": SHA, "source": {"helm": {"values": "secret"}}},
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
                                "initiatedBy": {"username": "kargo-controller"},
                                "info": [{"name": "kargo.akuity.io/promotion", "value": "p"}],
                            },
                            "phase": "Succeeded",
                            "message": "done",
                            "finishedAt": EARLIER,
                            "syncResult": {"revision": SHA},
                        },
                    }
                ]
            }
        ],
    }


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

"""One panel for every gate, whatever its kind."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given

from promoter_view.dashboard.strategies.gate_reports import GateReport, read_report, read_reports
from tests.support.views.strategies import JSON, Decoded, bundle, gate, policy


def said(report: GateReport) -> list[tuple[str, str, str, str]]:
    return [(each.label, each.phase.value, each.description, each.url) for each in report.checks.items]


ENVIRONMENTS: list[Any] = [
    {"branch": "dev", "phase": "success", "description": "It is\n well", "url": "https://ci.example.com/1"},
    {"branch": "prod", "phase": "failure", "description": "3 of 5", "url": "javascript:x"},
    {"branch": "qa", "phase": ""},
    "odd",
    {"branch": "uat", "phase": "pending", "reportedSha": "a" * 40},
]


@pytest.mark.parametrize("kind", ["GitCommitStatus", "DependentsSuccessfulCommitStatus", "ChatApprovalCommitStatus"])
def test_a_gate_of_any_kind(kind: str) -> None:
    """What all gates say alike is read, the worst first; an address that is no link is left out."""
    report = read_report(gate("it", kind, key="k", environments=ENVIRONMENTS))
    assert (report.kind, report.name, report.key) == (kind, "it", "k")
    assert said(report) == [
        ("prod", "failure", "3 of 5", ""),
        ("uat", "pending", "", ""),
        ("qa", "unknown", "", ""),
        ("dev", "success", "It is well", "https://ci.example.com/1"),
    ]
    assert report.words == "1 failed, 1 pending, 1 unknown, 1 passed"


def test_applications_where_environments_are_not_told() -> None:
    """Before 0.38 an ArgoCDCommitStatus tells of Applications: the worst of an environment counts."""
    found = gate("it", "ArgoCDCommitStatus")
    found["status"] = {
        "applicationsSelected": [
            {"name": "web", "environment": "dev", "phase": "success"},
            {"name": "api", "environment": "dev", "phase": "pending"},
            {"name": "web-prod", "environment": "prod", "phase": "success"},
        ]
    }
    assert [each[:3] for each in said(read_report(found))] == [
        ("dev", "pending", "Application api"),
        ("prod", "success", "Application web-prod"),
    ]


def test_gates_are_found_by_what_they_are() -> None:
    """A field is one of gates by the kind of what stands in it, known or not; commit statuses are no gates."""
    members: dict[str, Any] = {
        "pullRequests": [{"kind": "PullRequest"}],
        "commitStatuses": [gate("status", "CommitStatus")],
        "timedCommitStatuses": [gate("a", "TimedCommitStatus"), gate("b", "TimedCommitStatus")],
        "chatApprovals": [gate("c", "ChatApprovalCommitStatus")],
        "forecasts": [{"kind": "Forecast"}],
        "gitRepository": {"kind": "GitRepository"},
        "empty": [],
    }
    found = read_reports(Decoded(bundle(policy("dev"), **members)))
    assert [(report.kind, report.name) for report in found] == [
        ("TimedCommitStatus", "a"),
        ("TimedCommitStatus", "b"),
        ("ChatApprovalCommitStatus", "c"),
    ]


@given(JSON)
def test_any_status_is_read(status: Any) -> None:
    """Whatever stands in a gate's status, and in its place, nothing is raised."""
    assert read_report(gate("it") | {"status": status}).words is not None
    assert read_report({"status": {"environments": [status], "applicationsSelected": status}}).name == ""

"""What every gate of a strategy says of its environments, whatever its kind. Pure.

A gate is a member whose kind ends in ``CommitStatus``. Since GitOps Promoter 0.38 all of them say
``status.environments[]{branch, phase, description, url}``; before, an ArgoCDCommitStatus says it of Applications.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from promoter_view.dashboard.strategies.checks import Checks, Phase, ShownCheck, ordered, phase_of
from promoter_view.decoded import mapping, mappings, text
from promoter_view.urls import web_url
from promoter_view.views.contents import BundleContents, Contents

_ENDING = "CommitStatus"
_MOST_CHARACTERS = 1000
_SAID = {Phase.FAILURE: "failed", Phase.PENDING: "pending", Phase.UNKNOWN: "unknown", Phase.SUCCESS: "passed"}


@dataclass(frozen=True, slots=True)
class GateReport:
    """A gate, and a check for each environment that it tells of, the worst first: their keys are branches."""

    kind: str
    name: str
    key: str
    checks: Checks

    @property
    def words(self) -> str:
        """``1 failed, 2 passed``."""
        counts = Counter(check.phase for check in self.checks.items)
        return ", ".join(f"{counts[phase]} {_SAID[phase]}" for phase in Phase if counts[phase])


def read_reports(contents: Contents) -> tuple[GateReport, ...]:
    """What the gates of a strategy say, in the bundle's order."""
    fields = (field for field in contents.fields if _holds_gates(contents, field))
    return tuple(report for field in fields for report in contents.each(field, read_report))


def report_steps(contents: BundleContents) -> Iterator[None]:
    """Reads what ``read_reports`` will want, a member a step."""
    for field in contents.fields:
        if _holds_gates(contents, field):
            yield from contents.steps(field, read_report)
        yield


def read_report(gate: Mapping[str, Any]) -> GateReport:
    """What a gate says."""
    status = mapping(gate, "status")
    checks = Checks(ordered(_environments(status) or _applications(status)))
    return GateReport(text(gate, "kind"), text(gate, "metadata", "name"), text(gate, "spec", "key"), checks)


def read_kind(member: Mapping[str, Any]) -> str:
    """A member's kind."""
    return text(member, "kind")


def _holds_gates(contents: Contents, field: str) -> bool:
    """By what stands in it: a kind that was not known when this was written is shown as well."""
    kind = contents.one(field, read_kind)
    return kind.endswith(_ENDING) and kind != _ENDING


def _environments(status: Mapping[str, Any]) -> Sequence[ShownCheck]:
    return [
        _check(text(each, "branch"), text(each, "phase"), text(each, "description"), text(each, "url"))
        for each in mappings(status, "environments")
    ]


def _applications(status: Mapping[str, Any]) -> Iterator[ShownCheck]:
    """Of each environment the first of its Applications that is in the worst phase."""
    found = [
        _check(text(each, "environment"), text(each, "phase"), f"Application {text(each, 'name')}", "")
        for each in mappings(status, "applicationsSelected")
    ]
    worst: dict[str, ShownCheck] = {}
    for check in ordered(found):
        worst.setdefault(check.key, check)
    yield from worst.values()


def _check(branch: str, phase: str, description: str, url: str) -> ShownCheck:
    said = " ".join(description.split())[:_MOST_CHARACTERS]
    return ShownCheck(branch, branch, phase_of(phase), said, web_url(url))

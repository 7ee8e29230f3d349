"""The health of one Application for a Stage, and how verdicts are merged. Pure, and total.

The table is RULES: the first that applies decides. It is that of Kargo's argocd-update health checker, but for a
pending top-level operation, which always counts as one in flight, and for one that is being deleted, which is Unknown
as it will be once it is gone.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from promoter_view.decoded import mapping, text
from promoter_view.stages.application import (
    departure,
    error_conditions,
    finished_at,
    is_operation_pending,
    is_stale,
    revisions_of,
    sources_of,
)
from promoter_view.urls import public_url


class Health(enum.StrEnum):
    """A state of health. The members stand in order, the best first: of several the worst counts."""

    HEALTHY = "Healthy"
    NOT_APPLICABLE = "NotApplicable"
    PROGRESSING = "Progressing"
    UNKNOWN = "Unknown"
    UNHEALTHY = "Unhealthy"


_SEVERITY = {state: place for place, state in enumerate(Health)}


def worst(states: Iterable[Health]) -> Health:
    """The worst of them; Healthy where there are none."""
    return max(states, key=_SEVERITY.__getitem__, default=Health.HEALTHY)


@dataclass(frozen=True, slots=True)
class Unreadable:
    """An Application that may be there but cannot be looked at, and why."""

    reason: str


#: What is known of an Application: its document, None for not found, or that it cannot be looked at.
Found = Mapping[str, Any] | Unreadable | None


@dataclass(frozen=True, slots=True)
class WantedApplication:
    """What a health check wants of one Application: a revision for each source, "" where any will do; () for none."""

    namespace: str
    name: str
    revisions: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a rule says: the state, and in words why."""

    state: Health
    issues: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ApplicationHealth:
    """One Application checked. ``seen`` are the revisions it is at; ``document`` is what was looked at, if anything.

    ``is_stale``: Argo CD ought to be asked to look at it again (a hard refresh, where the Stage is authorized).
    """

    wanted: WantedApplication
    state: Health
    issues: tuple[str, ...] = ()
    seen: tuple[str, ...] = ()
    is_stale: bool = False
    document: Mapping[str, Any] | None = None


Rule = Callable[[Mapping[str, Any], WantedApplication], Verdict | None]

#: Argo CD's own word for the health of an Application; any other than these is Unhealthy.
ARGO_CD_HEALTH: Mapping[str, tuple[Health, str]] = {
    "Healthy": (Health.HEALTHY, ""),
    "Progressing": (Health.PROGRESSING, "is progressing"),
    "": (Health.PROGRESSING, "is progressing"),
    "Suspended": (Health.PROGRESSING, "is suspended"),
}


def check_application(wanted: WantedApplication, found: Found) -> ApplicationHealth:
    """The health of that Application as far as this check goes."""
    if found is None:
        issue = f"unable to find Application {wanted}"
        return ApplicationHealth(wanted, Health.UNKNOWN, (issue,))
    if isinstance(found, Unreadable):
        issue = f"error finding Application {wanted}: {found.reason}"
        return ApplicationHealth(wanted, Health.UNKNOWN, (issue,))
    verdict = next(verdict for rule in RULES if (verdict := rule(found, wanted)) is not None)
    seen = revisions_of(mapping(found, "status", "sync"))
    return ApplicationHealth(wanted, verdict.state, verdict.issues, seen, is_stale(found), found)


def _departing(application: Mapping[str, Any], wanted: WantedApplication) -> Verdict | None:
    going = departure(application)
    return Verdict(Health.UNKNOWN, (f"Application {wanted} {going}",)) if going else None


def _not_trusted(application: Mapping[str, Any], wanted: WantedApplication) -> Verdict | None:
    if not is_stale(application):
        return None
    ended = finished_at(application)
    issue = f"Application {wanted} was not reconciled after its operation ended at {ended}: its status is not trusted"
    return Verdict(Health.UNKNOWN, (issue,))


def _has_errors(application: Mapping[str, Any], wanted: WantedApplication) -> Verdict | None:
    errors = error_conditions(application)
    return Verdict(Health.UNHEALTHY, tuple(f"Application {wanted} has {error}" for error in errors)) if errors else None


def _in_operation(application: Mapping[str, Any], wanted: WantedApplication) -> Verdict | None:
    idle = bool(finished_at(application)) and not is_operation_pending(application)
    if idle or not any(wanted.revisions):
        return None
    return Verdict(Health.UNKNOWN, (f"Application {wanted} is being synced",))


def _miscounted(application: Mapping[str, Any], wanted: WantedApplication) -> Verdict | None:
    if not any(wanted.revisions):
        return None
    desired = len(wanted.revisions)
    counts = {
        "sources": len(sources_of(application)),
        "observed revisions": len(revisions_of(mapping(application, "status", "sync"))),
    }
    wrong = next((f"{count} {name}" for name, count in counts.items() if count != desired), "")
    issue = f"Application {wanted} has {wrong} but {desired} desired revisions"
    return Verdict(Health.UNKNOWN, (issue,)) if wrong else None


def _elsewhere(application: Mapping[str, Any], wanted: WantedApplication) -> Verdict | None:
    seen = revisions_of(mapping(application, "status", "sync"))
    urls = [public_url(text(source, "repoURL")) for source in sources_of(application)]
    places = zip(urls, wanted.revisions, seen, strict=False)
    parts = [
        f"source {index} with repoURL {url} is at {at or 'no revision'}, not at {revision}"
        for index, (url, revision, at) in enumerate(places)
        if revision and at != revision
    ]
    issue = f"Not all sources of Application {wanted} are synced to the desired revisions: {'; '.join(parts)}"
    return Verdict(Health.UNHEALTHY, (issue,)) if parts else None


def _argo_cd_health(application: Mapping[str, Any], wanted: WantedApplication) -> Verdict:
    word = text(application, "status", "health", "status")
    state, words = ARGO_CD_HEALTH.get(word, (Health.UNHEALTHY, f'has health state "{word}"'))
    message = text(application, "status", "health", "message")
    issue = f"Application {wanted} {words}" + (f": {message}" if message else "")
    return Verdict(state, (issue,) if words else ())


#: In this order; the last always has a verdict. Not found and not readable come before all of them.
RULES: tuple[Rule, ...] = (
    _departing,
    _not_trusted,
    _has_errors,
    _in_operation,
    _miscounted,
    _elsewhere,
    _argo_cd_health,
)

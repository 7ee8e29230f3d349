"""The health of one Application for a Stage, and how verdicts are merged. Pure, and total.

The table is RULES: the first that applies decides. It is that of Kargo's argocd-update health checker, but for a
pending top-level operation, which always counts as one in flight, for one that is being deleted, which is Unknown
as it will be once it is gone, and for one whose manifests are hydrated, of which a dry commit may be wanted.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from promoter_view.decoded import text
from promoter_view.stages.application import Application
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
class UnreadableAnnotation:
    """An Application that may be there but cannot be looked at, and why."""

    reason: str


#: What is known of an Application: None for not found, or that it cannot be looked at.
Found = Application | UnreadableAnnotation | None


@dataclass(frozen=True, slots=True)
class WantedApplication:
    """What a health check wants of one Application: a revision for each source, "" where any will do; () for none."""

    namespace: str
    name: str
    revisions: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"


@dataclass(frozen=True, slots=True)
class ApplicationVerdict:
    """What a rule says: the state, and in words why."""

    state: Health
    issues: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ApplicationHealth:
    """One Application checked. ``seen`` are the revisions it is at; ``found`` is what was looked at, if anything."""

    wanted: WantedApplication
    state: Health
    issues: tuple[str, ...] = ()
    seen: tuple[str, ...] = ()
    found: Application | None = None

    @property
    def is_stale(self) -> bool:
        """Whether Argo CD ought to be asked to look at it again (a hard refresh, where the Stage is authorized)."""
        return self.found is not None and self.found.is_stale


Rule = Callable[[Application, WantedApplication], ApplicationVerdict | None]

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
    if isinstance(found, UnreadableAnnotation):
        issue = f"error finding Application {wanted}: {found.reason}"
        return ApplicationHealth(wanted, Health.UNKNOWN, (issue,))
    verdict = next(verdict for rule in RULES if (verdict := rule(found, wanted)) is not None)
    return ApplicationHealth(wanted, verdict.state, verdict.issues, found.revisions, found)


def _departing(application: Application, wanted: WantedApplication) -> ApplicationVerdict | None:
    going = application.departure
    return ApplicationVerdict(Health.UNKNOWN, (f"Application {wanted} {going}",)) if going else None


def _not_trusted(application: Application, wanted: WantedApplication) -> ApplicationVerdict | None:
    if not application.is_stale:
        return None
    ended = application.finished_at
    issue = f"Application {wanted} was not reconciled after its operation ended at {ended}: its status is not trusted"
    return ApplicationVerdict(Health.UNKNOWN, (issue,))


def _has_errors(application: Application, wanted: WantedApplication) -> ApplicationVerdict | None:
    issues = tuple(f"Application {wanted} has {error}" for error in application.errors)
    return ApplicationVerdict(Health.UNHEALTHY, issues) if issues else None


def _not_hydrated(application: Application, wanted: WantedApplication) -> ApplicationVerdict | None:
    hydration = application.hydration
    if hydration is None or len(wanted.revisions) != len(application.sources) or not any(wanted.revisions):
        return None
    revision = wanted.revisions[0]
    if revision in application.revisions or not hydration.lacks(revision):
        return None
    state = Health.UNHEALTHY if hydration.has_failed(revision) else Health.PROGRESSING
    return ApplicationVerdict(state, (f"Application {wanted} {hydration.words(revision)}",))


def _in_operation(application: Application, wanted: WantedApplication) -> ApplicationVerdict | None:
    idle = bool(application.finished_at) and not application.is_pending
    if idle or not any(wanted.revisions):
        return None
    return ApplicationVerdict(Health.UNKNOWN, (f"Application {wanted} is being synced",))


def _miscounted(application: Application, wanted: WantedApplication) -> ApplicationVerdict | None:
    if not any(wanted.revisions):
        return None
    desired = len(wanted.revisions)
    counts = {"sources": len(application.sources), "observed revisions": len(application.revisions)}
    wrong = next((f"{count} {name}" for name, count in counts.items() if count != desired), "")
    issue = f"Application {wanted} has {wrong} but {desired} desired revisions"
    return ApplicationVerdict(Health.UNKNOWN, (issue,)) if wrong else None


def _elsewhere(application: Application, wanted: WantedApplication) -> ApplicationVerdict | None:
    urls = [public_url(text(source, "repoURL")) for source in application.sources]
    places = zip(urls, wanted.revisions, application.revisions, strict=False)
    parts = [
        f"source {index} with repoURL {url} is at {at or 'no revision'}, not at {_told_revision(application, revision)}"
        for index, (url, revision, at) in enumerate(places)
        if revision and at not in (revision, application.revision_for(revision))
    ]
    issue = f"Not all sources of Application {wanted} are synced to the desired revisions: {'; '.join(parts)}"
    return ApplicationVerdict(Health.UNHEALTHY, (issue,)) if parts else None


def _told_revision(application: Application, wanted: str) -> str:
    revision = application.revision_for(wanted)
    return wanted if revision == wanted else f"{revision}, hydrated from dry commit {wanted}"


def _argo_cd_health(application: Application, wanted: WantedApplication) -> ApplicationVerdict:
    bad = (Health.UNHEALTHY, f'has health state "{application.health}"')
    state, words = ARGO_CD_HEALTH.get(application.health, bad)
    issue = f"Application {wanted} {words}" + (f": {application.health_message}" if application.health_message else "")
    return ApplicationVerdict(state, (issue,) if words else ())


#: In this order; the last always has a verdict. Not found and not readable come before all of them.
RULES: tuple[Rule, ...] = (
    _departing,
    _not_trusted,
    _has_errors,
    _not_hydrated,
    _in_operation,
    _miscounted,
    _elsewhere,
    _argo_cd_health,
)

"""The health checks that promotions register, and their verdicts. Pure, and total.

A check is ``{"uses": ..., "config": ...}`` as it stands in Promotion.status.healthChecks. One that cannot be read, or
that nobody here can do, is Unknown and says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from promoter_view.decoded import mapping, text
from promoter_view.stages.health import ApplicationHealth, Found, Health, WantedApplication, check_application, worst

#: The step that registers checks of Applications; the only kind of check there is.
ARGO_CD_UPDATE = "argocd-update"

#: Gives what is known of the Application of that namespace and name.
Lookup = Callable[[str, str], Found]
#: Gives the verdict on one Application; whoever keeps verdicts gives one of those.
Judge = Callable[[WantedApplication], ApplicationHealth]


@dataclass(frozen=True, slots=True)
class CheckHealth:
    """The verdict of one check: its Applications in its order. ``issues`` holds theirs, or why it could not be done."""

    uses: str
    state: Health
    issues: tuple[str, ...] = ()
    applications: tuple[ApplicationHealth, ...] = ()


def run_checks(checks: Iterable[Any], lookup: Lookup, *, default_namespace: str) -> tuple[CheckHealth, ...]:
    """Does each check of a healthChecks list, in order. ``default_namespace`` is where Argo CD lives."""
    return judge_checks(checks, judging(lookup), default_namespace=default_namespace)


def judging(lookup: Lookup) -> Judge:
    """Looks each Application up, and checks it."""
    return lambda wanted: check_application(wanted, lookup(wanted.namespace, wanted.name))


def judge_checks(checks: Iterable[Any], judge: Judge, *, default_namespace: str) -> tuple[CheckHealth, ...]:
    """The same as ``run_checks``, by verdicts that are given."""
    return tuple(_run(check, judge, default_namespace) for check in checks)


def _run(check: Any, judge: Judge, default_namespace: str) -> CheckHealth:
    uses = text(check, "uses")
    if uses != ARGO_CD_UPDATE:
        return CheckHealth(uses, Health.UNKNOWN, (f'no health checker registered for "{uses}"',))
    wanted = read_wanted(mapping(check).get("config"), default_namespace=default_namespace)
    if isinstance(wanted, str):
        return CheckHealth(uses, Health.UNKNOWN, (f"could not convert the config of health check {uses}: {wanted}",))
    applications = tuple(judge(one) for one in wanted)
    issues = tuple(issue for one in applications for issue in one.issues)
    return CheckHealth(uses, worst(one.state for one in applications), issues, applications)


def read_wanted(config: Any, *, default_namespace: str) -> tuple[WantedApplication, ...] | str:
    """The Applications that an argocd-update check names, or what is wrong with its config."""
    if config is not None and not isinstance(config, Mapping):
        return "it has to be an object"
    apps = mapping(config).get("apps")
    if apps is None:
        return ()
    if not isinstance(apps, list):
        return "apps has to be a list"
    found = [_wanted(index, app, default_namespace) for index, app in enumerate(apps)]
    wanted = tuple(one for one in found if isinstance(one, WantedApplication))
    problem = next((one for one in found if isinstance(one, str)), "")
    return problem or wanted


def _wanted(index: int, app: Any, default_namespace: str) -> WantedApplication | str:
    name, namespace = (mapping(app).get(key) or "" for key in ("name", "namespace"))
    if not isinstance(name, str) or not isinstance(namespace, str) or not name:
        return f"apps[{index}] has to be an object with a name and perhaps a namespace"
    revisions = _revisions(mapping(app).get("desiredRevisions"))
    if revisions is None:
        return f"apps[{index}].desiredRevisions has to be a list of strings"
    return WantedApplication(namespace or default_namespace, name, revisions)


def _revisions(found: Any) -> tuple[str, ...] | None:
    found = [] if found is None else found
    if not isinstance(found, list) or not all(isinstance(revision, str) for revision in found):
        return None
    return tuple(found)


def check_config(applications: Sequence[WantedApplication]) -> dict[str, Any]:
    """The check that argocd-update registers for those Applications: what ``run_checks`` reads again."""
    return {"uses": ARGO_CD_UPDATE, "config": {"apps": [_entry(one) for one in applications]}}


def _entry(wanted: WantedApplication) -> dict[str, Any]:
    entry: dict[str, Any] = {"name": wanted.name, "namespace": wanted.namespace}
    return {**entry, "desiredRevisions": list(wanted.revisions)} if wanted.revisions else entry

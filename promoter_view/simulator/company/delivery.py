"""Kargo and Argo CD at work in the demo: Freight is found and promoted, Applications come up, fall ill and get well.

The moves are ``delivery_model``'s, the objects ``delivery_rendering``'s; here is only who moves when, and what is
written.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

from twisted.internet.interfaces import IReactorTime

from promoter_view.decoded import rfc3339
from promoter_view.kubernetes.kinds import APPLICATION, KARGO_KINDS
from promoter_view.periodic import Periodic
from promoter_view.simulator.company import delivery_model as model
from promoter_view.simulator.company.delivery_model import Project, SimulatedApplication, SimulatedStage
from promoter_view.simulator.company.delivery_rendering import ARGOCD, render_project
from promoter_view.simulator.kubernetes.cluster import ObjectStore

_KINDS = {kind.kind: kind for kind in KARGO_KINDS}
_PROJECTS = (
    ("storefront-delivery", ("test", "uat", "production"), ("web", "cart")),
    ("payments-delivery", ("test", "eu-production"), ("gateway", "settlement", "ledger")),
)
_PAST_MOVES = 120
_PAST_STEP_SECONDS = 40.0
#: How often a move finds new Freight, an Application falls ill, one that comes up does not, and a Promotion fails.
_FREIGHT_ODDS = 0.08
_ILL_ODDS = 0.02
_STILLBORN_ODDS = 0.15
_FAILURE_ODDS = 0.12
#: How long Freight has to stay before the last Stage of a project takes it.
_SOAK_SECONDS = 60.0


def make_projects(random: random.Random, now: float) -> list[Project]:
    """The demo's projects, each with a past that ends now."""
    return [_project(name, stages, apps, random, now) for name, stages, apps in _PROJECTS]


def _project(name: str, stages: Sequence[str], apps: Sequence[str], random: random.Random, now: float) -> Project:
    began = now - _PAST_MOVES * _PAST_STEP_SECONDS
    first = model.new_freight(random, began)
    short = name.removesuffix("-delivery")
    made = tuple(
        SimulatedStage(
            stage,
            upstream,
            tuple(
                SimulatedApplication(f"{short}-{app}-{stage}", first.commit, health_since=began, synced=began)
                for app in apps
            ),
            (first,),
            soak_seconds=_SOAK_SECONDS if stage == stages[-1] else 0.0,
        )
        for stage, upstream in zip(stages, ("", *stages), strict=False)
    )
    project = Project(name, made, (first,))
    for step in range(_PAST_MOVES):
        project = move(project, random, began + step * _PAST_STEP_SECONDS)
    return project


def move(project: Project, random: random.Random, now: float) -> Project:
    """What happens next in a project; sometimes nothing does."""
    if random.random() < _FREIGHT_ODDS:
        return model.found_freight(project, model.new_freight(random, now))
    stage = random.choice(project.stages)
    return project.with_stage(_moved(project, stage, random, now))


def _moved(project: Project, stage: SimulatedStage, random: random.Random, now: float) -> SimulatedStage:
    promotion = stage.under_way
    if promotion is not None:
        return _promoted(stage, promotion, random, now)
    for index, application in enumerate(stage.applications):
        if application.health != "Healthy":
            return model.turned(stage, index, _next_health(application.health, random), now)
    available = project.available(stage, now)
    if available is not None:
        return model.begun(stage, available, now)
    if random.random() < _ILL_ODDS:
        return model.turned(stage, random.randrange(len(stage.applications)), "Degraded", now)
    return stage


def _promoted(
    stage: SimulatedStage, promotion: model.SimulatedPromotion, random: random.Random, now: float
) -> SimulatedStage:
    if promotion.phase == "Pending":
        return model.running(stage, promotion, now)
    if random.random() < _FAILURE_ODDS:
        return model.failed(stage, promotion, now, random)
    return model.succeeded(stage, promotion, now)


def _next_health(health: str, random: random.Random) -> str:
    if health == "Degraded":
        return "Progressing"
    return "Degraded" if random.random() < _STILLBORN_ODDS else "Healthy"


class DeliveryCompany(Periodic):
    """Moves the projects of a cluster. ``interval_seconds`` is the mean time between two moves.

    ``clock`` is the reactor, or a ``task.Clock``.
    """

    def __init__(
        self, cluster: ObjectStore, *, clock: IReactorTime, random: random.Random, interval_seconds: float = 2.0
    ) -> None:
        super().__init__(clock, lambda: interval_seconds * random.uniform(0.5, 1.5), self.step)
        self._cluster = cluster
        self._random = random
        self._projects = make_projects(random, clock.seconds())
        self._written: dict[str, set[tuple[str, str]]] = {}

    @property
    def projects(self) -> tuple[Project, ...]:
        """The projects as they are now."""
        return tuple(self._projects)

    def start(self) -> None:
        """Writes all objects, and goes on from there."""
        self._cluster.add_namespaces(ARGOCD, *(project.name for project in self._projects))
        for project in self._projects:
            self._write(project)
        super().start()

    def step(self) -> None:
        """One move; and an Application is reconciled, in which nothing changes."""
        index = self._random.randrange(len(self._projects))
        project = move(self._projects[index], self._random, self._clock.seconds())
        if project != self._projects[index]:
            self._projects[index] = project
            self._write(project)
        self._reconcile(self._random.choice(project.stages))

    def _reconcile(self, stage: SimulatedStage) -> None:
        """As Argo CD does all the time: it writes down that it has looked."""
        name = self._random.choice(stage.applications).name
        status = {"reconciledAt": rfc3339(self._clock.seconds())}
        self._cluster.patch(APPLICATION, ARGOCD, name, {"status": status})

    def _write(self, project: Project) -> None:
        """Writes its objects, and deletes Freight and Promotions that it no longer has."""
        rendered = list(render_project(project))
        present = {(each["kind"], each["metadata"]["name"]) for each in rendered if each["kind"] in _KINDS}
        for kind, name in sorted(self._written.get(project.name, set()) - present):
            self._cluster.delete(_KINDS[kind], project.name, name)
        for document in rendered:
            self._cluster.apply(document)
        self._written[project.name] = present

"""Many Stages, each with Applications that Argo CD reconciles all the time: for benchmarks and tests."""

from __future__ import annotations

import random
from collections.abc import Iterator

from twisted.internet.interfaces import IReactorTime

from promoter_view.decoded import rfc3339
from promoter_view.kubernetes.kinds import APPLICATION
from promoter_view.periodic import Periodic
from promoter_view.simulator.company import delivery_model as model
from promoter_view.simulator.company.delivery_model import Project, SimulatedApplication, SimulatedStage
from promoter_view.simulator.company.delivery_rendering import ARGOCD, render_project
from promoter_view.simulator.company.manifests import Document
from promoter_view.simulator.kubernetes.cluster import ObjectStore

#: Applications are reconciled in batches this often, seconds.
_TURN_SECONDS = 0.05
_STAGES_A_PROJECT = 10
#: Resources of an Application: they make up most of its size, about 8 KB.
_RESOURCES = 24


def load_stages(cluster: ObjectStore, count: int, applications: int, random: random.Random, now: float) -> None:
    """So many Stages, ten a project, with so many healthy Applications each, all promoted to once."""
    projects = -(-count // _STAGES_A_PROJECT)
    cluster.add_namespaces(ARGOCD, *(f"project-{number:03d}" for number in range(projects)))
    for number in range(projects):
        stages = min(_STAGES_A_PROJECT, count - number * _STAGES_A_PROJECT)
        for document in render_project(_project(number, stages, applications, random, now)):
            cluster.apply(_grown(document) if document["kind"] == APPLICATION.kind else document)


def _project(number: int, stages: int, applications: int, random: random.Random, now: float) -> Project:
    freight = model.new_freight(random, now)
    return Project(f"project-{number:03d}", tuple(_stages(number, stages, applications, freight, now)), (freight,))


def _stages(
    project: int, count: int, applications: int, freight: model.SimulatedFreight, now: float
) -> Iterator[SimulatedStage]:
    for number in range(count):
        name = f"stage-{number}"
        apps = tuple(
            SimulatedApplication(f"app-{project:03d}-{number}-{place}", freight.commit, synced=now)
            for place in range(applications)
        )
        promotion = model.SimulatedPromotion(1, freight, now, "Succeeded", now, now)
        yield SimulatedStage(name, "", apps, (freight,), (promotion,))


def _grown(application: Document) -> Document:
    """With what Argo CD writes of an Application's resources, which nobody here needs."""
    resources = [
        {
            "group": "apps",
            "version": "v1",
            "kind": "Deployment",
            "namespace": "somewhere",
            "name": f"{application['metadata']['name']}-component-{number:02d}",
            "status": "Synced",
            "health": {"status": "Healthy", "lastTransitionTime": "2026-11-20T10:00:00Z"},
            "requiresDeletionConfirmation": False,
        }
        for number in range(_RESOURCES)
    ]
    return application | {"status": application["status"] | {"resources": resources}}


class Reconciliations(Periodic):
    """Has Argo CD look at each Application every ``period_seconds``, and write down no more than that it has."""

    def __init__(self, cluster: ObjectStore, *, clock: IReactorTime, period_seconds: float) -> None:
        super().__init__(clock, lambda: _TURN_SECONDS, self._catch_up)
        self._cluster = cluster
        self._period_seconds = period_seconds
        self._began = 0.0
        self._made = 0

    def start(self) -> None:
        """Begins; where it falls behind it catches up, so that the rate holds on average."""
        self._began, self._made = self._clock.seconds(), 0
        super().start()

    def _catch_up(self) -> None:
        table = self._cluster.table(APPLICATION.group, APPLICATION.plural)
        found = [] if table is None else list(table.objects.values())
        due = int((self._clock.seconds() - self._began) * len(found) / self._period_seconds)
        status = {"reconciledAt": rfc3339(self._clock.seconds())}
        for number in range(self._made, due):
            one = found[number % len(found)]
            self._cluster.patch(APPLICATION, one.namespace, one.name, {"status": status})
        self._made = due

"""A simulated company behind a projector: what pages and streams are tried on, without a socket."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import orjson
from twisted.internet.task import Clock

from promoter_view.dashboard.assembly import make_parts
from promoter_view.dashboard.assets import Assets
from promoter_view.dashboard.page_input import PageInput
from promoter_view.kubernetes.cleaning import CleaningRules, source_object
from promoter_view.kubernetes.kinds import PROMOTER_KINDS
from promoter_view.metrics import Metrics
from promoter_view.records import Bundle, BundleChange, ObjectKey
from promoter_view.simulator.company.model import Strategy
from promoter_view.simulator.company.releases import RELEASES
from promoter_view.simulator.company.scenario import Scenario
from promoter_view.simulator.kubernetes.cluster import ObjectStore
from promoter_view.views.isolation import Isolation
from tests.support.views.world import VIEW, World, delete, put

#: 2026-11-21T09:00:00Z
BEGAN = 1795251600.0


class Company:
    """Strategies that move when told to, and the pages that show them. ``seed`` makes each run the same.

    ``alter`` changes objects as they are read from the cluster; ``promoter`` is the release that works there.
    """

    def __init__(
        self,
        *,
        seed: int = 7,
        strategies: list[Strategy] | None = None,
        root_path: str = "/",
        promoter: str = "0.36",
        alter: Callable[[Any], Any] = lambda document: document,
    ) -> None:
        self._alter = alter
        self.promoter = promoter
        self.clock = Clock()
        self.clock.rightNow = BEGAN
        chance = random.Random(seed)
        self.cluster = ObjectStore(clock=self.clock, random=chance)
        self.scenario = Scenario(
            self.cluster, clock=self.clock, random=chance, release=RELEASES[promoter], strategies=strategies
        )
        self.world = World(history_bytes=1 << 26)
        self.world.offset = int(BEGAN * 10_000)
        self._known: dict[ObjectKey, bytes] = {}
        self.scenario.start()
        self.reflect()
        self.metrics = Metrics()
        self.isolation = Isolation(self.metrics)
        parts = make_parts(self.isolation, Assets(), root_path=root_path)
        self.subjects, self.activity, self.pages, self.fragments = parts[:4]
        self.activity.restart(self.world.projector.head)
        self._read = self.world.projector.head

    @property
    def now(self) -> datetime:
        """The time of the simulation."""
        return datetime.fromtimestamp(self.clock.seconds(), UTC)

    @property
    def bundles(self) -> list[Bundle]:
        """All of them."""
        return list(self.world.projector.list(VIEW))

    def go_on(self, seconds: int) -> list[BundleChange]:
        """Lets the company work for some seconds; returns the changes."""
        for _ in range(seconds):
            self.clock.advance(1)
            self.world.offset = int((self.clock.seconds() - 0.5) * 10_000)
            self.reflect()
        changes = self.world.changes(self._read)
        self._read = self.world.projector.head
        for _ in self.activity.steps(changes):
            pass
        return changes

    def reflect(self) -> None:
        """Takes over what differs in the cluster, cleaned as reflectors clean it."""
        found: dict[ObjectKey, bytes] = {}
        for kind in PROMOTER_KINDS:
            for document in self.cluster.objects(kind):
                key, source = source_object(self._alter(document), CleaningRules(kind))
                found[key] = source.body
        for key, body in found.items():
            if self._known.get(key) != body:
                self.world.feed(put(key, body))
        for key in self._known.keys() - found.keys():
            self.world.feed(delete(key))
        self._known = found

    def view(self, *, bundles: Sequence[Bundle] | None = None, **changed: Any) -> PageInput:
        """What somebody sees who may see everything; else ``bundles``."""
        found = {VIEW: self.bundles if bundles is None else bundles}
        values: dict[str, Any] = {"bundles": found, "head": self.world.projector.head, "now": self.now}
        return PageInput(**{**values, **changed})

    def page(self, path: str, query: dict[str, str] | None = None, **changed: Any) -> str:
        """The HTML of a page."""
        page = self.pages.render(path, query or {}, self.view(**changed))
        assert page is not None
        return page.body.decode()

    def bundle(self, namespace: str, name: str) -> dict[str, Any]:
        """One bundle, decoded."""
        found = next(each for each in self.bundles if (each.key.namespace, each.key.name) == (namespace, name))
        return orjson.loads(found.encode())

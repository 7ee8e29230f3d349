"""What a change costs does not grow with what did not change, and no step with the strategy: work is counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import orjson
import pytest

from promoter_view.dashboard.following import ActivityFollower
from promoter_view.dashboard.streams.topics import TopicForm
from promoter_view.records import BundleChange, ObjectKey
from promoter_view.simulator.company.fleet import FleetPlan, make_fleet
from promoter_view.slices import SLICE_SECONDS, cooperator
from promoter_view.views import contents
from promoter_view.views.promotion_strategy.columns import COLUMNS, cells
from tests.support.dashboard.company import BEGAN, Company
from tests.support.views.world import VIEW, put

ENVIRONMENTS = 120
EVERYTHING = TopicForm.ROW | TopicForm.DETAIL | TopicForm.ENTRIES


class Work:
    """Counts what is decoded and rendered. ``tick`` is called for each."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, company: Company) -> None:
        self.counts: Counter[str] = Counter()
        self.tick: Callable[[], object] = lambda: None
        monkeypatch.setattr(contents, "orjson", SimpleNamespace(loads=self._counted("decoded", orjson.loads)))
        showing = company.subjects[VIEW]._page
        for name in ("_column", "_cell"):
            monkeypatch.setattr(showing, name, self._counted(name, getattr(showing, name)))

    def _counted(self, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*values: Any) -> Any:
            self.counts[name] += 1
            self.tick()
            return call(*values)

        return counted


@pytest.fixture(scope="module")
def fleet() -> list[Any]:
    return make_fleet(FleetPlan(1, 1, ENVIRONMENTS), BEGAN)


@pytest.fixture
def company(fleet: list[Any]) -> Company:
    return Company(strategies=fleet)


def change(company: Company, which: int) -> BundleChange:
    """One environment's check turns."""
    policies = [key for key in company._known if key.kind == "ChangeTransferPolicy"]
    key: ObjectKey = sorted(policies)[which]
    document = orjson.loads(company._known[key])
    document["status"]["active"]["commitStatuses"][0]["phase"] = "failure"
    head = company.world.projector.head
    company.world.feed(put(key, orjson.dumps(document)))
    (found,) = company.world.changes(head)
    return found


def shown(company: Company, found: BundleChange) -> int:
    """What is said of a change on all pages, in how many steps."""
    steps = sum(1 for _ in company.fragments.steps(found, EVERYTHING, company.now))
    assert company.fragments.changed(found, EVERYTHING, company.now)
    return steps


def test_a_change_of_one_environment_reads_and_renders_one(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of its new policy what row, activity and page want is read; its column and its cells are rendered.

    So is the column of the next environment where that waits for this one: it says why.
    """
    work = Work(monkeypatch, company)
    shown(company, change(company, 0))
    assert work.counts["_column"] >= ENVIRONMENTS
    lines = work.counts["_cell"] // ENVIRONMENTS
    work.counts.clear()
    shown(company, change(company, 50))
    assert work.counts["_column"] <= 2
    assert work.counts["_cell"] <= lines
    assert work.counts["decoded"] <= 3


def test_a_change_of_one_environment_makes_a_row_of_a_table_from_one(company: Company) -> None:
    """What kubectl shows is made of the members that have changed and of what was read of the others."""
    readings, decoded = contents.Readings(), []
    first, second = change(company, 0), change(company, 1)
    for found in (first, second):
        assert found.after is not None
        with pytest.MonkeyPatch.context() as patch:
            counted = SimpleNamespace(loads=lambda body: decoded.append(body) or orjson.loads(body))
            patch.setattr(contents, "orjson", counted)
            assert len([cell() for cell in cells(contents.BundleContents(found.after, readings))]) == len(COLUMNS)
        if found is first:
            decoded.clear()
    assert len(decoded) == 1


def test_no_step_is_larger_for_a_larger_strategy(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    """A first look at a strategy is taken in steps, of which each reads or renders a member or two."""
    work = Work(monkeypatch, company)
    found = change(company, 0)
    largest, before = Counter[str](), Counter[str]()
    for _ in company.fragments.steps(found, EVERYTHING, company.now):
        for name, count in (work.counts - before).items():
            largest[name] = max(largest[name], count)
        before = work.counts.copy()
    lines = work.counts["_cell"] // ENVIRONMENTS
    assert largest["decoded"] <= 4
    assert largest["_column"] <= 1
    assert largest["_cell"] <= lines
    work.counts.clear()
    company.fragments.changed(found, EVERYTHING, company.now)
    assert not work.counts


class Turns:
    """A reactor that is turned by hand; its time is that of the work alone."""

    def __init__(self) -> None:
        self.now = 0.0
        self._calls: list[Callable[[], object]] = []

    def seconds(self) -> float:
        return self.now

    def callLater(self, _: float, call: Callable[[], object]) -> None:
        self._calls.append(call)

    def __iter__(self) -> Iterator[float]:
        """How long each turn takes, until there is nothing to do."""
        while self._calls:
            began, calls, self._calls = self.now, self._calls, []
            for call in calls:
                call()
            yield self.now - began


def test_the_activity_holds_the_reactor_for_a_slice(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    """However large the bundles of the changes that it reads are: a turn ends by the clock."""
    for which in range(3):
        change(company, which)
    work, reactor, cost = Work(monkeypatch, company), Turns(), SLICE_SECONDS / 2

    def tick() -> None:
        reactor.now += cost

    work.tick = tick
    views: Any = company.world.projector
    cooperating = cooperator(reactor)  # type: ignore[arg-type]
    ActivityFollower(views, [VIEW], company.activity, cooperator=cooperating).start()
    turns = list(reactor)
    assert len(turns) > ENVIRONMENTS / 3
    assert max(turns) <= SLICE_SECONDS + 4 * cost

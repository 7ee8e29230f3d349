"""What a change costs does not grow with what did not change, and no step with the strategy: work is counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any
from unittest.mock import Mock

import orjson
import pytest

from promoter_view.api.format.layouts import COMPACT
from promoter_view.api.format.rendering import Rendering, list_reader, single_steps
from promoter_view.api.format.tables import Cells, IncludeObject, TableForm
from promoter_view.api.format.watch_lines import WatchLines
from promoter_view.dashboard.following import ActivityFollower
from promoter_view.dashboard.streams.topics import TopicForm
from promoter_view.reading.pages import ListMeta
from promoter_view.reading.wire import Frames
from promoter_view.records import BundleChange, ChangeType, ObjectKey
from promoter_view.simulator.company.fleet import FleetPlan, make_fleet
from promoter_view.slices import SLICE_SECONDS, cooperator
from promoter_view.views import contents
from promoter_view.views.promotion_strategy.columns import COLUMNS, cells
from promoter_view.views.promotion_strategy.details import PROMOTION_STRATEGY_DETAILS
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
    # The policy for the status, row and activity, and page; the status, its environment, and the next one.
    assert work.counts["decoded"] <= 7


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
    # The policy, the status, and its environment.
    assert len(decoded) == 3


def with_an_absent_gate(document: Any) -> Any:
    """A strategy whose order gate is not in its bundle, so that all policies are asked for its key."""
    if document["kind"] == "PromotionStrategy":
        document["spec"]["orderCommitStatusRef"] = {"name": "elsewhere"}
    return document


def rendering_of(company: Company) -> Rendering:
    cells = Cells(PROMOTION_STRATEGY_DETAILS, company.isolation)
    form = TableForm(PROMOTION_STRATEGY_DETAILS, IncludeObject.METADATA, cells=cells, now=lambda: company.now)
    return Rendering(form, COMPACT, gzip=False, as_they_are=False)


@pytest.mark.parametrize("alter", [lambda document: document, with_an_absent_gate], ids=["plain", "absent gate"])
def test_the_first_row_of_a_table_is_made_in_steps(
    fleet: list[Any], monkeypatch: pytest.MonkeyPatch, alter: Callable[[Any], Any]
) -> None:
    """A get, a list and a watch read a member or two a step; what they give is what is given at once."""
    company = Company(strategies=fleet, alter=alter)
    found = change(company, 0)
    bundle = found.after
    assert bundle is not None
    whole = rendering_of(company).form.single(bundle)
    work = Work(monkeypatch, company)

    def tell_apart(pieces: Iterator[Any]) -> list[Any]:
        """The pieces, of which none took much to make."""
        made = []
        work.counts.clear()
        for piece in pieces:
            made.append(piece)
            assert work.counts["decoded"] <= 4
            work.counts.clear()
        assert len(made) >= ENVIRONMENTS
        return made

    assert b"".join(tell_apart(single_steps(rendering_of(company), bundle))) == whole + b"\n"
    meta, wire = ListMeta(bundle.resource_version), Frames().wire(gzip=False)
    reader = list_reader(meta, [bundle], rendering_of(company), wire, lambda: lambda: True)
    listed = b"".join(tell_apart(iter(lambda: None if reader.finished else reader.pull(1 << 20), None)))
    assert orjson.loads(listed)["rows"] == orjson.loads(whole)["rows"]
    for steps in (
        lambda lines: lines.present_steps(bundle),
        lambda lines: lines.steps(ChangeType.MODIFIED, bundle, found),
    ):
        wire = Frames().wire(gzip=False)
        lines = WatchLines(
            rendering_of(company).form, wire, Mock(), bookmarks=False, initial_end=False, as_they_are=False
        )
        assert lines.in_steps
        tell_apart(steps(lines))
        assert lines.changed(ChangeType.MODIFIED, bundle, found)
        assert not work.counts["decoded"]
        assert not list(lines.steps(ChangeType.MODIFIED, bundle, found))


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

"""Whatever is in a cluster's objects: every page is whole, and every other bundle is on it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from types import ModuleType
from typing import Any
from unittest import mock

import orjson
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from promoter_view.api.format.forms import ListMeta
from promoter_view.api.format.tables import Cells, IncludeObject, TableForm
from promoter_view.dashboard.activity import Activity
from promoter_view.dashboard.stages import rows as stage_rows
from promoter_view.dashboard.stages import subject as stages
from promoter_view.dashboard.strategies import detail_page, history
from promoter_view.dashboard.strategies import subject as strategies
from promoter_view.dashboard.streams.topics import TopicForm
from promoter_view.metrics import Metrics
from promoter_view.records import Bundle, BundleChange
from promoter_view.views.contents import Contents
from promoter_view.views.definition import ViewDefinition
from promoter_view.views.isolation import Isolation
from promoter_view.views.promotion_strategy import columns
from promoter_view.views.promotion_strategy.details import PROMOTION_STRATEGY_DETAILS
from tests.dashboard.spoiling import ODD, bundle_of, spoilt, times_made
from tests.dashboard.test_stages import NOW, Shop
from tests.support.dashboard.company import Company

FORMS = TopicForm.ROW | TopicForm.DETAIL | TopicForm.ENTRIES
FUZZ = settings(
    max_examples=40,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),  # what is made smaller takes minutes
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@pytest.fixture(scope="module")
def company() -> Company:
    """A company with a past."""
    found = Company(seed=5)
    found.go_on(40)
    return found


@pytest.fixture(scope="module")
def company_of_today() -> Company:
    """The same with GitOps Promoter 0.44."""
    found = Company(seed=5, promoter="0.44")
    found.go_on(40)
    return found


@pytest.fixture(scope="module")
def shop() -> Shop:
    """A Stage with all there can be."""
    return Shop()


def unrendered(metrics: Metrics) -> dict[str, float]:
    """How often which part could not be shown."""
    samples = next(iter(metrics.unrendered.collect())).samples
    return {sample.labels["part"]: sample.value for sample in samples if sample.name.endswith("_total")}


def pages_of(company: Company, bundles: list[Bundle], odd: Bundle) -> Iterator[str]:
    _, namespace, name = odd.key
    one = f"strategies/{namespace}/{name}"
    cell = {"commit": "a" * 40, "env": "environment/development"}
    for path, query in (("", {}), (one, {}), (one, cell), (f"{one}/manifest", {}), ("activity", {})):
        yield company.page(path, query, bundles=bundles)


def _change(before: Bundle, after: Bundle) -> BundleChange:
    return BundleChange(after.resource_version, before, after, 0)


@pytest.mark.parametrize(
    ("release", "name"), [("0.36", "billing-export"), ("0.44", "payments-api"), ("0.44", "catalogue")]
)
@FUZZ
@given(data=st.data())
def test_strategies(company: Company, company_of_today: Company, release: str, name: str, data: st.DataObject) -> None:
    """Anything in any member of a strategy: pages, frames and tables are whole, and nothing had to be left out.

    Of the newer release one has a restore, the other is a graph; both have histories and the gate of their order.
    """
    company = company if release == "0.36" else company_of_today
    (first,) = (each for each in company.bundles if each.key.name == name)
    others = [each for each in company.bundles if each is not first]
    odd = bundle_of(spoilt(orjson.loads(first.encode()), data.draw), first)
    before = unrendered(company.metrics)
    for html in pages_of(company, [odd, *others], odd):
        assert html.endswith("</html>")
    rows = company.page("", bundles=[odd, *others]).count('<li class="row')
    assert rows == len(others) + 1
    for change in (_change(first, odd), _change(odd, first)):
        assert orjson.loads(company.fragments.changed(change, FORMS, company.now))["detail"]
    form = TableForm(
        PROMOTION_STRATEGY_DETAILS,
        IncludeObject.METADATA,
        cells=Cells(PROMOTION_STRATEGY_DETAILS, Isolation(company.metrics)),
        now=lambda: company.now,
    )
    assert form.empty_list(ListMeta(1))
    assert len(orjson.loads(form.item(odd))["cells"]) == len(PROMOTION_STRATEGY_DETAILS.columns)
    activity = Activity(company.subjects, company.isolation)
    list(activity.steps([_change(first, odd), _change(odd, first)]))
    assert unrendered(company.metrics) == before


@FUZZ
@given(data=st.data())
def test_stages(shop: Shop, data: Any) -> None:
    """The same for a Stage."""
    (bundle,) = shop.bundles
    odd = bundle_of(spoilt(shop.document, data.draw), bundle)
    for path in ("stages", "stages/shop/test", "activity"):
        assert shop.page(path, stages=(odd,)).endswith("</html>")
    assert unrendered(shop.metrics) == {}
    assert orjson.loads(shop.fragments.present(odd, FORMS, NOW))["detail"]


@pytest.mark.parametrize("stamp", [each for each in ODD if each[:4].isdecimal()])
def test_odd_times(company: Company, shop: Shop, stamp: str) -> None:
    """Every time of every object far in the past or the future, beyond what there is, or none at all."""
    first, *others = company.bundles
    odd = bundle_of(times_made(orjson.loads(first.encode()), stamp), first)
    for html in pages_of(company, [odd, *others], odd):
        assert html.endswith("</html>")
    (bundle,) = shop.bundles
    assert shop.page("stages/shop/test", stages=(bundle_of(times_made(shop.document, stamp), bundle),)).endswith(
        "</html>"
    )
    assert unrendered(company.metrics) == {}


class DefectTests(SynchronousTestCase):
    """A defect of ours that one bundle meets: everything else is there."""

    def setUp(self) -> None:
        """A company and its first strategy."""
        self.company = Company(seed=5)
        self.company.go_on(20)
        self.bundles = self.company.bundles
        _, namespace, name = self.bundles[0].key
        self.path = f"strategies/{namespace}/{name}"

    def tearDown(self) -> None:
        """Each defect was logged."""
        self.assertTrue(self.flushLoggedErrors(ZeroDivisionError))

    def broken(self, module: ModuleType, name: str) -> Any:
        """Makes a function fail for the first strategy."""
        real, wanted = getattr(module, name), self.bundles[0].key.name

        def fails(contents: Contents, *given: Any) -> Any:
            if contents.name == wanted:
                raise ZeroDivisionError
            return real(contents, *given)

        return mock.patch.object(module, name, fails)

    def test_row(self) -> None:
        """The fleet has all rows, one of which says that it cannot be shown; a frame of it too."""
        with self.broken(strategies, "read_row"):
            html = self.company.page("")
            frame = orjson.loads(self.company.fragments.present(self.bundles[0], TopicForm.ROW, self.company.now))
        self.assertEqual(html.count('<li class="row'), len(self.bundles))
        self.assertEqual(html.count("Cannot be shown"), 1)
        self.assertIn("Cannot be shown", frame["row"])
        self.assertTrue(html.endswith("</html>"))
        self.assertEqual(unrendered(self.company.metrics), {"row": 1.0})

    def test_section(self) -> None:
        """Of a page the other sections are there."""
        with mock.patch.object(history.Matrices, "of", side_effect=ZeroDivisionError):
            html = self.company.page(self.path)
            self.assertIn("environments-title", html)
        with mock.patch.object(detail_page, "figures", side_effect=ZeroDivisionError):
            html = self.company.page(self.path)
        self.assertIn("This part (figures) cannot be shown.", html)
        self.assertIn("environments-title", html)
        self.assertTrue(html.endswith("</html>"))

    def test_page(self) -> None:
        """A page of which nothing can be shown has its bundle's name, and the activity."""
        with self.broken(detail_page, "read_detail"):
            html = self.company.page(self.path)
        self.assertIn(f"<h1>{self.bundles[0].key.name}</h1>", html)
        self.assertIn("activity-title", html)

    def test_activity(self) -> None:
        """A change that cannot be told is left out, and those after it are told."""
        activity = Activity(self.company.subjects, self.company.isolation)
        change = BundleChange(7, None, self.bundles[0], 0)
        broken = BundleChange(6, None, replace(self.bundles[1], tail=(b"\xff",)), 0)
        list(activity.steps([broken, change]))
        self.flushLoggedErrors(IndexError)
        self.assertEqual([entry.resource_version for entry in activity.newest_first(self.company.now)], [7])
        with self.broken(detail_page, "read_detail"):
            self.company.page(self.path)

    def test_stage(self) -> None:
        """A Stage's row and page say so too."""
        shop = Shop()
        with mock.patch.object(stage_rows, "application_counts", side_effect=ZeroDivisionError):
            self.assertIn("Cannot be shown", shop.page("stages"))
        with mock.patch.object(stages, "read_stage", side_effect=ZeroDivisionError):
            self.assertIn("Cannot be shown", shop.page("stages/shop/test"))

    def test_cells(self) -> None:
        """A Table has the row, with its name and <unknown>."""
        found = self.row(replace(PROMOTION_STRATEGY_DETAILS, cells=mock.Mock(side_effect=ZeroDivisionError)))
        self.assertEqual(found[:3], [self.bundles[0].key.name, "<unknown>", "<unknown>"])
        self.assertIsNone(found[7])

    def test_a_cell(self) -> None:
        """Of cells that cannot be made no other one suffers; each is counted by its column."""
        whole = self.row(PROMOTION_STRATEGY_DETAILS)
        self.assertNotIn("<unknown>", whole)
        with mock.patch.object(columns, "_waiting_for", side_effect=ZeroDivisionError):
            found = self.row(PROMOTION_STRATEGY_DETAILS)
        self.assertEqual(found, [*whole[:5], "<unknown>", *whole[6:]])
        labels = {"view": self.bundles[0].key.view, "part": "cell Waiting For"}
        self.assertEqual(self.company.metrics.unrendered.labels(**labels)._value.get(), 1)

    def row(self, definition: ViewDefinition) -> list[Any]:
        """The cells of the first bundle."""
        cells = Cells(definition, Isolation(self.company.metrics))
        form = TableForm(definition, IncludeObject.NONE, cells=cells, now=lambda: self.company.now)
        found: list[Any] = orjson.loads(form.item(self.bundles[0]))["cells"]
        return found

"""Bundles as they may be seen are made when they are taken, and not when they are gone through."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import chain
from typing import Any

import pytest
from twisted.internet.task import Clock

from promoter_view.dashboard.page_input import PageInput
from promoter_view.dashboard.past.comparing import compare_steps
from promoter_view.journal.serving.delivering import DeliveryQuestion, DeliveryReader
from promoter_view.kubernetes.selectors import parse_label_selector
from promoter_view.reading.looks import JoinedBundles, SightedBundles, looks_of
from promoter_view.reading.pages import Part, page
from promoter_view.reading.selection import Selection
from promoter_view.reading.tokens import decode_token
from promoter_view.records import Bundle, BundleChange, BundleKey
from promoter_view.views.contents import Readings
from tests.support.api.world import VIEW, World, fleet

NOW = datetime(2026, 11, 30, tzinfo=UTC)
HIDDEN = frozenset(("TimedCommitStatus",))
COUNT = 40


@dataclass
class Counting:
    """A mask that counts what it makes."""

    made: list[str] = field(default_factory=list)

    def bundle(self, bundle: Bundle, hidden: frozenset[str]) -> Bundle:
        self.made.append(bundle.key.name)
        return bundle.with_fields(bundle.fields(), hidden)

    def change(self, change: BundleChange, hidden: frozenset[str]) -> BundleChange:
        return change


@dataclass
class Seen:
    """Views of which somebody may not see everything."""

    world: World
    mask: Counting

    @property
    def head(self) -> int:
        return self.world.views.head

    def list(self, view: str, namespace: str = "") -> SightedBundles:
        return SightedBundles(self.world.views.list(VIEW), {"n": HIDDEN}, self.mask)

    def list_at(self, view: str, namespace: str, resource_version: int) -> SightedBundles:
        return self.list(view)


@pytest.fixture(scope="module")
def world() -> World:
    return fleet(COUNT)


@pytest.fixture
def mask() -> Counting:
    return Counting()


def bundles(world: World, mask: Counting) -> SightedBundles:
    return Seen(world, mask).list(VIEW)


def each_step(steps: Generator[None, None, Any], mask: Counting) -> list[int]:
    """How many are made in each step."""
    found, before = list[int](), len(mask.made)
    for _ in chain(steps, (None,)):
        found.append(len(mask.made) - before)
        before = len(mask.made)
    return found


def test_looking_makes_nothing(world: World, mask: Counting) -> None:
    """Names and what is hidden are known of all; one is made when it is taken."""
    seen = bundles(world, mask)
    shown = PageInput({VIEW: seen}, 1, NOW)
    assert [look.hidden for look in looks_of(seen)] == [HIDDEN] * COUNT
    assert [look.hidden for look in looks_of(world.views.list(VIEW))] == [frozenset()] * COUNT
    assert shown.namespaces == {"n"}
    assert mask.made == []
    found = shown.find(BundleKey(VIEW, "n", "s7"))
    assert found is not None
    assert (found.key.name, found.hidden, mask.made) == ("s7", HIDDEN, ["s7"])
    assert shown.find(BundleKey(VIEW, "n", "none")) is None
    assert shown.find(BundleKey("other", "n", "s7")) is None


def test_a_page_makes_nothing_but_its_last_one(world: World, mask: Counting) -> None:
    """Of one view and of several, with a selector and behind a token: what is not sent is not made."""
    seen: Any = Seen(world, mask)
    for views in ((VIEW,), (VIEW, "zzz")):
        wanted = Selection(views, labels=parse_label_selector("number"))
        assert len(page(seen, wanted, Part()).bundles) == COUNT * len(views)
        assert mask.made == []
        first = page(seen, wanted, Part(limit=10))
        assert len(mask.made) == 1
        assert len(first.bundles) == 10
        mask.made.clear()
    some = Selection((VIEW,), labels=parse_label_selector("number in (3,4)"))
    assert [each.key.name for each in page(world.views, some, Part(limit=1)).bundles] == ["s3"]
    token = decode_token(first.meta.token)
    rest = page(seen, Selection((VIEW,)), Part(limit=3, token=token))
    assert len(mask.made) == 1
    names = [each.key.name for each in (*first.bundles, *rest.bundles)]
    assert names == sorted(f"s{number}" for number in range(COUNT))[:13]


def test_several_one_behind_the_other(world: World, mask: Counting) -> None:
    """A sequence like any other."""
    whole = list(world.views.list(VIEW))
    joined = JoinedBundles([whole[:3], [], whole[3:5], whole[5:]])
    assert (len(joined), list(joined), joined[4], joined[-1]) == (COUNT, whole, whole[4], whole[-1])
    for first in range(8):
        for last in range(8):
            assert list(joined[first:last]) == whole[first:last]
    assert list(joined[2:]) == whole[2:]
    with pytest.raises(IndexError):
        joined[COUNT]


def test_a_comparison_makes_two_a_step(world: World, mask: Counting) -> None:
    """What is the same at both moments is not made at all."""
    before, other = bundles(world, mask), fleet(COUNT)
    assert set(each_step(compare_steps(before, before, Readings()), mask)) == {0}
    other.put("n", "s3", note="another")
    after = bundles(other, mask)
    assert sum(each_step(compare_steps(before, after, Readings()), mask)) == 2
    for number in range(COUNT):
        other.put("n", f"s{number}", note="another")
    made = each_step(compare_steps(before, bundles(other, mask), Readings()), mask)
    assert (max(made), sum(made)) == (2, 2 * COUNT)


def test_figures_make_one_a_step(world: World, mask: Counting) -> None:
    """The bundles whose deliveries are counted."""
    nothing: Any = None
    reader = DeliveryReader(nothing, [VIEW], reactor=Clock())
    shown = PageInput({VIEW: bundles(world, mask)}, 1, NOW)
    made = each_step(reader._read(shown.every, DeliveryQuestion(NOW, NOW)), mask)
    assert (max(made), sum(made)) == (1, COUNT)

"""Proposals that went away are remembered, and no more than a bound of them."""

from __future__ import annotations

from collections import Counter
from typing import Any

import orjson

from promoter_view.reading.commits.overtaken import OvertakenProposals
from promoter_view.records import BundleKey
from tests.support.views.commits import policy, sha
from tests.support.views.world import VIEW, strategy

ROOT = strategy("shop")
ONE, OTHER = (BundleKey(VIEW, "a", name) for name in ("one", "other"))


def bodies(**proposed: str) -> list[bytes]:
    """A policy a branch, which proposes that."""
    return [orjson.dumps(policy(ROOT, branch, None, (name, 10) if name else None)) for branch, name in proposed.items()]


class Memory:
    """What is remembered, and which shas that names, counted as it is told."""

    def __init__(self, **bounds: int) -> None:
        self.kept = OvertakenProposals(**bounds)
        self.named: Counter[tuple[BundleKey, str]] = Counter()

    def take(self, key: BundleKey, before: list[bytes], after: list[bytes]) -> None:
        self._count(self.kept.take(key, before, after))

    def drop(self, key: BundleKey) -> None:
        self._count(self.kept.drop(key))

    def of(self, key: BundleKey) -> list[str]:
        return [each.carried.sha for each in self.kept.of(key)]

    def _count(self, told: Any) -> None:
        for key, word, more in told:
            self.named[key, word] += more
            assert self.named[key, word] in (0, 1)

    def check(self) -> None:
        """Exactly what is remembered is named."""
        wanted = {(key, word) for key in (ONE, OTHER) for each in self.kept.of(key) for word in each.carried.shas}
        assert {pair for pair, count in self.named.items() if count} == wanted


def test_one_that_went_away_on_two_branches() -> None:
    """It is remembered once, with both branches, and with what it was hydrated to on each."""
    memory = Memory()
    memory.take(ONE, bodies(dev="x", prod="x"), bodies(dev="y", prod="y"))
    (proposal,) = memory.kept.of(ONE)
    assert proposal.branches == ("dev", "prod")
    assert {sha("hydrated-dev-x"), sha("hydrated-prod-x")} <= set(proposal.carried.shas)
    memory.take(ONE, bodies(dev="x"), bodies(dev="y"))
    assert memory.kept.of(ONE)[0].branches == ("dev", "prod")
    memory.check()


def test_what_is_still_named() -> None:
    """Nothing is remembered of what another policy names, or of a policy that proposed nothing."""
    memory = Memory()
    memory.take(ONE, bodies(dev="x", prod=""), bodies(dev="y", prod="x"))
    memory.take(ONE, bodies(dev=""), bodies(dev="y"))
    assert memory.of(ONE) == []


def test_bounds() -> None:
    """Of one strategy the oldest goes first, then of all; what is gone is named no more."""
    memory = Memory(most=3, most_of_one=2)
    for name in "abc":
        memory.take(ONE, bodies(dev=name), bodies(dev=""))
    assert memory.of(ONE) == [sha("b"), sha("c")]
    for name in "de":
        memory.take(OTHER, bodies(dev=name), bodies(dev=""))
    assert (memory.of(ONE), memory.of(OTHER)) == ([sha("c")], [sha("d"), sha("e")])
    memory.check()
    memory.take(OTHER, bodies(dev="f"), bodies(dev=""))
    assert (memory.of(ONE), memory.of(OTHER)) == ([sha("c")], [sha("e"), sha("f")])
    memory.drop(OTHER)
    memory.drop(OTHER)
    memory.check()
    memory.take(ONE, bodies(dev="g"), bodies(dev=""))
    memory.take(OTHER, bodies(dev="h"), bodies(dev=""))
    memory.take(OTHER, bodies(dev="i"), bodies(dev=""))
    assert (memory.of(ONE), memory.of(OTHER)) == ([sha("g")], [sha("h"), sha("i")])
    memory.check()


def test_the_last_of_a_strategy_is_evicted() -> None:
    """Where a bound of one is reached by another strategy, nothing is left of the first."""
    memory = Memory(most=1)
    memory.take(ONE, bodies(dev="a"), bodies(dev=""))
    memory.take(OTHER, bodies(dev="b"), bodies(dev=""))
    assert (memory.of(ONE), memory.of(OTHER)) == ([], [sha("b")])
    memory.check()

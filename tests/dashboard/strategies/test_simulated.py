"""What is shown of a company that lives with each release of the promoter: what its strategies are."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from promoter_view.dashboard.strategies.commits import SHORT
from promoter_view.dashboard.strategies.environments import ShownStrategy, Station, read_strategy
from promoter_view.dashboard.strategies.figures import figures
from promoter_view.dashboard.strategies.past import read_past
from promoter_view.simulator.company.model import ORDER, CheckPhase, Environment, Past, Strategy
from promoter_view.views.promotion_strategy.state.words import StateWord
from tests.support.dashboard.company import Company
from tests.support.views.strategies import Decoded

KEPT = {"0.36": 5, "0.44": 20}


@pytest.fixture(scope="module", params=KEPT)
def company(request: pytest.FixtureRequest) -> Company:
    """After some minutes, in which a restore is still on where there are restores."""
    found = Company(promoter=request.param)
    found.go_on(110)
    return found


@pytest.fixture
def kept(company: Company) -> int:
    """How many promotions of an environment are kept."""
    return KEPT[company.promoter]


def shown(company: Company) -> Iterator[tuple[Strategy, ShownStrategy]]:
    """Each strategy, and what is read of its bundle."""
    for strategy in company.scenario.strategies:
        yield strategy, read_strategy(Decoded(company.bundle(strategy.namespace, strategy.name)), read_past)


def pairs(company: Company) -> Iterator[tuple[Strategy, Environment, Station]]:
    """Each environment, and what is shown of it."""
    for strategy, found in shown(company):
        stations = {station.branch: station for station in found.stations}
        assert stations.keys() == {environment.branch for environment in strategy.environments}
        for environment in strategy.environments:
            yield strategy, environment, stations[environment.branch]


def test_states_are_those_of_the_environments(company: Company) -> None:
    """Up to date, held by a restore, or queued behind those before it: as it is, and for whom it waits."""
    seen = set()
    for strategy, environment, station in pairs(company):
        assert station.policy.standing.active_sha == environment.active.dry.sha
        failing = any(check.phase is CheckPhase.FAILURE for check in environment.proposed_checks.values())
        if failing:
            assert station.state is StateWord.FAILED
        elif environment.held:
            assert station.state is StateWord.HELD
        else:
            assert station.policy.standing.is_open != environment.promoted
        if station.facts.awaits:
            assert environment.proposed_checks[ORDER].phase is CheckPhase.PENDING
            upstreams = {strategy.environments[place].branch for place in environment.upstreams}
            assert set(station.facts.awaits) <= upstreams
            seen.add("awaits")
        seen.add(station.state)
    assert {"awaits", StateWord.UP_TO_DATE, StateWord.QUEUED} <= seen
    assert (StateWord.HELD in seen) == (company.promoter == "0.44")


def test_the_past_is_what_was(company: Company, kept: int) -> None:
    """Every promotion that is kept comes once, the newest first: its commit, its time, whether it was restored."""
    for _, environment, station in pairs(company):
        told = [
            (each.active.dry.sha, each.live_since, each.restored_from) for each in station.history if each.active.dry
        ]
        assert told == [was(past) for past in environment.history[:kept]]
        assert station.past.kept == kept


def was(past: Past) -> tuple[str, datetime, str]:
    """Dry commit, time of the merge or the restore, and what was restored."""
    time = past.change.time if past.restored_from or past.request.merged is None else past.request.merged
    return past.change.dry.sha, datetime.fromtimestamp(int(time), UTC), past.restored_from[:SHORT]


def test_figures_count_promotions_and_no_restores(company: Company, kept: int) -> None:
    """As many as are kept, of every environment; nothing is unknown."""
    for strategy, found in shown(company):
        counted = figures([found.deliveries], company.now)
        past = [past for environment in strategy.environments for past in environment.history[:kept]]
        assert counted.promotions == sum(not each.restored_from for each in past)
        assert counted.untold == 0
        assert counted.promotion_time is not None


def test_pages_show_it(company: Company) -> None:
    """Each strategy has its page, and the fleet all of them."""
    fleet = company.page("")
    for strategy in company.scenario.strategies:
        assert f"/strategies/{strategy.namespace}/{strategy.name}" in fleet
        page = company.page(f"strategies/{strategy.namespace}/{strategy.name}")
        assert all(environment.branch in page for environment in strategy.environments)
        assert ("How to end the hold" in page) == any(environment.held for environment in strategy.environments)

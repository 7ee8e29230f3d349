"""The demo shows all that there is to be shown, at every moment, and what it shows goes on."""

from __future__ import annotations

import random

import orjson
import pytest

from promoter_view.simulator.company.cast import make_company
from promoter_view.simulator.company.model import Strategy
from promoter_view.simulator.company.people import LEAST_STATES
from promoter_view.simulator.company.releases import RELEASES
from promoter_view.simulator.company.showing import ShownState, shown_state, stays_varied
from promoter_view.views.promotion_strategy.state.kinds import ReasonKind
from promoter_view.views.promotion_strategy.state.summary import Summary
from promoter_view.views.promotion_strategy.state.words import StateWord
from tests.simulator.clusters import NOW, RELEASE_NAMES
from tests.support.dashboard.company import Company
from tests.support.views.strategies import Decoded, summarize

#: Of the newest release an hour, of the other what is enough to see that it is so there, too.
_SECONDS = {"0.44": 3600, "0.36": 900}
_SAMPLE_SECONDS = 10
#: Longer than the longest wait for a window, an approval and whoever is before.
_PATIENCE_SECONDS = 1200
#: By its own check nobody is let through there, ever.
_STALLED = ("platform", "identity")
_WORDS = {state: StateWord[state.name] for state in ShownState}


class Hour:
    """What was to be seen of a company for that long, looked at each ten seconds."""

    def __init__(self, promoter: str) -> None:
        self.company = Company(promoter=promoter)
        self.samples = [self._look() for _ in range(_SECONDS[promoter] // _SAMPLE_SECONDS)]

    def _look(self) -> dict[tuple[str, str], Summary]:
        for _ in range(_SAMPLE_SECONDS):
            self.company.clock.advance(1)
        self.company.reflect()
        found = {each.key: summarize(Decoded(orjson.loads(each.encode()))) for each in self.company.bundles}
        for strategy in self.company.scenario.strategies:
            told = next(each for key, each in found.items() if key.name == strategy.name)
            assert told.state is _WORDS[shown_state(strategy)], strategy.name
        return {(key.namespace, key.name): each for key, each in found.items()}


@pytest.fixture(scope="module", params=RELEASE_NAMES)
def hour(request: pytest.FixtureRequest) -> Hour:
    return Hour(request.param)


def test_six_states_at_every_moment(hour: Hour) -> None:
    """Whenever one looks at the Fleet, strategies are in at least six states; all but Unknown are seen meanwhile."""
    assert min(len({each.state for each in sample.values()}) for sample in hour.samples) >= LEAST_STATES
    seen = {found.state for sample in hour.samples for each in sample.values() for found in each.environments}
    never = {StateWord.UNKNOWN} if hour.company.promoter != "0.36" else {StateWord.UNKNOWN, StateWord.HELD}
    assert seen == set(StateWord) - never


def test_every_feature_is_there(hour: Hour) -> None:
    """Approvals, windows, timers, the order, merges by hand, and restores and graphs where the release has them."""
    waits = {
        reason.kind
        for sample in hour.samples
        for each in sample.values()
        for found in each.environments
        for reason in found.reasons
    }
    newer = {ReasonKind.RESTORE} if hour.company.promoter != "0.36" else set()
    usual = {ReasonKind.APPROVAL, ReasonKind.WINDOW, ReasonKind.TIMER, ReasonKind.ORDER, ReasonKind.MERGE}
    assert waits >= usual | newer
    graphs = [each for each in hour.company.scenario.strategies if not each.is_chain]
    assert len(graphs) == (2 if newer else 0)


def test_a_failed_check_heals(hour: Hour) -> None:
    """What has failed is not failed for long: each failure is over within some minutes."""
    failed = [{name for name, each in sample.items() if each.state is StateWord.FAILED} for sample in hour.samples]
    runs = dict.fromkeys(set().union(*failed), 0)
    assert runs
    for sample in failed:
        runs = {name: runs[name] + 1 if name in sample else 0 for name in runs}
        assert max(runs.values()) * _SAMPLE_SECONDS <= 300


def test_one_is_stalled_for_good_and_no_other(hour: Hour) -> None:
    """One environment is Checking all the time, with one and the same commit; whatever else is promoted goes on."""
    for sample in hour.samples:
        assert sample[_STALLED].environments[1].state is StateWord.CHECKING
    assert len({sample[_STALLED].environments[1].standing.proposed_sha for sample in hour.samples}) == 1
    for name in hour.samples[0].keys() - {_STALLED}:
        live = [sample[name].environments[-1].standing.active_sha for sample in hour.samples]
        patience = _PATIENCE_SECONDS // _SAMPLE_SECONDS
        runs = [len(set(live[start : start + patience])) for start in range(len(live) - patience)]
        assert all(count > 1 for count in runs), name


@pytest.mark.parametrize("promoter", RELEASE_NAMES)
@pytest.mark.parametrize("seed", range(5))
def test_a_company_begins_with_all_of_it(promoter: str, seed: int) -> None:
    """From the first moment on there is as much to be seen."""
    company = make_company(random.Random(seed), NOW + 61 * seed, RELEASES[promoter])
    assert len(set(map(shown_state, company))) >= LEAST_STATES
    assert [each.name for each in company if each.stalls] == ["identity"]


def test_what_would_leave_too_little_to_see() -> None:
    """A strategy may leave a state that others are in; the last one of it may not, unless enough others are left."""
    states = [ShownState.FAILED, ShownState.HELD, ShownState.HELD]
    assert stays_varied(states, 1, ShownState.FAILED, least=2)
    assert not stays_varied(states, 0, ShownState.HELD, least=2)
    assert stays_varied(states, 0, ShownState.QUEUED, least=2)
    assert stays_varied(states, 0, ShownState.HELD, least=1)
    assert stays_varied([ShownState.FAILED], 0, ShownState.HELD, least=2), "there has not been more"


def test_whom_to_ask_and_what_for(hour: Hour) -> None:
    """Each strategy names owner, contact and runbook, and which of its checks a person opens."""
    strategy: Strategy
    for strategy in hour.company.scenario.strategies:
        found = hour.company.bundle(strategy.namespace, strategy.name)["promotionStrategy"]["metadata"]["annotations"]
        assert {name.partition("/")[2] for name in found} == {"owner", "contact", "runbook", "approval-keys"}

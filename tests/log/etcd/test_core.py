"""A replica's state machine: all that it may be told in every state, and what holds whatever it is told."""

from __future__ import annotations

import random
from collections import Counter
from typing import get_args

import pytest

from promoter_view.log.etcd.client.faults import EtcdError, Fault
from promoter_view.log.etcd.core import actions, inputs
from promoter_view.log.etcd.core.losses import FORGET_SECONDS
from promoter_view.log.etcd.core.states import HEARD, IN_TERM, WATCHING, State
from promoter_view.log.etcd.replica import Overtaken, Rewound
from tests.log.etcd.transitions import (
    AHEAD,
    CASES,
    CLUSTER,
    FIRST,
    PAGE,
    TERM,
    core_in,
    head,
    loaded,
    page,
    revision,
    stood,
    surveyed,
    transitions,
)
from tests.support.log.fakes import NOW

LEADING = (actions.Stand, actions.Keep, actions.BeginTerm, actions.Lead)
REQUESTS = (actions.Load, actions.OpenWatch)
PAIRS = [pytest.param(each, id=f"{each.state.name}-{type(each.case.given).__name__}") for each in transitions()]


def kinds(actions):
    return [type(action) for action in actions]


# -- the table -------------------------------------------------------------------------------------------------------


def test_the_page_is_what_the_code_does():
    """docs/replica-states.md has a row for every state that hears an input; to write it anew see transitions.py."""
    assert page(HEARD) == PAGE.read_text(encoding="utf-8")


def test_the_table_leaves_nothing_out():
    """Every input is there with every state, and every action follows from something."""
    told, found = set(get_args(inputs.Input)), transitions()
    assert set(HEARD) == told
    pairs = {(type(each.case.given), each.state) for each in found}
    assert pairs == {(kind, state) for kind in told for state in State}
    # Refuse: see the test of a state of its own making.
    reached = {actions.RefuseReads, *(type(action) for each in found for action in each.actions)}
    assert reached == set(get_args(actions.Action))


@pytest.mark.parametrize("each", PAIRS)
def test_what_holds_of_every_transition(each):
    """Unheard is unanswered; an end is final; who leaves a term gives the key back; one request, and no other state."""
    given, asked = type(each.case.given), kinds(each.actions)
    if each.state not in HEARD[given]:
        assert (each.becomes, each.actions) == (each.state, ())
    assert each.state is not State.ENDED or each.becomes is State.ENDED
    left = each.state in IN_TERM and each.becomes not in IN_TERM
    assert left == (actions.EndTerm in asked and each.state in IN_TERM)
    assert not left or asked.index(actions.EndTerm) < asked.index(actions.GiveUp)
    assert sum(kind in REQUESTS for kind in asked) <= 1
    assert actions.Load not in asked or each.becomes is State.LOADING
    assert actions.OpenWatch not in asked or each.becomes in WATCHING
    assert (actions.Stand in asked) == (each.state is not State.STANDING and each.becomes is State.STANDING)
    assert (actions.Fail in asked) <= (each.becomes is State.ENDED)


@pytest.mark.parametrize("seed", range(50))
def test_what_holds_on_any_way(seed):
    """Whatever comes in whatever order: one attempt and one term at a time, one mark a term, and a drop loads anew."""
    chance = random.Random(seed)
    core, asked = core_in(State.LOADING), Counter()
    while core.state is not State.ENDED and asked.total() < 500:
        case = chance.choice(CASES)
        for action in core.receive(case.given, NOW + case.later):
            asked[type(action)] += 1
            if isinstance(action, actions.GiveUp):
                asked.update({kind: -asked[kind] for kind in LEADING})
        stands, keeps, begins, leads = (asked[kind] for kind in LEADING)
        assert 1 >= stands >= keeps >= begins >= leads
        assert keeps == (core.state in IN_TERM)
        assert leads == (core.state is State.LEADING)
        assert (core.progress is None) == (core.state is State.LOADING) or core.state is State.ENDED


# -- what a state remembers ------------------------------------------------------------------------------------------


def test_the_term_in_which_it_leads():
    """It has a number only while it leads."""
    assert core_in(State.LEADING).leads == TERM
    assert core_in(State.FOLLOWING).leads == 0


def test_a_state_of_its_own_making_is_for_the_leader_only():
    """A replica that began without a checkpoint refuses what another one writes, and after a win goes on."""
    other = inputs.Read(revision(TERM + 1, head(TERM + 1, TERM)))
    core = core_in(State.LOADING)
    core.receive(loaded(10, anew=True), NOW)
    (refused,) = core.receive(other, NOW)
    assert isinstance(refused.error, Overtaken)
    core.receive(surveyed(), NOW)
    core.receive(stood(tail=AHEAD), NOW)  # others wrote since
    assert kinds(core.receive(inputs.Read(revision(13, AHEAD.head)), NOW)) == [actions.RefuseReads]
    core.receive(inputs.Failed(refused.error), NOW)
    core.receive(loaded(10, anew=True), NOW)
    core.receive(surveyed(), NOW)
    core.receive(stood(), NOW)
    assert kinds(core.receive(other, NOW)) == [actions.Apply]


def test_a_restored_etcd_is_behind_until_a_mark_is_ahead_of_what_was_shown():
    """What was applied, whole or in part, stays the bound of what may be served, also where a drop came between."""
    core = core_in(State.FOLLOWING)
    core.receive(inputs.Applied(revision(TERM + 1, head(21, TERM))), NOW)
    assert core.is_live
    core.receive(inputs.Moved(FIRST + 25), NOW)
    core.receive(inputs.Failed(Rewound("restored")), NOW)
    core.receive(inputs.Moved(FIRST + 30), NOW)  # what was under way
    core.receive(loaded(10), NOW)
    served = [
        (offset, kinds(core.receive(inputs.Applied(revision(11 + at, head(offset, TERM))), NOW)) == [actions.Serve])
        for at, offset in enumerate((25, 29, 30))
    ]
    assert served == [(25, False), (29, False), (30, True)]
    core.receive(surveyed(revision=40, head_at=13), NOW)
    begun = core.receive(stood(leader=41, tail=core.progress.tail), NOW)
    assert next(action for action in begun if isinstance(action, actions.BeginTerm)).tail.lost == FIRST + 30


def test_what_a_forgotten_etcd_was_behind_in_is_forgotten():
    """After a restore the revision that was waited for may never come: no member is turned away from for that."""
    core = core_in(State.FOLLOWING)
    core.receive(surveyed(revision=1000, head_at=1000, leader=TERM), NOW)
    core.receive(inputs.Failed(Rewound("restored")), NOW)
    core.receive(loaded(10), NOW)
    asked = core.receive(surveyed(revision=10, leader=TERM, silent=True), NOW + 60)
    assert (asked, core.lag.behind(NOW + 60)) == ((), 0.0)


def test_a_late_survey_costs_no_term():
    """One that was asked for before the key was won does not show it."""
    core = core_in(State.LEADING)
    assert core.receive(surveyed(revision=TERM - 1), NOW) == ()
    assert core.state is State.LEADING


def test_a_lease_that_is_kept_counts_from_when_that_was_asked_for():
    """The leader is patient for ten seconds from then on."""
    core = core_in(State.LEADING)
    core.receive(inputs.Kept(NOW + 5), NOW + 6)
    assert core.receive(inputs.Unanswered("refused"), NOW + 15) == ()
    assert kinds(core.receive(inputs.Unanswered("refused"), NOW + 15.1)) == [actions.EndTerm, actions.GiveUp]


def test_a_leader_is_the_only_one_while_its_lease_lives():
    """Counted from when it was asked for: what woke after a long pause may not be the leader any more."""
    core = core_in(State.LEADING)
    assert [core.is_sole(NOW + after) for after in (0, 2.9, 3)] == [True, True, False]
    core.receive(inputs.Kept(NOW + 2), NOW + 4)
    assert core.is_sole(NOW + 4.9)
    core.receive(inputs.Lapsed(), NOW + 4.9)
    assert not core.is_sole(NOW + 4.9)


def test_an_answer_that_comes_late_takes_no_patience_away():
    """Answers may come in another order than they were asked for."""
    core = core_in(State.LEADING)
    core.receive(inputs.Kept(NOW + 5), NOW + 6)
    core.receive(inputs.Kept(NOW + 1), NOW + 7)
    assert core.receive(inputs.Unanswered("refused"), NOW + 15) == ()


@pytest.mark.parametrize(
    "given", [inputs.Lapsed(), inputs.Deposed("another one leads"), surveyed(revision=25, leader=25)]
)
def test_a_lost_lease_is_followed_by_a_longer_one(given):
    """However it was noticed. What is long ago counts no more, and what was given back is not lost."""
    core, now = core_in(State.LEADING), NOW
    for doublings in (1, 2, 2):
        assert actions.GiveUp() in core.receive(given, now)
        assert core.receive(surveyed(revision=30), now + 1) == (actions.Stand(doublings),)
        core.receive(stood(), now + 2)
        now += 60
    core.receive(inputs.Unanswered("refused"), now)
    assert core.receive(surveyed(revision=30), now + FORGET_SECONDS) == (actions.Stand(0),)


def test_faults_are_said_until_they_are_over():
    """Of following, of the clock, of who leads: in that order, each until what it says is no longer so."""
    core = core_in(State.FOLLOWING)
    core.receive(inputs.Unanswered("refused"), NOW)
    assert core.faults.first == "etcd did not say which replica leads: refused"
    core.receive(inputs.Failed(EtcdError(Fault.UNREACHABLE, "no route")), NOW)
    assert core.faults.first == "etcd is not followed: no route"
    core.receive(inputs.Heard(), NOW)
    refused = surveyed(revision=25, wall=NOW + 6 * 365 * 86_400)
    assert kinds(core.receive(refused, NOW)) == [actions.Note]
    assert core.receive(refused, NOW) == ()  # said once
    assert "more than 5 years after" in core.faults.first
    core.receive(surveyed(revision=25, leader=25), NOW)
    assert core.faults.first is None


def test_tries_are_further_apart_until_something_is_heard():
    """Backing off, and watching again from where all is applied."""
    core, ended = core_in(State.FOLLOWING), inputs.Failed(EtcdError(Fault.UNREACHABLE, "no route"))
    watches = [core.receive(ended, NOW)[-1] for _ in range(3)]
    assert [watch.after for watch in watches] == pytest.approx([0.0375, 0.075, 0.15])
    core.receive(inputs.Heard(), NOW)
    core.receive(inputs.Applied(revision(11, head(11))), NOW)
    watch = core.receive(ended, NOW)[-1]
    assert (watch.cluster, watch.revision, watch.offset) == (CLUSTER, 11, FIRST + 11)
    assert watch.after == pytest.approx(0.0375)


def test_a_state_is_loaded_anew_whenever_the_log_was_restored():
    """Whether anything was applied since or not."""
    core = core_in(State.NEW)
    assert core.receive(inputs.Begin(), NOW) == (actions.Load(0.0),)
    core.receive(loaded(10), NOW)
    assert core.receive(inputs.Failed(Rewound("restored")), NOW)[1] == actions.Load(0.0)
    core.receive(loaded(10), NOW)
    core.receive(inputs.Read(revision(11, head(11))), NOW)
    assert core.receive(inputs.Failed(Rewound("restored")), NOW)[1] == actions.Load(0.0)


def test_messages_are_values():
    """Nobody changes what was told, or adds to it."""
    for kind in (*get_args(inputs.Input), *get_args(actions.Action)):
        assert kind.__dataclass_params__.frozen
        assert "__slots__" in vars(kind)

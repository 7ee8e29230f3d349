"""Each promotion is counted once, whatever of the cluster's states is seen."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from promoter_view.slices import outcome
from promoter_view.views.promotion_strategy.order import read_order
from promoter_view.views.promotion_strategy.restores import read_restore
from promoter_view.views.promotion_strategy.tally.environment import MOST_REMEMBERED, Tally, Written, read_tally
from promoter_view.views.promotion_strategy.tally.fold import Observed, tally_steps
from promoter_view.views.promotion_strategy.tally.live_commits import by_branch, read_live_commits
from tests.support.measures.environments import BEGAN, BRANCH, Repository, sha, stamp
from tests.support.views.strategies import JSON

Tallies = Mapping[str, Written]


def tally(before: Mapping[str, Written], found: Observed) -> Mapping[str, Written]:
    return outcome(tally_steps(before, found))


def observed(*repositories: Repository, own_history: bool = False, **more: Any) -> Observed:
    """What the objects of these environments tell, a chain in that order."""
    root = {"spec": {"environments": [{"branch": each.branch} for each in repositories]}}
    policies = [read_live_commits(each.policy(own_history=own_history)) for each in repositories]
    histories = [] if own_history else [read_live_commits(each.history()) for each in repositories]
    restores = [read_restore(each.restore) for each in repositories if each.restore is not None]
    found = {"policies": by_branch(policies), "histories": by_branch(histories)} | more
    return Observed(read_order(root), found["policies"], found["histories"], restores)


def restarted(tallies: Tallies) -> Tallies:
    """As a snapshot gives them back."""
    return {branch: tuple(each) for branch, each in json.loads(json.dumps(tallies)).items()}


def counted(tallies: Tallies, branch: str = BRANCH) -> Tally:
    """Of one environment."""
    found = read_tally(tallies[branch])
    assert found is not None
    return found


def settled(repository: Repository) -> Repository:
    """With a history that tells all."""
    repository.told = len(repository.landed)
    return repository


def a_repository(live: int = 3) -> Repository:
    """One in which so many commits were live."""
    found = Repository()
    for _ in range(live):
        found.promote()
    return settled(found)


MOVES: Sequence[Callable[[Repository], object]] = (
    Repository.promote,
    Repository.promote,
    settled,
    settled,
    Repository.ask_restore,
    Repository.make_restore,
    Repository.say_restore,
    Repository.end_restore,
)


@given(st.integers(0, 3), st.lists(st.tuples(st.sampled_from(MOVES), st.booleans()), max_size=15), st.booleans())
def test_every_promotion_is_counted_once(
    live: int, moves: Sequence[tuple[Callable[[Repository], object], bool]], later: bool
) -> None:
    """Of all that goes live, seen or not, told by the policy or the history first; over restarts; restores not."""
    repository = a_repository(live)
    if later:
        repository.told = 0
    known = len(repository.landed)
    tallies = tally({}, observed(repository))
    for move, looks in moves:
        if move is Repository.promote and repository.restore is not None:
            continue
        if move is Repository.make_restore and repository.landed and repository.landed[-1].restored_from:
            continue
        move(repository)
        if looks:
            tallies = tally(restarted(tallies), observed(repository))
    repository.say_restore()
    tallies = tally(tallies, observed(settled(repository)))
    promoted = [each for each in repository.landed[known:] if not each.restored_from]
    assert counted(tallies).promotions == len(promoted)
    assert tally(tallies, observed(repository)) == tallies


@given(st.lists(st.integers(0, 3), max_size=8), st.integers(0, 12))
def test_failures_are_counted_once_a_commit(failing: Sequence[int], looked: int) -> None:
    """A check that fails, heals and fails again after its commit is live is one failed promotion."""
    repository = a_repository(1)
    tallies = tally({}, observed(repository))
    failed = set[str]()
    for step, kind in enumerate(failing):
        if kind == 0:
            repository.promote()
        repository.landed[-1].failed = kind == 1
        failed |= {repository.landed[-1].sha} if kind == 1 else set()
        repository.told = len(repository.landed) - (kind == 2)
        tallies = tally(restarted(tallies), observed(repository))
        if step == looked:
            tallies = tally(tallies, observed(repository))
    assert counted(tallies).failed_deliveries == len(failed)


def test_a_restore_is_no_promotion() -> None:
    """Nothing is counted while nobody has said which it is, nor when it fails; the object that asked says it first."""
    repository = a_repository(2)
    tallies = tally({}, observed(repository))
    repository.ask_restore()
    repository.make_restore()
    tallies = tally(restarted(tallies), observed(repository))
    assert counted(tallies).mark == ""
    repository.say_restore()
    repository.landed[-1].failed = True
    tallies = tally(restarted(tallies), observed(repository))
    repository.end_restore()
    found = counted(tally(tallies, observed(repository)))
    assert (found.promotions, found.failed_deliveries) == (0, 0)


def test_a_failure_while_nobody_looked() -> None:
    """What failed and was replaced meanwhile is found in the history."""
    repository = a_repository(1)
    tallies = tally({}, observed(repository))
    repository.promote().failed = True
    repository.promote()
    found = counted(tally(tallies, observed(settled(repository))))
    assert (found.promotions, found.failed_deliveries) == (2, 1)


def test_a_failure_that_was_there_before() -> None:
    """It is none of those that are counted; nor is a proposal that fails already."""
    repository = a_repository(2)
    repository.landed[-1].failed, repository.proposed, repository.proposal_fails = True, sha(9), True
    tallies = tally({}, observed(repository))
    repository.landed[-1].failed = False
    tallies = tally(tallies, observed(repository))
    repository.landed[-1].failed = True
    found = counted(tally(tallies, observed(repository)))
    assert (found.failed_deliveries, found.failed_proposals) == (0, 0)


def test_proposals_that_fail() -> None:
    """Each dry commit once, however often its check fails."""
    repository = a_repository(1)
    tallies = tally({}, observed(repository))
    for proposed, fails in ((5, True), (5, False), (5, True), (6, True), (7, False)):
        repository.proposed, repository.proposal_fails = sha(proposed), fails
        tallies = tally(restarted(tallies), observed(repository))
    assert counted(tallies).failed_proposals == 2


def test_an_old_commit_is_no_promotion() -> None:
    """A policy that is made for a branch in which something is live tells of that later than it is there."""
    repository = Repository(clock=BEGAN - 1000)
    tallies = tally({}, observed(repository))
    repository.promote()
    tallies = tally(tallies, observed(repository))
    assert counted(tallies).promotions == 0
    repository.promote(after=2000)
    assert counted(tally(tallies, observed(settled(repository)))).promotions == 1


def test_a_policy_that_says_nothing_for_a_while() -> None:
    """What it says again afterwards was counted."""
    repository = a_repository(1)
    tallies = tally({}, observed(repository))
    repository.promote()
    tallies = tally(tallies, observed(repository))
    silent = read_live_commits({"spec": {"activeBranch": BRANCH}})
    tallies = tally(tallies, observed(repository, policies={BRANCH: silent}))
    assert counted(tally(tallies, observed(repository))).promotions == 1


def test_a_history_that_begins_anew() -> None:
    """A branch that is written anew counts nothing again, nor does a history that is gone and comes back."""
    repository = a_repository(4)
    tallies = tally({}, observed(repository))
    repository.landed[3].place = 77
    tallies = tally(tallies, observed(repository))
    repository.promote()
    tallies = tally(tallies, observed(settled(repository)))
    assert counted(tallies).promotions == 1
    gone = tally(tallies, observed(repository, histories={}))
    assert counted(gone).promotions == 1
    assert counted(tally(gone, observed(repository))).promotions == 1


def test_a_history_that_never_comes() -> None:
    """The live commit alone is counted, in bounded memory; a history that tells all later adds nothing."""
    repository = a_repository(1)
    repository.told = 0
    tallies = tally({}, observed(repository))
    for _ in range(MOST_REMEMBERED + 4):
        repository.promote()
        tallies = tally(restarted(tallies), observed(repository))
    found = counted(tallies)
    assert (found.promotions, len(found.ahead)) == (MOST_REMEMBERED + 4, MOST_REMEMBERED)
    assert counted(tally(tallies, observed(settled(repository)))).promotions == MOST_REMEMBERED + 4


def test_a_policy_that_has_its_own_history() -> None:
    """So up to GitOps Promoter 0.40; what it tells is told again by the history that comes with 0.41."""
    repository = a_repository(3)
    tallies = tally({}, observed(repository, own_history=True))
    repository.promote()
    repository.promote()
    tallies = tally(tallies, observed(settled(repository), own_history=True))
    assert counted(tallies).promotions == 2
    assert counted(tally(tallies, observed(repository))).promotions == 2


def test_times_of_promotions() -> None:
    """The first environment's from the dry commit, another's from when those before it had the commit."""
    dev, production = Repository("environment/dev"), Repository("environment/production")
    for each in (dev, production):
        each.promote(sha(1))
    tallies = tally({}, observed(settled(dev), settled(production)))
    dev.promote(sha(2))
    tallies = tally(tallies, observed(settled(dev), production))
    production.promote(sha(2), after=60 + 700)
    tallies = tally(tallies, observed(dev, settled(production)))
    first, last = (counted(tallies, each.branch) for each in (dev, production))
    assert (first.seconds, sum(first.classes), first.deployments) == (300, 1, 0)
    assert (last.seconds, sum(last.classes), last.deployments) == (700, 1, 1)
    assert last.classes[4] == 1


def test_a_commit_that_came_past_the_environment_before() -> None:
    """It is counted, and took no time that anybody knows."""
    dev, production = Repository("environment/dev"), Repository("environment/production")
    tallies = tally({}, observed(dev, production))
    production.promote(sha(2))
    found = counted(tally(tallies, observed(dev, settled(production))), production.branch)
    assert (found.promotions, sum(found.classes)) == (1, 0)
    production.promote(sha(3))
    alone = observed(dev, settled(production), policies=by_branch([read_live_commits(production.policy())]))
    found = counted(tally({production.branch: found.write()}, alone), production.branch)
    assert (found.promotions, sum(found.classes)) == (2, 0)


def test_environments_that_come_and_go() -> None:
    """Without a policy an environment keeps what was counted; one that is listed no more is forgotten."""
    repository = a_repository(1)
    tallies = tally({}, observed(repository))
    repository.promote()
    tallies = tally(tallies, observed(settled(repository)))
    assert tally(tallies, observed(repository, policies={})) == tallies
    assert tally(tallies, observed()) == {}
    assert tally({}, observed(repository, policies={})) == {}


def test_what_is_written_otherwise_counts_for_nothing() -> None:
    """Counting begins anew where what was remembered is of another shape."""
    repository = a_repository(2)
    begun = tally({}, observed(repository))
    for broken in ((), ("mark",), ("mark", "x", *begun[BRANCH][2:])):
        assert tally({BRANCH: broken}, observed(repository)) == begun


@given(JSON, JSON, JSON)
def test_any_shape_is_read(status: Any, active: Any, entry: Any) -> None:
    """What has another shape counts as absent."""
    history = [entry, {"active": active}, {"active": {"dry": {"sha": "a"}, "hydrated": {"sha": "b"}}}]
    for found in (status, {"active": active, "proposed": active, "history": history}):
        told = read_live_commits({"spec": {"activeBranch": BRANCH}, "status": found, "metadata": entry})
        assert told.branch == BRANCH
        assert len(told.past) <= 3


def test_times_before_1970() -> None:
    """Such a time counts as none."""
    policy = a_repository(1).policy()
    policy["status"]["active"]["hydrated"]["commitTime"] = stamp(-5)
    current = read_live_commits(policy).current
    assert current is not None
    assert current.live == 0

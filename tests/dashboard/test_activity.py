"""What changes mean to people, and which of them are kept."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from unittest import mock

import pytest

from promoter_view.dashboard.activity import Activity, Entry
from promoter_view.dashboard.events import Event, Item
from promoter_view.dashboard.strategies.activity import compare
from promoter_view.dashboard.strategies.environments import read_strategy
from promoter_view.dashboard.strategies.past import read_last
from promoter_view.dashboard.streams.topics import TopicForm
from promoter_view.views.versions import join, moment
from tests.support.dashboard.company import Company
from tests.support.views.strategies import LATER, NEW, OLD, Decoded, bundle, check, history, policy, restore
from tests.support.views.world import VIEW


def items(before: dict[str, Any] | None, after: dict[str, Any] | None) -> list[Item]:
    found = [None if each is None else read_strategy(Decoded(bundle(each)), read_last) for each in (before, after)]
    return list(compare(*found))


def events(before: dict[str, Any] | None, after: dict[str, Any] | None) -> list[str]:
    return [item.event.value for item in items(before, after)]


def test_coming_and_going_are_said() -> None:
    """A strategy that is created or deleted is one item."""
    assert events(None, policy()) == ["created"]
    assert events(policy(), None) == ["deleted"]
    assert events(policy(), policy()) == []


def test_a_promotion_says_from_what_to_what_and_where() -> None:
    """The live sha before and after, in short, and the environment."""
    first, last = items(policy(pull_request="open"), policy(active=NEW, pull_request="merged"))[:2]
    assert (first.event, first.environment, first.before, first.after) == (Event.PROMOTED, "dev", OLD[:7], NEW[:7])
    assert (last.event, last.after) == (Event.MERGED, "#12")


def test_a_proposal_and_its_pull_request_are_said() -> None:
    """What is proposed next, and that a request is opened or closed for it."""
    assert events(policy(proposed=OLD), policy()) == ["proposed", "state"]
    assert events(policy(), policy(pull_request="open")) == ["opened"]
    assert events(policy(pull_request="open"), policy(pull_request="closed")) == ["closed"]


@pytest.mark.parametrize(("state", "said"), [("merged-or-closed", "ended"), ("unknown", "unclear")])
def test_a_pull_request_of_which_less_is_known(state: str, said: str) -> None:
    """One that is gone, and nobody knows how, and one of which nothing is known, are said as such, once."""
    opened, gone = policy(pull_request="open"), policy(pull_request=state)
    assert events(opened, gone) == [said]
    assert events(gone, gone) == []
    merged = policy(pull_request="merged-or-closed")
    merged["status"]["pullRequest"]["mergedTargetSha"] = "d" * 40
    assert events(gone, merged) == ["merged"]


def test_what_is_restored_was_not_promoted() -> None:
    """An older commit that is live again came by a restore: what holds it says so, or its past."""
    before, after = policy(active=NEW, deployed="1" * 40), policy(active=OLD, deployed="f" * 40)
    held = read_strategy(Decoded(bundle(after, restoreActiveCommits=[restore()])), read_last)
    first, *_ = compare(read_strategy(Decoded(bundle(before)), read_last), held)
    assert (first.event, first.after) == (Event.RESTORED, OLD[:7])
    past = {"active": {"dry": {"sha": OLD}}, "restoredFrom": "e" * 40}
    told = Decoded(bundle(after, changeTransferPolicyHistories=[history("environment/dev", past)]))
    first, *_ = compare(read_strategy(Decoded(bundle(before)), read_last), read_strategy(told, read_last))
    assert first.event is Event.RESTORED


def moved(before: dict[str, Any], after: dict[str, Any], *entries: Any, **members: Any) -> Item:
    """The first item of a change, while the history lags behind its policy."""
    past = {"changeTransferPolicyHistories": [history("environment/dev", *entries)]}
    return next(
        compare(*(read_strategy(Decoded(bundle(each, **past, **members)), read_last) for each in (before, after)))
    )


def test_what_was_live_before_and_nobody_proposed_was_restored() -> None:
    """A history is written after its policy, and a restore that blocks nobody is gone by then."""
    was = [{"active": {"dry": {"sha": each}}, "pullRequest": {"prMergeTime": LATER}} for each in (NEW, OLD)]
    taken_back = policy(active=NEW, proposed=NEW), policy(active=OLD, proposed=NEW)
    assert moved(*taken_back, *was).event is Event.RESTORED
    assert moved(*taken_back, *was[:1]).event is Event.PROMOTED
    by_request = policy(active=NEW, proposed=OLD), policy(active=OLD, proposed=OLD)
    assert moved(*by_request, *was).event is Event.PROMOTED


def test_what_is_merged_before_a_restore_was_promoted() -> None:
    """A restore that nobody has looked at yet holds its environment, and has made nothing live."""
    asked = {"restoreActiveCommits": [restore(status={})]}
    assert moved(policy(), policy(active=NEW), **asked).event is Event.PROMOTED


def test_what_restores_tell_is_left_out_for_who_may_not_see_them() -> None:
    """Their own page does not say Held, so nor does the activity; what policies tell is there."""
    before, after = policy(active=NEW, deployed="1" * 40), policy(active=OLD, deployed="f" * 40, pull_request="open")
    held = read_strategy(Decoded(bundle(after, restoreActiveCommits=[restore()])), read_last)
    found = tuple(compare(read_strategy(Decoded(bundle(before)), read_last), held))
    entry = Entry(1, datetime(2026, 11, 21, tzinfo=UTC), "team", "payments", found, VIEW, "")
    assert [item.event for item in found] == [Event.RESTORED, Event.PROPOSED, Event.OPENED, Event.STATE]
    assert [item.event for item in entry.without(frozenset({"RestoreActiveCommit"})).items] == [
        Event.PROPOSED,
        Event.OPENED,
    ]
    assert entry.without(frozenset({"PullRequest"})) is entry


def test_a_past_that_is_told_later_is_no_news() -> None:
    """A history that appears, as at an upgrade to 0.41, is no event of its own."""
    past = {"active": {"dry": {"sha": OLD}}, "pullRequest": {"id": "3", "state": "merged"}}
    told = Decoded(bundle(policy(), changeTransferPolicyHistories=[history("environment/dev", past)]))
    assert list(compare(read_strategy(Decoded(bundle(policy())), read_last), read_strategy(told, read_last))) == []


def test_checks_are_news_when_their_phase_changes() -> None:
    """Passed, failed, pending again; and the word of state that follows from it."""
    pending, good, bad = ([check("lint", phase)] for phase in ("pending", "success", "failure"))
    assert events(policy(proposed_checks=pending), policy(proposed_checks=good)) == ["passed", "state"]
    assert events(policy(proposed_checks=pending), policy(proposed_checks=bad)) == ["failed", "state"]
    assert events(policy(proposed_checks=good), policy(proposed_checks=pending)) == ["pending", "state"]


def test_checks_that_begin_anew_on_a_new_commit_are_no_news() -> None:
    """They are part of its promotion, unless one fails."""
    before = policy(active=OLD, active_checks=[check("health", "success")])
    assert "pending" not in events(before, policy(active=NEW, active_checks=[check("health", "pending")]))
    assert "failed" in events(before, policy(active=NEW, active_checks=[check("health", "failure")]))


def test_the_moment_of_an_offset() -> None:
    """Offsets count units of 100 us since 1970."""
    assert moment(join(17952516000000, 0, 3)) == datetime(2026, 11, 21, 9, tzinfo=UTC)


def test_the_time_of_an_entry_is_that_of_its_record() -> None:
    """After a clock was ahead for a while offsets run ahead of it; what happens then is told with its own time."""
    company = Company()
    ahead = 8 * 3600 * 10_000
    changes = [
        change._replace(resource_version=change.resource_version + join(ahead, 0, 0)) for change in company.go_on(30)
    ]
    activity = Activity(company.subjects, company.isolation)
    list(activity.steps(changes))
    later = company.now + timedelta(minutes=5)
    assert all(
        timedelta(minutes=5) <= later - entry.time < timedelta(minutes=6) for entry in activity.newest_first(later)
    )


def test_an_entry_from_a_clock_that_was_ahead_is_told_as_such() -> None:
    """Later than now, or than the one that followed it: nobody knows when that was, and no other is moved by it."""
    company = Company()
    changes = company.go_on(60)
    activity = Activity(company.subjects, company.isolation)
    ahead = len(changes) // 2
    list(activity.steps([change._replace(time_ms=change.time_ms + 8 * 3_600_000) for change in changes[:ahead]]))
    assert all(entry.ahead for entry in activity.newest_first(company.now))
    list(activity.steps(changes[ahead:]))
    for now in (company.now, company.now + timedelta(days=1)):
        entries = list(activity.newest_first(now))
        assert [entry.ahead for entry in entries] == [
            entry.resource_version < changes[ahead].resource_version for entry in entries
        ]
        assert all(entry.time <= company.now for entry in entries if not entry.ahead)


def test_clocks_that_differ_a_little() -> None:
    """By seconds, as those of replicas do: an entry is as old as the next one, or as now."""
    company = Company()
    activity = Activity(company.subjects, company.isolation)
    list(activity.steps(company.go_on(60)))
    soon = min(entry.time for entry in activity.newest_first(company.now)) - timedelta(seconds=30)
    entries = list(activity.newest_first(soon))
    assert entries[-1].time == soon
    assert not entries[-1].ahead


def test_a_company_at_work_has_a_feed() -> None:
    """Each promotion that the changes hold is in the feed once, newest first, with its time."""
    company = Company()
    changes = company.go_on(60)
    entries = list(company.activity.newest_first(company.now))
    assert [entry.resource_version for entry in entries] == sorted(
        (entry.resource_version for entry in entries), reverse=True
    )
    assert {entry.resource_version for entry in entries} <= {change.resource_version for change in changes}
    assert {Event.PROMOTED, Event.MERGED, Event.PASSED} <= {item.event for entry in entries for item in entry.items}
    assert all(entry.time <= company.now for entry in entries)


def test_the_feed_is_bounded_and_says_how_far_it_reaches() -> None:
    """Beyond its bound the oldest entry goes, and the feed reaches back to the oldest that is kept."""
    company = Company()
    activity = Activity(company.subjects, company.isolation, max_entries=3)
    activity.restart(company.world.projector.head)
    began = activity.since
    changes = company.go_on(40)
    list(activity.steps(changes))
    kept = list(activity.newest_first(company.now))
    assert len(kept) == 3
    assert began is not None
    assert activity.since is not None
    assert began < activity.since <= kept[-1].time
    activity.restart(changes[-1].resource_version)
    assert list(activity.newest_first(company.now)) == []


def test_a_change_is_made_into_an_entry_once() -> None:
    """What the feed has made of it the streams take that tell it, and the other way around."""
    company = Company()
    compared = []
    real = company.subjects[VIEW].compare
    with mock.patch.object(company.subjects[VIEW], "compare", lambda *both: compared.append(both) or real(*both)):
        before = company.world.projector.head
        company.clock.advance(1)
        while len(changes := company.world.changes(before)) < 2:
            company.clock.advance(1)
            company.reflect()
        for change in changes:
            list(company.activity.steps([change]))
            company.fragments.changed(change, TopicForm.ENTRIES, company.now)
    assert len(compared) == len(changes)

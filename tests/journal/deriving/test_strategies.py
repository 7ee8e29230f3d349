"""What a change of a strategy is to the journal."""

from __future__ import annotations

from typing import Any

from promoter_view.journal.entries import EventCause, EventRequest, EventType, Happening
from promoter_view.records import BundleKey
from tests.support.journal.happenings import Eventful
from tests.support.views.commits import policy, sha
from tests.support.views.strategies import check
from tests.support.views.world import VIEW, Document, strategy, thing

ROOT = strategy("shop", branches=("dev",))
SUCCESS, PENDING, FAILURE = ([check("qa", phase)] for phase in ("success", "pending", "failure"))


class Shop(Eventful):
    """A strategy of one environment, in which commit a is live."""

    def __init__(self) -> None:
        super().__init__(BundleKey(VIEW, "a", "shop"))
        self.began = self.put(ROOT)
        self.known = self.put(policy(ROOT, "dev", ("a", 10)))

    def go_on(self, *args: Any, **more: Any) -> list[Happening]:
        """Another policy: but for what is said of the whole, which the status has tests of."""
        found = self.put(self.policy(*args, **more))
        return [each for each in found if each.event is not EventType.STATE]

    def policy(
        self,
        live: tuple[str, int] = ("a", 10),
        proposed: tuple[str, int] | None = None,
        *,
        active: list[Any] | None = None,
        checks: list[Any] | None = None,
        request: str = "",
        note: str = "",
    ) -> Document:
        found = policy(ROOT, "dev", live, proposed, note=note)
        found["status"]["active"]["commitStatuses"] = active or []
        if proposed is not None:
            found["status"]["proposed"]["commitStatuses"] = checks or []
        if request:
            found["status"]["pullRequest"] = {"id": request.partition(" ")[0], "state": request.partition(" ")[2]}
        return found


def told(found: list[Happening]) -> list[tuple[str, str, str]]:
    """Event, before and after; of a commit its own name is enough."""
    names = {sha(name): name for name in "abc"}
    return [
        (each.event.value, names.get(each.before, each.before), names.get(each.after, each.after)) for each in found
    ]


def restoring(*, active_sha: str) -> Document:
    found = thing("RestoreActiveCommit", "back", promotionStrategyRef={"name": "shop"}, branch="dev", sha=sha("x"))
    return found | {"status": {"activeSha": active_sha, "blockedDrySha": sha("b")}}


def test_what_is_first_seen_has_not_happened() -> None:
    """A strategy is created, and the policies that it has from then on are news of it as a whole only."""
    shop = Shop()
    assert [each.event for each in shop.began] == [EventType.CREATED]
    assert {each.event for each in shop.known} <= {EventType.STATE}


def test_the_way_of_a_commit() -> None:
    """Proposed, its pull request opened and merged, live; who depends on nothing awaits nobody."""
    shop = Shop()
    assert told(shop.go_on(proposed=("b", 20))) == [("proposed", "a", "b")]
    assert told(shop.go_on(proposed=("b", 20), request="7 open")) == [("opened", "", "open")]
    assert told(shop.go_on(proposed=("b", 20), request="7 open")) == []
    found = shop.go_on(("b", 20), request="7 merged")
    assert told(found) == [("merged", "open", "merged"), ("promoted", "a", "b")]
    merged, promoted = found
    assert merged.request == EventRequest("7", "", "merged")
    assert merged.commit is not None
    assert (merged.commit.sha, merged.commit.hydrated_sha) == (sha("b"), sha("hydrated-dev-b"))
    assert (promoted.environment, promoted.awaited, promoted.told_by) == (
        "dev",
        (),
        frozenset({"ChangeTransferPolicy"}),
    )


def test_a_pull_request_that_is_closed() -> None:
    """It is of the commit that is still proposed; a state that nobody knows is no news."""
    shop = Shop()
    shop.go_on(proposed=("b", 20), request="7 open")
    (closed,) = shop.go_on(proposed=("b", 20), request="7 closed")
    assert told([closed]) == [("closed", "open", "closed")]
    assert closed.commit is not None
    assert closed.commit.sha == sha("b")
    assert shop.go_on(proposed=("b", 20), request="7 odd") == []


def test_what_changes_nothing_is_not_proposed() -> None:
    """The hydrator had nothing to do: it is proposed once it has."""
    shop = Shop()
    assert shop.go_on(proposed=("b", 20), note="c") == []
    assert told(shop.go_on(proposed=("b", 20))) == [("proposed", "a", "b")]


def test_approvals() -> None:
    """A key that a person approves by turns to success; another one's success is none. Neither failed before."""
    shop = Shop()
    shop.put(ROOT | {"metadata": ROOT["metadata"] | {"annotations": {"promoter-view.io/approval-keys": "qa"}}})
    lint = check("lint", "pending")
    shop.go_on(proposed=("b", 20), checks=[*PENDING, lint])
    approved, *others = shop.go_on(proposed=("b", 20), checks=[*SUCCESS, check("lint", "success")])
    assert told([approved]) == [("approved", "pending", "success")]
    assert told(others) == [("recovered", "pending", "success")] * 2
    assert approved.check is not None
    assert approved.check.key == "qa"


def test_checks_of_what_is_live() -> None:
    """Failed, recovered, and verified once none is pending; a new commit's begin anew.

    What succeeds may have failed before it was pending, or on an earlier commit.
    """
    shop = Shop()
    assert shop.go_on(active=PENDING) == []
    assert told(shop.go_on(active=FAILURE)) == [("failed", "pending", "failure")]
    assert told(shop.go_on(active=SUCCESS)) == [("recovered", "failure", "success"), ("verified", "", "a")]
    assert told(shop.go_on(("b", 20), active=PENDING)) == [("promoted", "a", "b")]
    assert told(shop.go_on(("b", 20), active=SUCCESS)) == [("recovered", "pending", "success"), ("verified", "", "b")]
    assert told(shop.go_on(("c", 30), active=FAILURE)) == [("promoted", "b", "c"), ("failed", "", "failure")]


def test_checks_of_what_is_proposed() -> None:
    """The same, and nothing of them verifies."""
    shop = Shop()
    assert told(shop.go_on(proposed=("b", 20), checks=FAILURE)) == [("proposed", "a", "b"), ("failed", "", "failure")]
    assert told(shop.go_on(proposed=("b", 20), checks=SUCCESS)) == [("recovered", "failure", "success")]


def test_a_check_of_both_sides_recovers_once_it_is_over_on_both() -> None:
    """Whichever fails, and whichever succeeds first: it is told once, of the commit on which it came to succeed."""
    shop = Shop()
    failed, recovered = ("failed", "success", "failure"), ("recovered", "failure", "success")
    shop.go_on(active=SUCCESS, proposed=("b", 20), checks=SUCCESS)
    assert told(shop.go_on(active=SUCCESS, proposed=("b", 20), checks=FAILURE)) == [failed]
    assert shop.go_on(active=PENDING, proposed=("b", 20), checks=FAILURE) == []
    assert told(shop.go_on(active=SUCCESS, proposed=("b", 20), checks=FAILURE)) == [("verified", "", "a")]
    assert shop.go_on(active=SUCCESS, proposed=("b", 20), checks=PENDING) == []
    (ended,) = shop.go_on(active=SUCCESS, proposed=("b", 20), checks=SUCCESS)
    assert told([ended]) == [("recovered", "pending", "success")]
    assert ended.commit is not None
    assert ended.commit.sha == sha("b")
    assert told(shop.go_on(active=SUCCESS, proposed=("b", 20), checks=SUCCESS, request="7 open")) == [
        ("opened", "", "open")
    ]
    assert told(shop.go_on(active=FAILURE, proposed=("b", 20), checks=SUCCESS)) == [failed]
    assert told(shop.go_on(active=FAILURE, proposed=("c", 30), checks=SUCCESS)) == [("proposed", "a", "c")]
    assert told(shop.go_on(active=FAILURE, proposed=("c", 30), checks=FAILURE)) == [failed]
    found = shop.go_on(active=SUCCESS, proposed=("c", 30), checks=SUCCESS)
    assert told(found) == [recovered, ("verified", "", "a")]


def test_a_fix_recovers_once_it_is_live() -> None:
    """Proposed, its check succeeds: what is live fails still."""
    shop = Shop()
    shop.go_on(active=FAILURE)
    assert told(shop.go_on(active=FAILURE, proposed=("b", 20), checks=SUCCESS)) == [("proposed", "a", "b")]
    found = told(shop.go_on(("b", 20), active=SUCCESS))
    assert found == [("promoted", "a", "b"), ("recovered", "failure", "success"), ("verified", "", "b")]


def test_a_check_of_what_is_proposed_no_more() -> None:
    """It is over: the other side succeeds, or nobody needs it. Proposed again, it fails again."""
    for active, after in ((SUCCESS, "success"), ([], "")):
        shop = Shop()
        shop.go_on(active=active, proposed=("b", 20), checks=FAILURE)
        (ended,) = shop.go_on(active=active, proposed=("b", 20), checks=FAILURE, note="c")
        assert told([ended]) == [("recovered", "failure", after)]
        assert ended.commit is not None
        assert ended.commit.sha == sha("a")
        again = shop.go_on(active=active, proposed=("b", 20), checks=FAILURE)
        assert told(again) == [("proposed", "a", "b"), ("failed", "", "failure")]


def test_a_commit_that_is_made_live_again() -> None:
    """Restored, not promoted: the object that did it is named, and who may not see it is not told."""
    shop = Shop()
    shop.go_on(("b", 20))
    shop.put(restoring(active_sha=sha("hydrated-dev-a")))
    (restored,) = (each for each in shop.go_on(("a", 10)) if each.event is not EventType.HELD)
    assert told([restored]) == [("restored", "b", "a")]
    assert restored.cause == EventCause("RestoreActiveCommit", "back")
    assert restored.told_by == frozenset({"ChangeTransferPolicy", "RestoreActiveCommit"})


def test_an_environment_is_held() -> None:
    """When the hold begins, by name; its end is a state's."""
    shop = Shop()
    shop.go_on(("a", 10), ("b", 20))
    found = shop.put(restoring(active_sha=sha("hydrated-dev-a")))
    assert [each.event for each in found] == [EventType.HELD, EventType.STATE]
    held, state = found
    assert held.cause == EventCause("RestoreActiveCommit", "back")
    assert held.commit is not None
    assert held.commit.sha == sha("a")
    assert (state.after, state.told_by) == (held.after, held.told_by)
    assert {each.event for each in shop.go_on(("a", 10), ("b", 20), request="7 open")} == {EventType.OPENED}
    (state,) = shop.delete(restoring(active_sha=""))
    assert (state.event, state.before) == (EventType.STATE, held.after)
    assert "RestoreActiveCommit" in state.told_by


def test_a_hold_of_which_the_policy_is_gone() -> None:
    """It is told without a commit."""
    shop = Shop()
    shop.delete(policy(ROOT, "dev", None))
    found = shop.put(thing("RestoreActiveCommit", "new", promotionStrategyRef={"name": "shop"}, branch="dev"))
    assert [each.commit for each in found if each.event is EventType.HELD] in ([], [None])


def test_made_anew() -> None:
    """Under the same name: one has gone, and one has come."""
    shop = Shop()
    assert [each.event for each in shop.put(strategy("shop", branches=("dev",), uid="another"))] == [
        EventType.DELETED,
        EventType.CREATED,
    ]
    assert [each.event for each in shop.delete(ROOT)] == [EventType.DELETED]

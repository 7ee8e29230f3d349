"""What objects tell of their past, for a journal that was not there."""

from __future__ import annotations

from datetime import datetime

import pytest

from promoter_view.journal.deriving.backfill import TOLD_VIEWS, Past, past, past_steps
from promoter_view.journal.entries import EventCause, EventRequest, EventType
from promoter_view.records import BundleKey
from promoter_view.views.stage.details import STAGE_DETAILS
from tests.support.journal.happenings import Eventful
from tests.support.views.commits import at, entry, past_of, policy, sha
from tests.support.views.stages import changed, minute, promotion, stage
from tests.support.views.world import VIEW, Document, strategy

ROOT = strategy("shop", branches=("dev", "prod"))


def told(town: Eventful) -> list[Past]:
    """Read in steps first, as the writer does."""
    for _ in past_steps(town.bundle, town.readings):
        pass
    return past(town.bundle, town.readings)


def shop(*documents: Document) -> list[Past]:
    town = Eventful(BundleKey(VIEW, "a", "shop"))
    town.put(ROOT, *documents)
    return told(town)


def test_the_views() -> None:
    """Of both there is a past."""
    assert TOLD_VIEWS == (VIEW, STAGE_DETAILS)


@pytest.mark.parametrize("apart", [False, True])
def test_deliveries(apart: bool) -> None:
    """The oldest first, each with what it took the place of, whichever object tells."""
    past_entries = (("b", 20), ("a", 10))
    own = policy(ROOT, "dev", ("b", 20), None, *(() if apart else past_entries))
    found = shop(own, *([past_of(own, "dev", *past_entries)] if apart else []))
    assert [time for time, _ in found] == [datetime.fromisoformat(at(11)), datetime.fromisoformat(at(21))]
    first, second = (happening for _, happening in found)
    assert (first.event, first.environment, first.before, first.after) == (EventType.PROMOTED, "dev", "", sha("a"))
    assert (second.before, second.after) == (sha("a"), sha("b"))
    assert second.request == EventRequest("7", "", "merged")
    assert second.told_by == frozenset({"ChangeTransferPolicy", "ChangeTransferPolicyHistory"})


def test_the_moment_of_a_delivery() -> None:
    """A merge; of what was made live again, which merged nothing, when it was made."""
    own = policy(ROOT, "dev", ("b", 20))
    again = entry("a", 30, merged=5) | {"restoredFrom": sha("x"), "pullRequest": {}}
    own["status"]["history"] = [again, entry("a", 10, merged=15)]
    (merged, first), (made, restored) = shop(own)
    assert (merged, made) == (datetime.fromisoformat(at(15)), datetime.fromisoformat(at(31)))
    assert (first.event, restored.event) == (EventType.PROMOTED, EventType.RESTORED)
    assert (restored.request, restored.awaited) == (None, ())


def test_what_is_not_told() -> None:
    """An entry without a commit, or without a time, is skipped; an environment without a policy has no past."""
    own = policy(ROOT, "dev", ("b", 20))
    nameless, timeless = entry("a", 10), entry("a", 10)
    nameless["active"]["dry"]["sha"] = ""
    timeless["active"]["hydrated"].pop("commitTime")
    own["status"]["history"] = [nameless, timeless, "odd"]
    assert shop(own) == []


def test_promotions() -> None:
    """Those that have ended, in the order of their ends; a Promotion that goes on, or has an odd time, is none."""
    town = Eventful(BundleKey(STAGE_DETAILS, "shop", "test"))
    town.put(stage())
    town.put(
        promotion("p1", phase="Failed", created=1, finished=9),
        promotion("p2", phase="Succeeded", created=2, finished=5),
        promotion("p3", phase="Running", created=3),
        changed(promotion("p4", phase="Succeeded", created=4, finished=6), "status", "finishedAt", to="soon"),
    )
    (first, succeeded), (second, failed) = told(town)
    assert [first, second] == [datetime.fromisoformat(minute(5)), datetime.fromisoformat(minute(9))]
    assert (succeeded.event, failed.event) == (EventType.PROMOTION_SUCCEEDED, EventType.PROMOTION_FAILED)
    assert (succeeded.cause, succeeded.after) == (EventCause("Promotion", "p2"), "f")

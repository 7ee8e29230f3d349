"""Who may not see the members that a message stems from is not told of it: what a status hides, the journal hides."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from promoter_view.journal.deriving.strategies import StrategyStory, happened
from promoter_view.journal.entries import EventType, Happening
from promoter_view.slices import outcome
from promoter_view.views.promotion_strategy.state.kinds import STEMS, ReasonKind
from promoter_view.views.promotion_strategy.state.reading import (
    WholeStatus,
    read_environment,
    read_whole,
    stems_within,
)
from promoter_view.views.promotion_strategy.state.status import assess_strategy
from promoter_view.views.promotion_strategy.state.words import StateWord
from promoter_view.views.status.conditions import NOT_VISIBLE
from promoter_view.views.status.memories import remember
from tests.support.views.state_cases import CASES, DEV, DONE, LINT, ORDER, PROD, Case, prod
from tests.support.views.strategies import NEW, OLD, Decoded, bundle, check, gate, policy

KINDS = ("ChangeTransferPolicy", *STEMS.values())


def status(tree: Any, *hidden: str) -> dict[str, Any]:
    """As it is told to who may not see those."""
    assessed = outcome(assess_strategy(Decoded(tree)))
    words = outcome(remember(None, assessed, uid="", at=1)).words
    found: dict[str, Any] = orjson.loads(b"".join(outcome(assessed.render(words, frozenset(hidden)))))
    return found


def told(tree: Any) -> list[Happening]:
    """What happens when a strategy of which nothing was known comes to be in that state."""
    found = status(tree)
    environments = tuple(map(read_environment, found["environments"]))
    other = StateWord.UNKNOWN if found["state"] != StateWord.UNKNOWN else StateWord.FAILED
    nothing = StrategyStory(WholeStatus(other), {}, (), ())
    return list(happened(nothing, StrategyStory(read_whole(found), {}, environments, ())))


def is_hidden(tree: Any, kind: str) -> bool:
    return bool(status(tree, kind).get("message") == NOT_VISIBLE)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
@pytest.mark.parametrize("kind", KINDS)
def test_what_a_status_hides_is_not_told(case: Case, kind: str) -> None:
    """By every state and reason that there is, and every kind that a reason stems from."""
    (state,) = (each for each in told(case.tree) if each.event is EventType.STATE)
    assert state.message == status(case.tree).get("message", "")
    if is_hidden(case.tree, kind):
        assert kind in state.told_by
    elif kind not in ("ChangeTransferPolicy", "RestoreActiveCommit"):
        assert kind not in state.told_by or status(case.tree)["state"] == StateWord.QUEUED


def test_the_table_has_every_reason() -> None:
    """Of each kind of reason that stems from other members there is a case in which it is the message's."""
    assert {kind for case in CASES for kind in case.kinds} == set(ReasonKind)
    for kind in KINDS:
        assert any(is_hidden(case.tree, kind) for case in MORE) or any(is_hidden(case.tree, kind) for case in CASES)


def test_at_second_hand() -> None:
    """One is queued behind another that a timer holds, or behind the last of very many."""
    soaking = prod(policy(DEV, active=NEW, active_checks=[check("soak", "pending")]), proposed_checks=[ORDER])
    early = [f"environment/e{number}" for number in range(120)]
    many = bundle(
        *(policy(branch) for branch in early[:-1]),
        policy(early[-1], active=NEW, active_checks=[check("soak", "pending")]),
        policy(PROD, active=OLD, proposed_checks=[ORDER]),
        timedCommitStatuses=[gate("soak", "TimedCommitStatus", key="soak", environments=[])],
    )
    named = [{"branch": branch} for branch in early]
    many["promotionStrategy"]["spec"]["environments"] = [*named, {"branch": PROD, "dependsOn": early}]
    for tree in (soaking, many):
        environments = tuple(map(read_environment, status(tree)["environments"]))
        assert "timer soak" in environments[-1].message
        assert "TimedCommitStatus" in stems_within(environments[-1], environments)


def test_what_stems_from_policies_alone_is_told() -> None:
    """A check that fails is no secret of timers and windows."""
    (state,) = (each for each in told(prod(DONE, proposed_checks=[LINT])) if each.event is EventType.STATE)
    assert state.told_by == {"ChangeTransferPolicy"}


class _More:
    """Cases beside those of the table."""

    def __init__(self, tree: Any) -> None:
        self.tree = tree


MORE = (
    _More(prod(policy(DEV), proposed_checks=[ORDER])),
    _More(prod(DONE, proposed_checks=[check("soak", "pending")])),
)

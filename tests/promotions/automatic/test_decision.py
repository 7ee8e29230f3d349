"""What auto-promotion does for a Stage, and what it says where it does nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pytest

from promoter_view.promotions.automatic.decision import StageDecision, decide, superfluous
from promoter_view.promotions.automatic.policies import PolicyAnswer
from promoter_view.promotions.state.queue import turn
from promoter_view.promotions.values import Promotion, Stage, read_promotion, read_stage
from promoter_view.stages.freight import Freight, FreightRequest, read_freight
from tests.promotions import kargo

NOW = 1_800_000_000.0
TEN_MINUTES_AGO = "2027-01-15T07:50:00Z"
ENABLED = PolicyAnswer(True)
HOLD = "kargo.akuity.io/auto-promotion-hold"
AUTOMATIC = "view.promoter.argoproj.io/auto-promotion"


def freight(name: str, warehouse: str = "w", **status: Any) -> Freight:
    return read_freight(kargo.freight(name, warehouse, **status))


def promotion(name: str, phase: str = "", *, created: int = 0, freight: str = "new", **annotations: str) -> Promotion:
    found = kargo.promotion(name, phase, created=created, freight=freight)
    found["metadata"]["annotations"] = annotations
    return read_promotion(found)


def stage(*requested: str, sources: Mapping[str, Any] | None = None, has: str = "", **status: Any) -> Stage:
    history = [{"items": {"Warehouse/w": {"name": has}}}] if has else []
    found = kargo.stage(*requested, status={**({"freightHistory": history} if has else {}), **status})
    if sources is not None:
        for request in found["spec"]["requestedFreight"]:
            request["sources"] = sources
    return read_stage(found)


def decided(
    of: Stage,
    *known: Freight,
    promotions: Sequence[Promotion] = (),
    policy: PolicyAnswer = ENABLED,
    refusals: Mapping[str, str] | None = None,
) -> StageDecision:
    """``known`` are the Freight that there is, the newest first."""

    def offered(request: FreightRequest) -> Iterable[Freight]:
        return (each for each in known if each.origin == request.origin)

    return decide(of, policy, turn(of.status, promotions), promotions, offered, NOW, refusals or {})


def chosen(decision: StageDecision) -> str:
    return decision.next.freight if decision.next else ""


def told(decision: StageDecision) -> tuple[str, str, str]:
    found = decision.condition
    return found.status, found.reason, found.message


def test_the_newest_is_promoted() -> None:
    """Of the Freight that is available the newest is chosen, whatever the Stage has."""
    found = decided(stage(has="old"), freight("new"), freight("old"))
    assert chosen(found) == "new"
    assert told(found) == ("True", "Promoting", "Freight new is to be promoted")


def test_what_is_in_use_is_left() -> None:
    """Nothing is done where the newest is in use; though older Freight is there that was never promoted."""
    found = decided(stage(has="new"), freight("new"), freight("old"))
    assert (chosen(found), told(found)) == ("", ("True", "UpToDate", "Freight new is in use already"))


def test_nothing_there() -> None:
    """Without available Freight that is said."""
    assert told(decided(stage())) == ("True", "NothingAvailable", "no Freight of Warehouse/w is available")


def test_a_policy_that_enables_nothing() -> None:
    """The policy's reason is the condition's; nothing is promoted, and holds are not kept."""
    of = stage(autoPromotionHolds={"Warehouse/w": {}}, autoPromotionEnabled=True)
    found = decided(of, freight("new"), policy=PolicyAnswer(False, "Disabled", "policy 1 disables it"))
    assert (chosen(found), told(found)) == ("", ("False", "Disabled", "policy 1 disables it"))
    assert found.written({"autoPromotionEnabled": True, "autoPromotionHolds": {}, "x": 1}) == {"x": 1}


@pytest.mark.parametrize("phase", ["", "Pending", "Running"])
def test_one_is_there_already(phase: str) -> None:
    """A Promotion of that Freight that has not ended is enough, whoever has made it; one of other Freight is not."""
    found = decided(stage(), freight("new"), promotions=[promotion("p", phase)])
    assert told(found) == ("True", "InProgress", "Promotion p promotes Freight new already")
    assert chosen(decided(stage(), freight("new"), promotions=[promotion("p", phase, freight="old")])) == "new"


@pytest.mark.parametrize("phase", ["Failed", "Errored", "Aborted"])
def test_one_that_did_not_succeed(phase: str) -> None:
    """It is not tried again by itself, or it would be for ever; a later one that succeeded opens the way again."""
    failed = promotion("p", phase, created=1)
    found = decided(stage(), freight("new"), promotions=[failed, promotion("q", "Succeeded")])
    assert told(found)[:2] == ("False", "LastPromotionNotSuccessful")
    assert f"Freight new, p, ended {phase}" in told(found)[2]
    later = [promotion("q", "Succeeded", created=2), promotion("r", "Failed", created=3, freight="old")]
    assert chosen(decided(stage(), freight("new"), promotions=[failed, *later])) == "new"


def test_one_whose_end_the_stage_has_not_seen() -> None:
    """The newest that has ended brought that Freight: it will be in use."""
    found = decided(stage(), freight("new"), promotions=[promotion("p", "Succeeded")])
    assert told(found) == ("True", "InProgress", "Promotion p has promoted Freight new, which is not in use yet")


def test_what_a_policy_of_selection_says() -> None:
    """MatchUpstream: what the Stage upstream has in use, and only that, once it is available."""
    sources = {"stages": ["dev"], "autoPromotionOptions": {"selectionPolicy": "MatchUpstream"}}
    verified = {"verifiedIn": {"dev": {}}}
    in_use = {**verified, "currentlyIn": {"dev": {"since": TEN_MINUTES_AGO}}}
    of = stage(sources=sources)
    assert chosen(decided(of, freight("new", **verified), freight("old", **in_use))) == "old"
    several = decided(of, freight("new", **in_use), freight("old", **in_use))
    assert told(several)[2] == "more than one Freight of Warehouse/w is in use in Stage dev for a moment"
    none = decided(of, freight("new", **verified))
    assert told(none)[2] == "no Freight of Warehouse/w that Stage dev has in use is available"
    soaks = stage(sources={**sources, "requiredSoakTime": "1h"})
    assert decided(soaks, freight("new", **in_use)).at == NOW + 3000
    assert chosen(decided(stage(sources={**sources, "direct": True}), freight("new"))) == "new"
    assert told(decided(stage(sources={**sources, "stages": []}), freight("new")))[1] == "NothingAvailable"


def test_what_soaks() -> None:
    """When newer Freight becomes available by time is told, whether older is available now or not."""
    here = {"verifiedIn": {"dev": {}}, "currentlyIn": {"dev": {"since": TEN_MINUTES_AGO}}}
    of = stage(sources={"stages": ["dev"], "requiredSoakTime": "1h"})
    waits = decided(of, freight("new", **here))
    assert (chosen(waits), waits.at) == ("", NOW + 3000)
    assert told(waits)[2] == (
        "no Freight of Warehouse/w is available: new has soaked for long enough at 2027-01-15T08:50:00Z"
    )
    older = decided(of, freight("new", **here), freight("old", verifiedIn={"dev": {"longestSoak": "2h"}}))
    assert (chosen(older), older.at) == ("old", NOW + 3000)
    ready = decided(of, freight("new", verifiedIn={"dev": {"longestSoak": "2h"}}))
    assert (chosen(ready), ready.at) == ("new", None)


def test_a_hold() -> None:
    """An origin that is held is left alone, with who holds it in the message; others are not."""
    hold = {"freightName": "old", "actor": "email:a@example.com", "promotionName": "p"}
    of = stage("w", "v", autoPromotionHolds={"Warehouse/w": hold})
    found = decided(of, freight("new"), freight("v1", "v"))
    assert chosen(found) == "v1"
    words = "Warehouse/w is held by email:a@example.com at Freight old since Promotion p, until the newest Freight is"
    assert told(found)[:2] == ("False", "Held")
    assert told(found)[2].startswith(words)
    bare = decided(stage(autoPromotionHolds={"Warehouse/w": {"freightName": "old"}}), freight("new"))
    assert told(bare)[2].startswith("Warehouse/w is held at Freight old, until")


def test_a_hold_that_is_on_its_way() -> None:
    """A Promotion that will hold its origin holds it from the moment that it is there, and lasts once it has ended."""
    coming = promotion("p", "Pending", freight="old", **{HOLD: "Warehouse/w"})
    found = decided(stage(), freight("new"), promotions=[coming])
    assert chosen(found) == ""
    assert found.written({}).keys() == {"autoPromotionEnabled", "effectiveAutoPromotionHolds"}
    ended = promotion("p", "Succeeded", freight="old", **{HOLD: "Warehouse/w"})
    assert decided(stage(), freight("new"), promotions=[ended]).written({}).keys() == {
        "autoPromotionEnabled",
        "autoPromotionHolds",
        "effectiveAutoPromotionHolds",
    }


def test_a_refusal() -> None:
    """What the cluster has answered is told, and the same Freight is tried again."""
    found = decided(stage(), freight("new"), refusals={"new": "not allowed"})
    assert told(found) == ("False", "Refused", "the Promotion of Freight new was refused: not allowed")
    assert chosen(found) == "new"
    assert told(decided(stage(), freight("new"), refusals={"old": "not allowed"}))[1] == "Promoting"


@pytest.mark.parametrize(
    ("others", "why"),
    [
        ([], ""),
        ([promotion("a", "Running", created=9)], "Promotion a promotes Freight new already"),
        ([promotion("a", "Pending")], "Promotion a promotes Freight new already"),
        ([promotion("a", "Pending", created=9)], ""),
        ([promotion("a", "Pending", freight="other")], ""),
        ([promotion("a", "Errored")], "the last Promotion of Freight new, a, ended Errored"),
    ],
)
def test_one_too_many(others: list[Promotion], why: str) -> None:
    """Of two that promote the same Freight the later one has nothing to do, if auto-promotion has made it."""
    mine = promotion("m", "Pending", created=5, **{AUTOMATIC: "Warehouse/w"})
    said = superfluous(mine, stage(), [mine, *others])
    assert said.startswith(f"auto-promotion has made it in vain: {why}") if why else said == ""
    by_somebody = promotion("m", "Pending", created=5)
    assert superfluous(by_somebody, stage(), [by_somebody, *others]) == ""


def test_one_that_comes_too_late() -> None:
    """Freight that is in use needs no other Promotion by itself; one that runs already is left to its end."""
    waits, runs = (promotion("m", phase, **{AUTOMATIC: "Warehouse/w"}) for phase in ("Pending", "Running"))
    assert "is in use already" in superfluous(waits, stage(has="new"), [waits])
    assert superfluous(runs, stage(has="new"), [runs]) == ""


def test_one_too_many_is_as_if_it_had_never_been() -> None:
    """That it was ended says nothing of the Freight; what somebody else has ended does."""
    withdrawn = promotion("m", "Aborted", **{AUTOMATIC: "Warehouse/w"})
    assert chosen(decided(stage(), freight("new"), promotions=[withdrawn])) == "new"
    aborted = promotion("m", "Aborted", **{AUTOMATIC: "Warehouse/w", "kargo.akuity.io/abort": "terminate"})
    assert chosen(decided(stage(), freight("new"), promotions=[aborted])) == ""


@pytest.mark.parametrize(
    ("spec", "reason", "words"),
    [
        ({"targets": {}}, "TargetsNotSupported", "spec.targets: promoter-view promotes to Stages, not to Targets"),
        (
            {"promotionTemplate": {"spec": {"steps": [{"uses": "git-clone"}]}}},
            "StepsNotSupported",
            "does not run git-clone",
        ),
    ],
)
def test_a_stage_that_nothing_can_be_done_for(spec: dict[str, Any], reason: str, words: str) -> None:
    """Where a Promotion would come to nothing none is made, and that is said."""
    found = decided(read_stage(kargo.stage(**spec)), freight("new"))
    assert (chosen(found), told(found)[:2]) == ("", ("False", reason))
    assert words in told(found)[2]

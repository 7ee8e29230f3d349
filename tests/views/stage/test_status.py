"""How a Stage stands in one word, why, and its conditions."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from promoter_view.records import BundleKey, Word
from promoter_view.slices import outcome
from promoter_view.views.contents import BundleContents, Readings
from promoter_view.views.stage.details import STAGE_DETAILS
from promoter_view.views.stage.status import assess_stage
from tests.support.views.stages import application, changed, check, stage
from tests.support.views.world import World

SHOP = "shop:test"
WANTED = check("argocd/a", a=["1"])
CREATED, ENDED, HEALTHY_SINCE = "2026-11-20T10:00:00Z", "2026-11-20T11:00:00Z", "2026-11-20T11:30:00Z"


def app(health: str = "Healthy") -> dict[str, Any]:
    return application("a", authorized=SHOP, revision="1", health=health)


def ended(found: dict[str, Any]) -> dict[str, Any]:
    found["status"]["lastPromotion"]["finishedAt"] = ENDED
    return found


def status_of(*objects: dict[str, Any]) -> dict[str, Any]:
    world = World()
    world.offset = 20_000_000_000_000
    world.put(*objects)
    found = world.projector.get(BundleKey(STAGE_DETAILS, "shop", "test"))
    assert found is not None
    assert found.selectable["status.state"] == orjson.loads(found.encode())["status"]["state"]
    told: dict[str, Any] = orjson.loads(found.encode())["status"]
    return told


def test_steps_that_would_not_run() -> None:
    """They are named, whoever runs the Stage; one without any says nothing of it."""
    found = stage()
    found["spec"]["promotionTemplate"]["spec"]["steps"] = [{"uses": "git-clone"}, {"uses": "argocd-update"}]
    (told,) = (each for each in status_of(found)["conditions"] if each["type"] == "StepsSupported")
    assert (told["status"], told["reason"]) == ("False", "StepsNotSupported")
    assert told["message"].startswith("promoter-view does not run git-clone: ")
    assert "StepsSupported" not in {each["type"] for each in status_of(stage())["conditions"]}


KARGO = [{"type": "Healthy", "status": "True", "lastTransitionTime": HEALTHY_SINCE}]
CASES: list[tuple[str, list[dict[str, Any]], str, str, str]] = [
    ("no steps", [stage(steps=False)], "NotApplicable", "ControlFlow", "Unknown False False"),
    ("never promoted", [stage(last="")], "Unknown", "NoFreight", "Unknown False False"),
    ("under way", [stage(current="p1")], "Unknown", "ActivePromotion", "Unknown True False"),
    ("failed", [stage(phase="Failed")], "Unhealthy", "LastPromotionFailed", "False False True"),
    ("failed oddly", [stage(phase="a b")], "Unhealthy", "LastPromotionUnknown", "False False True"),
    ("healthy", [stage(checks=[WANTED]), app()], "Healthy", "Healthy", "True False False"),
    ("progressing", [stage(checks=[WANTED]), app("Progressing")], "Progressing", "Progressing", "False True False"),
    ("degraded", [stage(checks=[WANTED]), app("Degraded")], "Unhealthy", "Unhealthy", "False False True"),
    ("missing", [stage(checks=[WANTED])], "Unknown", "Unknown", "Unknown False False"),
]


@pytest.mark.parametrize(("_", "objects", "state", "reason", "verdicts"), CASES)
def test_states(_: str, objects: list[dict[str, Any]], state: str, reason: str, verdicts: str) -> None:
    """Each case: the word, its reason, and Healthy, Progressing and NeedsAttention."""
    found = status_of(*objects)
    assert found["state"] == state
    assert [each["type"] for each in found["conditions"]] == ["Healthy", "Progressing", "NeedsAttention"]
    assert {each["reason"] for each in found["conditions"]} == {reason}
    assert " ".join(each["status"] for each in found["conditions"]) == verdicts
    assert ("message" in found) is (state != "Healthy")


def test_what_is_beside_the_word() -> None:
    """That a Promotion is under way, and what Kargo's own controller says."""
    found = stage(current="p1")
    found["status"]["health"] = {"status": "Healthy"}
    told = status_of(found)
    assert (told["promoting"], told["kargoHealth"]) == (True, "Healthy")
    assert not {"promoting", "kargoHealth"} & set(status_of(stage()))
    assert status_of(changed(stage(), "status", "currentPromotion", to={"freight": {}}))["promoting"] is True


SINCE: list[tuple[str, dict[str, Any], str | None]] = [
    ("healthy, by Kargo's condition", changed(ended(stage()), "status", "conditions", to=KARGO), HEALTHY_SINCE),
    ("healthy, by its last Promotion", ended(stage()), ENDED),
    ("failed", ended(stage(phase="Failed")), ENDED),
    ("never promoted", stage(last=""), CREATED),
    ("no steps", stage(steps=False, last=""), CREATED),
    ("under way: nobody tells", stage(current="p1"), None),
    ("nobody tells", stage(), None),
    ("Applications have decided", ended(stage(checks=[WANTED])), None),
]


@pytest.mark.parametrize(("_", "found", "since"), SINCE)
def test_since_when_objects_tell(_: str, found: dict[str, Any], since: str | None) -> None:
    """What a Stage says of itself, for a bundle that is not known yet; else the time of the record."""
    told = status_of(found)
    assert told["since"] == (since or "2033-05-18T03:33:20Z")
    assert {each["lastTransitionTime"] for each in told["conditions"]} == {told["since"]}


def test_nothing_is_counted() -> None:
    """Tallies stay as they are."""
    world = World()
    world.put(stage())
    (bundle,) = world.projector.list(STAGE_DETAILS)
    assessed = outcome(assess_stage(BundleContents(bundle, Readings())))
    assert outcome(assessed.tally({"x": (1,)}, {"": Word("Healthy", 0)}, 7)) == {"x": (1,)}

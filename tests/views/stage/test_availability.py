"""Which newer Freight a Stage could take, why not the others, and what comes next of it."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from promoter_view.records import BundleKey
from promoter_view.views.member_mask import MemberMask
from promoter_view.views.stage.availability import FreightState
from promoter_view.views.stage.details import STAGE_DETAILS, stage_details
from tests.support.views.stages import changed, minute, stage, thing
from tests.support.views.world import World

Document = dict[str, Any]
DIRECT: Document = {"direct": True}
SOAK: Document = {"stages": ["test"], "requiredSoakTime": "1h"}


def freight(name: str, found: int = 0, warehouse: str = "w", **status: Any) -> Document:
    """Freight that was found at that minute."""
    origin = {"kind": "Warehouse", "name": warehouse}
    made = thing("Freight", name, alias=f"alias-{name}", origin=origin, status=status)
    made["metadata"]["creationTimestamp"] = minute(found)
    return made


def asking(*sources: Document, has: str = "", name: str = "prod", **status: Any) -> Document:
    """A Stage that requests Freight of Warehouse w from there."""
    origin = {"kind": "Warehouse", "name": "w"}
    found = stage(name, last="")
    found["spec"]["requestedFreight"] = [{"origin": origin, "sources": each} for each in sources]
    items = {"Warehouse/w": {"name": has}} if has else {}
    found["status"] |= {"freightHistory": [{"id": "c", "items": items}], **status}
    return found


def bundle(*objects: Document, name: str = "prod", hidden: frozenset[str] = frozenset()) -> Document:
    """The StageDetails of a Stage among those objects."""
    world = World()
    world.put(*objects)
    found = world.projector.get(BundleKey(STAGE_DETAILS, "shop", name))
    assert found is not None
    decoded: Document = orjson.loads(MemberMask(stage_details("argocd")).bundle(found, hidden).encode())
    return decoded


def entries(*objects: Document) -> list[Document]:
    """What is told of newer Freight."""
    told: list[Document] = bundle(*objects).get("availability", {}).get("freight", [])
    return told


IN_TEST = {"currentlyIn": {"test": {"since": minute(10)}}}
VERIFIED = {"verifiedIn": {"test": {"verifiedAt": minute(15)}}}
LEFT = {"verifiedIn": {"test": {"verifiedAt": minute(15), "longestSoak": "30m0s"}}}
SOAKED = {"verifiedIn": {"test": {"verifiedAt": minute(15), "longestSoak": "1h0m0s"}}}
TWO: Document = {"stages": ["test", "perf"]}

STANDINGS: list[tuple[str, list[Document], Document, Document]] = [
    (
        "from its Warehouse",
        [DIRECT],
        {},
        {"state": "Available", "since": minute(0), "message": "directly from Warehouse w"},
    ),
    (
        "verified upstream",
        [{"stages": ["test"]}],
        VERIFIED,
        {"state": "Available", "since": minute(15), "message": "verified in test", "verifiedIn": ["test"]},
    ),
    (
        "approved",
        [{"stages": ["test"]}],
        {"approvedFor": {"prod": {"approvedAt": minute(20)}}},
        {"state": "Available", "since": minute(20), "message": "approved for prod", "approvedFor": ["prod"]},
    ),
    (
        "it soaks",
        [SOAK],
        {**IN_TEST, **VERIFIED},
        {"state": "Waiting", "until": minute(70), "message": "soaks in test, for 1h", "verifiedIn": ["test"]},
    ),
    (
        "it has soaked, and has left",
        [SOAK],
        SOAKED,
        {"state": "Available", "since": minute(15), "message": "verified in test", "verifiedIn": ["test"]},
    ),
    (
        "it left too early",
        [SOAK],
        LEFT,
        {"state": "Queued", "message": "has left test before it had soaked there for 1h", "verifiedIn": ["test"]},
    ),
    ("not upstream yet", [{"stages": ["test"]}], {}, {"state": "Queued", "message": "not verified in test yet"}),
    (
        "upstream, not verified",
        [{"stages": ["test"]}],
        IN_TEST,
        {"state": "Queued", "message": "is in test, not verified there yet"},
    ),
    ("one of two", [TWO], {}, {"state": "Queued", "message": "not verified in test or perf yet"}),
    (
        "all of two",
        [{**TWO, "availabilityStrategy": "All"}],
        VERIFIED,
        {"state": "Queued", "message": "not verified in perf yet", "verifiedIn": ["test"]},
    ),
    (
        "one of many",
        [{"stages": ["a", "b", "c", "d", "e"]}],
        {},
        {"state": "Queued", "message": "not verified in a, b, c or 2 more yet"},
    ),
    (
        "from nowhere",
        [{}],
        {},
        {"state": "Queued", "message": "the Stage takes it from nowhere, and it is not approved"},
    ),
    (
        "two requests",
        [SOAK, {"stages": ["perf"]}],
        {},
        {"state": "Queued", "message": "not verified in test yet; not verified in perf yet"},
    ),
]


@pytest.mark.parametrize(("_", "sources", "status", "told"), STANDINGS)
def test_how_a_piece_of_freight_stands(_: str, sources: list[Document], status: Document, told: Document) -> None:
    """Whether the Stage may take it, since or from when on, and what is missing; no present time is in it."""
    named = {"name": "f1", "alias": "alias-f1", "warehouse": "w", "discoveredAt": minute(0)}
    assert entries(asking(*sources), freight("f1", **status)) == [{**named, **told}]


def test_freight_that_is_promoted_or_deleted_says_so() -> None:
    """That comes before all else."""
    going = changed(freight("f1"), "metadata", "deletionTimestamp", to=minute(3))
    assert [(each["state"], each["message"]) for each in entries(asking(DIRECT), going)] == [
        ("Deleting", "it is being deleted")
    ]
    coming = asking(DIRECT, currentPromotion={"name": "p", "freight": {"name": "f1"}})
    assert [each["state"] for each in entries(coming, freight("f1"), freight("f2", 1))] == ["Available", "Promoting"]


def test_only_what_is_newer_and_requested_is_told() -> None:
    """Older Freight, that which it has, that of another Warehouse or project is none that could come next."""
    elsewhere = changed(freight("f4", 9), "metadata", "namespace", to="other")
    others = (freight("f0", 1), freight("f1", 5), freight("f3", 8, warehouse="x"), elsewhere)
    assert [each["name"] for each in entries(asking(DIRECT, has="f1"), freight("f2", 6), *others)] == ["f2"]
    assert "availability" not in bundle(asking(DIRECT, has="f1"), freight("f1", 5))


def test_freight_that_others_have_is_no_member() -> None:
    """It is told of in short; whole is only the Freight that the Stage has."""
    found = bundle(asking(DIRECT, has="f1"), freight("f1"), freight("f2", 6))
    assert [each["metadata"]["name"] for each in found["freight"]] == ["f1"]
    assert "f0" not in [each["name"] for each in found["availability"]["freight"]]


def test_a_control_flow_stage_tells_nothing() -> None:
    """Freight flows through it: nothing is promoted to it."""
    assert "availability" not in bundle(stage("prod", steps=False), freight("f1"))


def test_what_is_told_is_bounded() -> None:
    """The twenty newest, and the newest that is available, wherever it stands; the others are counted."""
    late = [freight(f"f{place:02}", place) for place in range(1, 40)]
    ready = freight("f00", 0, **VERIFIED)
    found = bundle(asking({"stages": ["test"]}), ready, *late)["availability"]
    assert [each["name"] for each in found["freight"]] == [f"f{place:02}" for place in range(39, 19, -1)] + ["f00"]
    assert found["leftOut"] == 19


def test_of_very_many_the_newest_are_looked_at() -> None:
    """A hundred, beside what the Stage has."""
    late = [freight(f"f{place:03}", place) for place in range(150)]
    found = bundle(asking(DIRECT, has="f000"), *late)["availability"]
    assert (found["freight"][0]["name"], found["leftOut"]) == ("f149", 80)


def test_what_comes_next_is_in_the_status() -> None:
    """Of each Warehouse one: on its way, else available, else soaking, else the newest."""
    objects = [freight("f1", 1, **VERIFIED), freight("f2", 2, **IN_TEST), freight("f3", 3)]
    found = bundle(asking({"stages": ["test"]}), *objects)["status"]["next"]
    told = {"since": minute(15), "message": "verified in test"}
    assert found == [{"freight": "f1", "alias": "alias-f1", "warehouse": "w", "state": "Available", **told}]
    assert bundle(asking(SOAK), *objects[1:])["status"]["next"][0]["freight"] == "f3"
    assert "next" not in bundle(asking(DIRECT, has="f3"), *objects)["status"]


@pytest.mark.parametrize(
    ("status", "auto", "message"),
    [
        ({}, None, "verified in test"),
        ({"autoPromotionEnabled": False}, None, "verified in test"),
        ({"autoPromotionEnabled": True}, "Enabled", "verified in test"),
        (
            {"autoPromotionEnabled": True, "autoPromotionHolds": {"Warehouse/w": {"promotionName": "p7"}}},
            "Held",
            "verified in test; auto-promotion is held by Promotion p7",
        ),
        (
            {"autoPromotionEnabled": True, "effectiveAutoPromotionHolds": {"Warehouse/w": {}}},
            "Held",
            "verified in test; auto-promotion is held",
        ),
        ({"autoPromotionEnabled": True, "autoPromotionHolds": {"Warehouse/x": {}}}, "Enabled", "verified in test"),
    ],
)
def test_whether_a_policy_promotes_it(status: Document, auto: str | None, message: str) -> None:
    """As the Stage's own status says, by the Warehouse; a hold is named by the Promotion that established it."""
    found = bundle(asking({"stages": ["test"]}, **status), freight("f1", **VERIFIED))["status"]["next"][0]
    assert (found.get("autoPromotion"), found["message"]) == (auto, message)


def test_who_may_not_see_freight_is_told_nothing_of_it() -> None:
    """Neither what comes next, nor what could."""
    found = bundle(asking(DIRECT), freight("f1"), hidden=frozenset({"Freight"}))
    assert "availability" not in found
    assert "next" not in found["status"]
    whole = bundle(asking(DIRECT), freight("f1"), hidden=frozenset({"Promotion"}))
    assert [each["freight"] for each in whole["status"]["next"]] == ["f1"]


def test_a_change_of_freight_changes_the_stages_that_request_it() -> None:
    """Also those that do not have it: their details say that it may be taken now."""
    world = World()
    world.put(asking({"stages": ["test"]}), freight("f1"), stage("other"))
    before = world.end()
    world.put(freight("f1", **VERIFIED))
    taken = world.projector.cursor(STAGE_DETAILS, "", before).take(1 << 20)
    assert [change.key.name for change in taken] == ["other", "prod"]


@pytest.mark.parametrize("odd", [None, 7, "x", [], {}, [7], {"items": 7}, [{"items": [7]}]])
def test_what_has_another_shape_counts_as_absent(odd: Any) -> None:
    """Wherever it stands."""
    for path in (("status", "freightHistory"), ("status", "autoPromotionHolds"), ("spec", "requestedFreight")):
        assert bundle(changed(asking(DIRECT), *path, to=odd), freight("f1"))["status"]["state"] == "Unknown"
    for path in (("status",), ("status", "verifiedIn"), ("origin",), ("alias",), ("metadata", "creationTimestamp")):
        assert bundle(asking(DIRECT), changed(freight("f1"), *path, to=odd))["status"]["state"] == "Unknown"


def test_each_state_has_its_meaning() -> None:
    """In words, for the schema and the documentation."""
    assert all(state.meaning for state in FreightState)

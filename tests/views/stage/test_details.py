"""Which objects a StageDetails holds, how they look in it, and its health."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from promoter_view.records import BundleKey
from promoter_view.views.member_mask import MemberMask
from promoter_view.views.stage.details import STAGE_DETAILS, stage_details
from tests.support.views.oracle import key_of
from tests.support.views.stage_oracle import join_keyed
from tests.support.views.stages import application, changed, check, minute, promotion, stage, thing
from tests.support.views.world import World

SHOP = "shop:test"


def bundle(world: World, name: str = "test", namespace: str = "shop") -> dict[str, Any]:
    """One bundle, decoded."""
    found = world.projector.get(BundleKey(STAGE_DETAILS, namespace, name))
    assert found is not None
    return orjson.loads(found.encode())


def names(world: World, field: str, name: str = "test") -> list[str]:
    """The names of the members in that field."""
    return [member["metadata"]["name"] for member in bundle(world, name).get(field, [])]


def changes(world: World, after: int) -> list[tuple[str, str]]:
    """Namespace and name of the bundles that changed since."""
    taken = world.projector.cursor(STAGE_DETAILS, "", after).take(1 << 20)
    return [(change.key.namespace, change.key.name) for change in taken]


def joined(*objects: dict[str, Any]) -> World:
    """A world with those objects, whose bundles are what the slow join makes of them."""
    world = World()
    world.put(*objects)
    compare(world, objects)
    return world


def compare(world: World, objects: Any) -> None:
    """Every bundle but for what is worked out equals the slow join's."""
    wanted = join_keyed({key_of(each): each for each in objects})
    found = {}
    for each in world.projector.list(STAGE_DETAILS):
        document = orjson.loads(each.encode())
        document["metadata"].pop("resourceVersion")
        document.pop("health", None)
        document.pop("availability", None)
        document.pop("status")
        found[each.key.namespace, each.key.name] = document
    assert found == wanted


MEMBERSHIP: list[tuple[str, dict[str, Any], str, bool]] = [
    ("a Promotion to the Stage", promotion("p"), "promotions", True),
    ("a Promotion to another Stage", promotion("p", to="prod"), "promotions", False),
    ("a Promotion in another project", promotion("p", namespace="other"), "promotions", False),
    ("the Freight that it has", thing("Freight", "f1"), "freight", True),
    ("the Freight of another Warehouse that it has", thing("Freight", "f2"), "freight", True),
    ("the Freight that it had", thing("Freight", "f0"), "freight", False),
    ("Freight of that name in another project", thing("Freight", "f1", "other"), "freight", False),
    ("authorized", application("a", authorized=SHOP), "applications", True),
    ("authorized with others", application("a", authorized=f"x:y , {SHOP}"), "applications", True),
    ("authorized from another namespace", application("a", namespace="apps", authorized=SHOP), "applications", True),
    ("another Stage is authorized", application("a", authorized="shop:prod"), "applications", False),
    ("another project is authorized", application("a", authorized="other:test"), "applications", False),
    ("one bad entry voids all", application("a", authorized=f"{SHOP},nonsense"), "applications", False),
    ("a glob voids all", application("a", authorized=f"{SHOP},shop:*"), "applications", False),
    ("other case", application("a", authorized="Shop:test"), "applications", False),
    ("no annotation", application("a"), "applications", False),
    ("named by a health check", application("checked"), "applications", True),
    ("named without a namespace", application("here"), "applications", True),
    ("of that name elsewhere", application("here", namespace="apps"), "applications", False),
    ("named by a check of another kind", application("foreign"), "applications", False),
    ("named by a check that cannot be read", application("broken"), "applications", False),
]


@pytest.mark.parametrize("first", ["root", "member"])
@pytest.mark.parametrize(("_", "member", "field", "belongs"), MEMBERSHIP)
def test_membership(_: str, member: dict[str, Any], field: str, belongs: bool, first: str) -> None:
    """Each rule, and each near miss, whichever is there first."""
    unreadable = {"uses": "argocd-update", "config": {"apps": [{"name": "broken"}, {"name": 7}]}}
    checks = [check("argocd/checked", "here"), {**check("argocd/foreign"), "uses": "http"}, unreadable]
    root = stage(freight=["f1", "f2"], before=["f0"], checks=checks)
    objects = (root, member) if first == "root" else (member, root)
    world = joined(*objects)
    assert (member["metadata"]["name"] in names(world, field)) is belongs


@pytest.mark.parametrize(("_", "member", "field", "belongs"), [row for row in MEMBERSHIP if row[3]])
def test_departure(_: str, member: dict[str, Any], field: str, belongs: bool) -> None:
    """A member that is deleted leaves the bundle, in one change."""
    root = stage(freight=["f1", "f2"], checks=[check("argocd/checked", "here")])
    world = joined(root, member)
    before = world.end()
    world.delete(member)
    compare(world, [root])
    assert field not in bundle(world)
    assert changes(world, before) == [("shop", "test")]


MOVES: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("an annotation", application("a", authorized=SHOP), application("a", authorized="shop:prod")),
    ("one more Stage", application("a", authorized=SHOP), application("a", authorized=f"{SHOP},shop:prod")),
]


@pytest.mark.parametrize(("_", "one", "other"), MOVES)
def test_a_move_changes_both(_: str, one: dict[str, Any], other: dict[str, Any]) -> None:
    """An Application that turns to another Stage changes the bundle that it leaves and the one that it joins."""
    world = joined(stage(), stage("prod"), one)
    before = world.end()
    world.put(other)
    compare(world, [stage(), stage("prod"), other])
    assert changes(world, before) == [("shop", "prod"), ("shop", "test")]


def test_freight_moves_on() -> None:
    """When the Stage is promoted its new Freight takes the place of the one that it had."""
    freight = [thing("Freight", name) for name in ("f1", "f2")]
    world = joined(stage(freight=["f1"]), *freight)
    assert names(world, "freight") == ["f1"]
    world.put(stage(freight=["f2"], before=["f1"]))
    assert names(world, "freight") == ["f2"]


def test_promotions_that_are_shown() -> None:
    """All that have not ended, however many, and the ten that ended last, in the order of their creation."""
    ended = [promotion(f"e{place:02}", phase="Succeeded", created=place, finished=100 - place) for place in range(14)]
    waiting = [promotion(f"w{place:02}", created=20 + place) for place in range(12)]
    running = promotion("r", phase="Running", created=40)
    aborted = promotion("x", phase="Aborted", created=200)
    world = joined(stage(), *reversed(waiting), aborted, *ended, running)
    shown = [f"e{place:02}" for place in range(9)] + [f"w{place:02}" for place in range(12)] + ["r", "x"]
    assert names(world, "promotions") == shown
    before = world.end()
    world.put(changed(ended[13], "status", "message", to="nobody sees it"))
    assert changes(world, before) == []


def test_unauthorized_by_name_alone() -> None:
    """An Application that does not authorize the Stage shows its name; of its verdict only the word is told."""
    hidden = application("a", health="Degraded", revision="s3cr3t")
    world = joined(stage(checks=[check("argocd/a", a=["wanted"])]), hidden)
    found = bundle(world)
    assert "s3cr3t" not in orjson.dumps(found).decode()
    assert "example.com" not in orjson.dumps(found).decode()
    told = "Application argocd/a is Unhealthy; it does not authorize this Stage, so no more is told"
    assert found["health"] == {
        "status": "Unhealthy",
        "issues": [told],
        "checks": [
            {"name": "a", "namespace": "argocd", "status": "Unhealthy", "issues": [told], "revisionWanted": "wanted"}
        ],
    }
    before = world.end()
    world.put(application("a", health="Degraded", revision="s3cr3t", authorized=SHOP))
    assert changes(world, before) == [("shop", "test")]
    assert bundle(world)["health"]["checks"][0]["revisionSeen"] == "s3cr3t"


def test_unauthorized_changes_are_no_events() -> None:
    """What changes of it and may not be told is no change of the bundle."""
    world = joined(stage(checks=[check("argocd/a")]), application("a", revision="1"))
    before = world.end()
    world.put(application("a", revision="2"))
    assert changes(world, before) == []
    world.put(application("a", revision="2", health="Degraded"))
    assert changes(world, before) == [("shop", "test")]


HEALTHY = check("argocd/a", a=["1"])
HEALTH: list[tuple[str, dict[str, Any], list[dict[str, Any]], str | None, str]] = [
    ("never promoted", stage(last=""), [], None, ""),
    ("no steps", stage(steps=False), [], None, ""),
    ("no checks", stage(), [], "Healthy", ""),
    ("under way", stage(current="p1", checks=[HEALTHY]), [], "Unknown", "Promotion p1 is currently in progress"),
    ("failed", stage(phase="Failed", message="no"), [], "Unhealthy", "last Promotion p0 Failed: no"),
    ("healthy", stage(checks=[HEALTHY]), [application("a", authorized=SHOP, revision="1")], "Healthy", ""),
    ("missing", stage(checks=[HEALTHY]), [], "Unknown", "unable to find Application argocd/a"),
    (
        "progressing",
        stage(checks=[HEALTHY]),
        [application("a", authorized=SHOP, revision="1", health="Progressing")],
        "Progressing",
        "Application argocd/a is progressing",
    ),
]


@pytest.mark.parametrize(("_", "root", "members", "status", "issue"), HEALTH)
def test_health(_: str, root: dict[str, Any], members: list[dict[str, Any]], status: str | None, issue: str) -> None:
    """The state of the Stage and why; left out where there is nothing to say."""
    health = bundle(joined(root, *members)).get("health", {})
    assert health.get("status") == status
    assert health.get("issues", []) == ([issue] if issue else [])


def test_health_follows_at_once() -> None:
    """Each change of an Application that matters is one change of the bundle, and brings the new health."""
    world = joined(stage(checks=[HEALTHY]))
    seen = []
    for health in ("Healthy", "Progressing", "Degraded", "Healthy", None):
        before = world.end()
        found = application("a", authorized=SHOP, revision="1", health=health)
        world.put(found) if health else world.delete(found)
        assert changes(world, before) == [("shop", "test")]
        seen.append(bundle(world)["health"]["status"])
    assert seen == ["Healthy", "Progressing", "Unhealthy", "Healthy", "Unknown"]


def test_applications_go_on_being_checked() -> None:
    """After a Promotion that failed and registered nothing, what the last successful one registered is checked."""
    root = stage(last="p2", phase="Errored")
    done = promotion("p1", phase="Succeeded", created=1, finished=2, checks=[check("argocd/a", "argocd/b")])
    older = promotion("p0", phase="Succeeded", created=0, finished=1, checks=[check("argocd/c")])
    world = joined(root, done, older, application("a", authorized=SHOP))
    checks = bundle(world)["health"]["checks"]
    assert [(each["name"], each["status"]) for each in checks] == [("a", "Healthy"), ("b", "Unknown")]
    assert bundle(world)["health"]["issues"] == ["last Promotion p2 Errored"]


def test_hydrated() -> None:
    """Where manifests are hydrated a wanted dry commit is healthy once it is synced, and both commits are told."""
    hydrator = {"lastSuccessfulOperation": {"drySHA": "d", "hydratedSHA": "h"}}
    found = application("a", authorized=SHOP, revision="h", sourceHydrator=hydrator)
    sync = {"targetBranch": "environments/test", "path": "a"}
    found["spec"] = {"sourceHydrator": {"drySource": {"repoURL": "https://git.example.com/a.git"}, "syncSource": sync}}
    world = joined(stage(checks=[check("argocd/a", a=["d"])]), found)
    (entry,) = bundle(world)["health"]["checks"]
    assert entry == {
        "name": "a",
        "namespace": "argocd",
        "status": "Healthy",
        "revisionWanted": "d",
        "revisionSeen": "h",
        "dryRevisionSeen": "d",
    }
    (shown,) = bundle(world)["applications"]
    assert (shown["spec"], shown["status"]["sourceHydrator"]) == (found["spec"], hydrator)


def test_hydrated_and_unauthorized() -> None:
    """Of an Application that does not authorize the Stage neither commit is told."""
    hydrator = {"lastSuccessfulOperation": {"drySHA": "d", "hydratedSHA": "h"}}
    found = application("a", revision="h", sourceHydrator=hydrator)
    found["spec"] = {"sourceHydrator": {"drySource": {}, "syncSource": {"targetBranch": "b"}}}
    (entry,) = bundle(joined(stage(checks=[check("argocd/a", a=["d"])]), found))["health"]["checks"]
    assert (entry["status"], entry.keys() & {"revisionSeen", "dryRevisionSeen"}) == ("Healthy", set())


def test_one_entry_an_application() -> None:
    """Several checks of one Application make one entry: the worst word, all reasons, each wish."""
    checks = [check("argocd/a", a=["1", ""]), check("argocd/a", a=["2", ""]), check("argocd/a")]
    found = application("a", authorized=SHOP, sources=2, sync={"status": "Synced", "revisions": ["1", "9"]})
    (entry,) = bundle(joined(stage(checks=checks), found))["health"]["checks"]
    assert (entry["status"], entry["revisionWanted"], entry["revisionSeen"]) == ("Unhealthy", "1, any; 2, any", "1, 9")
    assert len(entry["issues"]) == 1


def test_who_may_not_see_applications_sees_no_health() -> None:
    """The health is made of Applications: whoever may not get those gets neither, and keeps the rest and the words."""
    world = joined(
        stage(freight=["f"], checks=[HEALTHY]), thing("Freight", "f"), application("a", authorized=SHOP), promotion("p")
    )
    whole = world.projector.list(STAGE_DETAILS)[0]
    mask = MemberMask(stage_details("argocd"))
    seen = orjson.loads(mask.bundle(whole, frozenset({"Application"})).encode())
    assert list(seen) == ["kind", "apiVersion", "metadata", "stage", "promotions", "freight", "status"]
    seen = orjson.loads(mask.bundle(whole, frozenset({"Promotion"})).encode())
    assert list(seen) == ["kind", "apiVersion", "metadata", "stage", "freight", "applications", "health", "status"]


def test_who_may_not_see_promotions_is_not_told_what_one_wanted() -> None:
    """What an earlier Promotion wanted to be checked is told with the Promotions alone; why and the word stay."""
    root = stage(last="p2", phase="Errored")
    done = promotion("p1", phase="Succeeded", created=1, finished=2, checks=[check("argocd/a", a=["secret"])])
    world = joined(root, done, application("a", authorized=SHOP))
    whole = world.projector.list(STAGE_DETAILS)[0]
    mask = MemberMask(stage_details("argocd"))
    seen = mask.bundle(whole, frozenset({"Promotion"})).encode()
    assert b"secret" in whole.encode()
    assert b"secret" not in seen
    assert orjson.loads(seen)["health"] == {"status": "Unhealthy", "issues": ["last Promotion p2 Errored"]}
    assert b"secret" in mask.bundle(whole, frozenset({"Freight"})).encode()


def test_members_are_shared() -> None:
    """An Application in two bundles is there once: both hold the very bytes that the log handed over."""
    world = joined(stage(), stage("prod"), application("a", authorized=f"{SHOP},shop:prod"))
    body = orjson.dumps(application("a", authorized=f"{SHOP},shop:prod"))
    held = [piece for each in world.projector.list(STAGE_DETAILS) for piece in each.tail if piece == body]
    assert len(held) == 2
    assert held[0] is held[1]


MALFORMED = [
    changed(stage(), "status", to="wrong"),
    changed(stage(), "status", "freightHistory", to=[7, {"items": "wrong"}]),
    changed(stage(), "status", "freightHistory", to=[{"items": {"a": None, "b": {"name": 7}}}]),
    changed(stage(), "status", "lastPromotion", to=[]),
    changed(stage(), "status", "lastPromotion", "status", "healthChecks", to={"uses": 7}),
    changed(promotion("p"), "status", to=7),
    changed(promotion("p", phase="Failed"), "metadata", "creationTimestamp", to=7),
    changed(application("a"), "metadata", "annotations", to=7),
    changed(application("a", authorized=SHOP), "status", to=[]),
]


@pytest.mark.parametrize("odd", MALFORMED)
def test_malformed(odd: dict[str, Any]) -> None:
    """Whatever stands where something else should: the bundle is there, and what can be read of it is."""
    objects = {key_of(each): each for each in (stage(), promotion("q"), odd)}
    world = joined(*objects.values())
    assert "q" in names(world, "promotions")


def test_order_of_time() -> None:
    """Minutes that tests speak of stand in the order of their text."""
    assert minute(9) < minute(10) < minute(60) < minute(190)

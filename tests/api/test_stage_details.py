"""StageDetails over HTTP: beside the first view, in Tables and documents, and to users of different rights."""

from __future__ import annotations

import json
import zlib
from typing import Any

import pytest
from twisted.internet.defer import Deferred

from promoter_view.views.known import DEFINITIONS
from tests.support.api.membership import Admitted, Membership
from tests.support.api.world import BASE, TABLE, Answer
from tests.support.views.stages import application, check, promotion, stage, thing
from tests.support.views.world import family, strategy

VIEWS = "/apis/view.promoter.argoproj.io/v1alpha1"
STAGES = f"{VIEWS}/stagedetails"
ALICE, BOB, EVE = {"User": "alice"}, {"User": "bob"}, {"User": "eve"}


@pytest.fixture
def found() -> Membership:
    """A Stage with members of every kind; alice may get all of them, bob in the Stage's namespace only, eve none."""
    membership = Membership(definitions=DEFINITIONS)
    membership.put(
        stage(freight=["f"], checks=[check("argocd/a")]),
        thing("Freight", "f"),
        promotion("p"),
        application("a", authorized="shop:test", health="Degraded"),
    )
    kinds = ("Promotion", "Freight", "Application")
    membership.let("alice", *kinds)
    membership.let("bob", *kinds, namespace="shop")
    return membership


def members(bundle: dict[str, Any]) -> set[str]:
    return set(bundle) - {"kind", "apiVersion", "metadata", "stage", "status"}


def test_two_views(found: Membership) -> None:
    """Discovery has both views, and each has its own list."""
    resources = found.world.ask(VIEWS, ALICE).document["resources"]
    assert [(each["name"], each["shortNames"], each["kind"]) for each in resources[:2]] == [
        ("promotionstrategydetails", ["psd"], "PromotionStrategyDetails"),
        ("stagedetails", ["sgd"], "StageDetails"),
    ]
    found.put(strategy("shop"))
    for path, kind in ((BASE, "PromotionStrategyDetails"), (STAGES, "StageDetails")):
        document = found.world.ask(path, ALICE).document
        assert (document["kind"], [item["kind"] for item in document["items"]]) == (f"{kind}List", [kind])


def test_applications_by_the_right_everywhere(found: Membership) -> None:
    """Applications live in other namespaces: a right in the Stage's own is none to them, nor to health."""
    full, part, bare = (found.world.ask(STAGES, user).document["items"][0] for user in (ALICE, BOB, EVE))
    assert members(full) == {"promotions", "freight", "applications", "health"}
    assert members(part) == {"promotions", "freight"}
    assert members(bare) == set()
    assert ("bob", "applications", "shop") not in found.take_asked()


def test_a_table_of_what_may_be_seen(found: Membership) -> None:
    """Cells that are made of hidden members are unknown, those of the Stage itself and of its state are not."""
    (row,) = found.world.ask(STAGES, {**TABLE, **ALICE}).document["rows"]
    assert row["cells"][:5] == ["test", "f", "Unhealthy", "0/1", "p0 Succeeded"]
    (row,) = found.world.ask(STAGES, {**TABLE, **EVE}).document["rows"]
    assert row["cells"][:5] == ["test", "<unknown>", "Unhealthy", "<unknown>", "p0 Succeeded"]
    assert row["cells"][6] == "<unknown>"


def test_of_hidden_applications_the_word_alone_is_told(found: Membership) -> None:
    """Who may not see Applications is told which state the Stage is in and no word of why; who may is told all."""
    version = found.world.ask(STAGES, ALICE).version
    watches = [found.world.open(f"{STAGES}?watch=1&resourceVersion={version}", user) for user in (ALICE, BOB)]
    found.put(application("a", authorized="shop:test", health="Missing"))
    found.put(application("a", authorized="shop:test", health="Healthy"))
    found.put(promotion("q"))
    seen = [[event["object"] for event in watch.events()] for watch in watches]
    assert [each["health"]["status"] for each in seen[0]] == ["Unhealthy", "Healthy", "Healthy"]
    assert [each["status"]["state"] for each in seen[1]] == ["Healthy", "Healthy"]
    assert [len(each["promotions"]) for each in seen[1]] == [1, 2]
    assert "health" not in seen[1][0]
    (before,) = found.world.ask(f"{STAGES}?resourceVersion={version}&resourceVersionMatch=Exact", BOB).document["items"]
    assert (before["status"]["state"], before["status"]["message"]) == ("Unhealthy", "not visible to you")
    told = {each["type"]: (each["status"], each["message"]) for each in before["status"]["conditions"]}
    hidden = "not visible to you"
    assert told == {"Healthy": ("False", hidden), "Progressing": ("False", ""), "NeedsAttention": ("True", hidden)}


def test_field_selectors(found: Membership) -> None:
    """Lists and watches by state and by shard: a Stage that leaves the selection is DELETED, one that enters ADDED."""
    list_of, watch_of = f"{STAGES}?fieldSelector=status.state%3D", f"{STAGES}?watch=1&fieldSelector=status.state%3D"
    assert found.world.ask(f"{list_of}Unhealthy", ALICE).document["items"]
    assert found.world.ask(f"{list_of}Healthy", ALICE).document["items"] == []
    assert found.world.ask(f"{list_of}Unhealthy", EVE).document["items"]
    assert found.world.ask(f"{STAGES}?fieldSelector=spec.shard%3Deast", ALICE).document["items"] == []
    version = found.world.ask(STAGES, ALICE).version
    ill, well = (
        found.world.open(f"{watch_of}{state}&resourceVersion={version}", ALICE) for state in ("Unhealthy", "Healthy")
    )
    found.put(application("a", authorized="shop:test", health="Healthy"))
    found.put(application("a", authorized="shop:test", health="Degraded"))
    assert [(event["type"], event["object"]["status"]["state"]) for event in ill.events()] == [
        ("DELETED", "Unhealthy"),
        ("ADDED", "Unhealthy"),
    ]
    assert [event["type"] for event in well.events()] == ["ADDED", "DELETED"]
    refused = found.world.ask(f"{STAGES}?fieldSelector=spec.nothing%3Da", ALICE)
    assert refused.code == 400
    told = "field label not supported: spec.nothing; supported are metadata.name, metadata.namespace, "
    assert refused.document["message"] == told + "spec.shard, status.state"


def test_one_sight_for_both_views(found: Membership) -> None:
    """Who reads several views at once is shown of each what may be seen of that one."""
    found.put(*family("shop", "ScmProvider"))
    seen = found.members.of(Admitted(found.access, "eve"), "promotionstrategydetails", "stagedetails")
    shown: list[bytes] = []

    async def read() -> None:
        views = ("promotionstrategydetails", "stagedetails")
        shown.extend(await seen.see(lambda: [bundle.encode() for view in views for bundle in seen.views.list(view)]))

    Deferred.fromCoroutine(read())
    strategies, stages = map(json.loads, shown)
    assert members(stages) == set()
    assert members(strategies) == {"promotionStrategy"}


@pytest.mark.parametrize("headers", [{}, TABLE, {"Accept-Encoding": "gzip"}])
def test_frames_of_two_views(found: Membership, headers: dict[str, str]) -> None:
    """States that were built at once have one resourceVersion: no watcher of one view gets a frame of the other's."""
    membership = Membership(definitions=DEFINITIONS, ready=False)
    membership.put(strategy("shop"), stage())
    membership.world.become_ready()
    paths = (BASE, STAGES, BASE, STAGES)
    watches = [membership.world.open(f"{path}?watch=1", {**headers, **ALICE}) for path in paths]
    lists = [membership.world.ask(path, {**headers, **ALICE}) for path in paths]
    membership.world.turn()
    words = [_plain(watch.answer()) for watch in watches] + [_plain(answer) for answer in lists]
    stages = [b"StageDetails" in word or b'"Freight"' in word for word in words]
    strategies = [b"PromotionStrategyDetails" in word or b'"Promoted"' in word for word in words]
    assert stages == [False, True] * 4
    assert strategies == [True, False] * 4


def _plain(answer: Answer) -> bytes:
    if answer.header("content-encoding") != "gzip":
        return answer.body
    return zlib.decompressobj(wbits=31).decompress(answer.body)

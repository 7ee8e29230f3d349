"""What users of different rights are shown of the same bundles, over HTTP."""

from __future__ import annotations

import gzip
import json

import pytest

from promoter_view.access.identity import MASTERS
from promoter_view.kubernetes.kinds import PROMOTER_KINDS
from promoter_view.records import KindsChanged
from tests.support.api.membership import UNDECLARED, Membership
from tests.support.api.world import BASE, METADATA_LIST, TABLE, in_namespace, version_of
from tests.support.reading.sights import FIELDS
from tests.support.views.world import family, moved, thing

MEMBERS = sorted(set(FIELDS.values()))
ALICE, BOB, EVE = {"User": "alice"}, {"User": "bob"}, {"User": "eve"}
WATCH = f"{BASE}?watch=1"
POLICY = thing("ChangeTransferPolicy", "shop")


@pytest.fixture
def found() -> Membership:
    """A strategy in each of two namespaces; alice may get all, bob gates and policies in a, eve nothing."""
    membership = Membership()
    for document in family("shop", "ClusterScmProvider"):
        membership.put(document)
        if document["kind"] != "ClusterScmProvider":
            membership.put(moved(document, "b"))
    membership.let("alice", *MEMBERS)
    membership.let("bob", "ChangeTransferPolicy", "TimedCommitStatus", namespace="a")
    return membership


def members(bundle: dict) -> set[str]:
    return set(bundle) - {"kind", "apiVersion", "metadata", "promotionStrategy", "status"}


def pull_request(**spec: str) -> dict:
    return thing("PullRequest", "shop", owner=POLICY, **spec)


def test_a_list(found):
    """In one list each namespace shows what may be seen there; the root always, nothing where nothing may be seen."""
    full, part, bare = (found.world.ask(BASE, user).document["items"] for user in (ALICE, BOB, EVE))
    assert [members(item) for item in full] == [set(FIELDS) - {"scmProvider"}] * 2
    assert [members(item) for item in part] == [{"changeTransferPolicies", "timedCommitStatuses"}, set()]
    assert [members(item) for item in bare] == [set(), set()]
    assert [item["promotionStrategy"]["metadata"]["name"] for item in bare] == ["shop", "shop"]
    assert [item["metadata"] for item in full] == [item["metadata"] for item in bare]


def test_a_get(found):
    """The same of a single bundle; one that is not there is not there, without asking anybody."""
    path = f"{in_namespace('a')}/shop"
    assert members(found.world.ask(path, BOB).document) == {"changeTransferPolicies", "timedCommitStatuses"}
    assert members(found.world.ask(path, EVE).document) == set()
    found.take_asked()
    assert found.world.ask(f"{in_namespace('a')}/none", {"User": "carol"}).code == 404
    assert found.take_asked() == []


def test_a_cluster_scoped_member(found):
    """A ClusterScmProvider counts by the right at the cluster scope only, and is not asked about in namespaces."""
    found.let("bob", "ClusterScmProvider", namespace="a")
    assert "clusterScmProvider" not in found.world.ask(BASE, BOB).document["items"][0]
    assert ("bob", "clusterscmproviders", "a") not in found.take_asked()
    found.let("carol", "ClusterScmProvider")
    assert members(found.world.ask(BASE, {"User": "carol"}).document["items"][0]) == {"clusterScmProvider"}


def test_every_representation(found):
    """Tables (with objects), metadata, YAML and gzip show no more than JSON does."""
    table = found.world.ask(f"{BASE}?includeObject=Object", {**TABLE, **EVE}).document
    assert [members(row["object"]) for row in table["rows"]] == [set(), set()]
    assert table["rows"][0]["cells"][1:4] == ["0/1", "Unknown", "<unknown>"]
    assert table["rows"][0]["cells"][5:] == ["not visible to you", "<unknown>", None, "<unknown>", "shop"]
    seen = found.world.ask(BASE, {**TABLE, **BOB}).document["rows"]
    assert seen[0]["cells"][1:4] == ["0/1", "Unknown", "dev=-"]
    assert seen[0]["cells"][7] is None
    assert found.world.ask(BASE, {**TABLE, **ALICE}).document["rows"][0]["cells"][7] == 0
    metadata = found.world.ask(BASE, {**METADATA_LIST, **EVE}).document["items"]
    assert {item["kind"] for item in metadata} == {"PartialObjectMetadata"}
    assert b"timedCommitStatuses" not in found.world.ask(BASE, {"Accept": "application/yaml", **EVE}).body
    for number in range(200):
        found.put(thing("CommitStatus", f"big-{number}", owner=POLICY, note="x" * 2000))
    for user, shown in ((ALICE, True), (EVE, False), (ALICE, True), (BOB, False)):
        answer = found.world.ask(BASE, {"Accept-Encoding": "gzip", **user})
        packed = answer.header("content-encoding") == "gzip"
        body = gzip.decompress(answer.body) if packed else answer.body
        assert packed is shown
        assert (b"big-1" in body) is shown
        assert body == found.world.ask(BASE, user).body


def test_pages_and_selectors(found):
    """Continue pages, an exact resourceVersion and selectors go through the same mask."""
    first = found.world.ask(f"{BASE}?limit=1", BOB).document
    token = first["metadata"]["continue"]
    found.put(pull_request(state="open"))
    second = found.world.ask(f"{BASE}?limit=1&continue={token}", BOB).document
    assert [members(item) for item in first["items"] + second["items"]] == [
        {"changeTransferPolicies", "timedCommitStatuses"},
        set(),
    ]
    version = first["metadata"]["resourceVersion"]
    exact = found.world.ask(f"{BASE}?resourceVersion={version}&resourceVersionMatch=Exact", BOB).document
    assert [members(item) for item in exact["items"]] == [{"changeTransferPolicies", "timedCommitStatuses"}, set()]
    selected = found.world.ask(f"{BASE}?fieldSelector=metadata.namespace%3Db", ALICE).document
    assert [item["metadata"]["namespace"] for item in selected["items"]] == ["b"]


def test_watches(found):
    """Each watch shows what its user may see; a change of hidden members is none, but bookmarks move on past it."""
    path = f"{WATCH}&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true"
    alice, bob = found.world.open(path, ALICE), found.world.open(path, BOB)
    zipped = found.world.open(path, {"Accept-Encoding": "gzip", **BOB})
    assert [members(event["object"]) for event in bob.events()[:2]] == [
        {"changeTransferPolicies", "timedCommitStatuses"},
        set(),
    ]
    assert len(alice.events()) == 3
    found.put(pull_request(state="open"))
    (event,) = alice.events()
    assert event["object"]["pullRequests"][0]["spec"] == {"state": "open"}
    assert bob.events() == []
    found.world.turn(45)
    assert {version_of(event) for event in bob.events() if event["type"] == "BOOKMARK"} <= {found.world.views.head}
    found.world.turn(31)
    bookmarks = [event for event in bob.events() if event["type"] == "BOOKMARK"]
    assert all(version_of(event) >= found.world.views.head for event in bookmarks)
    found.put(thing("ChangeTransferPolicy", "shop", uid=POLICY["metadata"]["uid"], note="new"))
    found.world.turn()
    seen = [event for event in bob.events() if event["type"] != "BOOKMARK"]
    assert [event["type"] for event in seen] == ["MODIFIED"]
    assert members(seen[0]["object"]) == {"timedCommitStatuses"}
    found.world.site.drain()
    found.world.turn()
    lines = gzip.decompress(zipped.answer().body).splitlines()
    assert not any(b"pullRequests" in line for line in lines)
    assert any(b"MODIFIED" in line for line in lines)


def test_frames_are_shared_by_those_who_see_the_same(found):
    """A change is encoded once for each set of hidden kinds, not once for each user."""
    names = [f"user{number}" for number in range(6)]
    for name in names[:3]:
        found.let(name, "ChangeTransferPolicy")
    watches = [found.world.open(WATCH, {"User": name}) for name in names]
    for watch in watches:
        watch.events()
    document = thing("ChangeTransferPolicy", "shop", uid=POLICY["metadata"]["uid"], activeBranch="dev", note="x" * 999)
    resource = found.world.resource
    before = len(resource._frames.plain._kept)
    found.put({**document, "metadata": family("shop", "ScmProvider")[1]["metadata"]})
    seen = [len(watch.events()) for watch in watches]
    assert seen == [1, 1, 1, 0, 0, 0]
    assert len(resource._frames.plain._kept) == before + 1


def test_asked_once_a_minute(found):
    """Who may get everything costs a review a kind, all others also one a kind and namespace, once a minute."""
    found.take_asked()
    found.world.ask(BASE, ALICE)
    assert sorted(found.take_asked()) == sorted(("alice", kind.plural, "") for kind in PROMOTER_KINDS[1:])
    found.world.ask(BASE, EVE)
    namespaced = [kind for kind in PROMOTER_KINDS[1:] if kind.namespaced]
    assert len(found.take_asked()) == len(MEMBERS) + 2 * len(namespaced)
    for path in (BASE, in_namespace("a"), f"{in_namespace('b')}/shop", f"{BASE}?limit=1"):
        found.world.ask(path, EVE)
        found.world.ask(path, ALICE)
    assert found.take_asked() == []
    found.world.turn(60)
    found.world.ask(in_namespace("a"), EVE)
    assert len(found.take_asked()) == len(MEMBERS) + len(namespaced)


def test_system_masters_is_not_asked_about(found):
    """Who may do everything sees everything, at the cost of no review."""
    found.access.groups["eve"] = (MASTERS,)
    assert members(found.world.ask(BASE, EVE).document["items"][0]) == set(FIELDS) - {"scmProvider"}
    assert found.take_asked() == []


def test_nobody_can_be_asked(found):
    """Without reviews nothing begins: 503 and never a member more; what is known counts for its minute."""
    found.world.ask(BASE, BOB)
    found.down = True
    assert found.world.ask(BASE, BOB).code == 200
    for path in (BASE, f"{in_namespace('a')}/shop", WATCH, f"{WATCH}&resourceVersion={found.world.views.head}"):
        answer = found.world.ask(path, EVE)
        assert (answer.code, answer.document["reason"]) == (503, "ServiceUnavailable")
        assert answer.header("retry-after")
    found.world.turn(60)
    assert found.world.ask(BASE, BOB).code == 503
    assert found.world.ask(f"{in_namespace('a')}/none", BOB).code == 404


def test_a_watch_waits_for_a_new_namespace(found):
    """A bundle in a namespace of which nothing is known is shown when it is, and what came behind it too."""
    watch = found.world.open(WATCH, BOB)
    assert len(watch.events()) == 2
    found.hold()
    found.put(moved(family("late", "ScmProvider")[0], "c"), moved(family("late", "ScmProvider")[1], "c"))
    found.put(family("after", "ScmProvider")[0])
    assert watch.events() == []
    found.release()
    events = watch.events()
    assert [(event["type"], event["object"]["metadata"]["namespace"]) for event in events] == [
        ("ADDED", "c"),
        ("ADDED", "a"),
    ]
    assert members(events[0]["object"]) == set()


def novel(namespace: str = "a", **status: str) -> dict:
    """An object of the undeclared kind, of the strategy there."""
    metadata = {"name": "novel", "namespace": namespace, "uid": f"uid-{namespace}"}
    spec = {"promotionStrategyRef": {"name": "shop"}}
    return {
        "apiVersion": "promoter.argoproj.io/v1alpha1",
        "kind": UNDECLARED.kind,
        "metadata": metadata,
        "spec": spec,
        "status": status,
    }


def test_an_undeclared_kind_is_asked_about_once_it_is_taken_up(found):
    """Nobody sees its objects who may not get them; who is watching is asked about anew and goes on, without a 410."""
    found.let("bob", UNDECLARED.kind, namespace="b")
    watches = [found.world.open(WATCH, user) for user in (ALICE, BOB, EVE)]
    for watch in watches:
        assert len(watch.events()) == 2
    found.take_asked()
    found.world.record(KindsChanged((UNDECLARED,)))
    found.put(novel("a"), novel("b"))
    seen = [[event["object"]["metadata"]["namespace"] for event in watch.events()] for watch in watches]
    assert seen == [[], ["b"], []]
    assert {resource for _, resource, _ in found.take_asked()} >= {UNDECLARED.plural}
    found.let("alice", UNDECLARED.kind)
    found.world.turn(60)
    items = found.world.ask(BASE, ALICE).document["items"]
    assert [UNDECLARED.field in members(item) for item in items] == [True, True]
    found.put(novel("a", phase="success"))
    assert [len(watch.events()) for watch in watches[1:]] == [0, 0]


def test_who_has_a_right_to_all_sees_an_undeclared_kind_at_once(found):
    """His watch waits for the review, and shows the object as an ordinary change."""
    found.let("alice", UNDECLARED.kind)
    watch = found.world.open(WATCH, ALICE)
    assert len(watch.events()) == 2
    found.hold()
    found.world.record(KindsChanged((UNDECLARED,)))
    found.put(novel("a"))
    assert watch.events() == []
    found.release()
    [event] = watch.events()
    assert event["type"] == "MODIFIED"
    assert event["object"][UNDECLARED.field] == [novel("a")]


def test_an_undeclared_kind_that_is_let_go_ends_no_watch(found):
    """Its members vanish as an ordinary change, for those who saw them; nobody else hears of it."""
    found.let("alice", UNDECLARED.kind)
    found.world.record(KindsChanged((UNDECLARED,)))
    found.put(novel("a"))
    watches = [found.world.open(WATCH, user) for user in (ALICE, BOB)]
    for watch in watches:
        assert len(watch.events()) == 2
    found.world.record(KindsChanged(()))
    [event] = watches[0].events()
    assert event["type"] == "MODIFIED"
    assert UNDECLARED.field not in event["object"]
    assert watches[1].events() == []
    found.world.turn(60)
    assert found.world.ask(BASE, ALICE).code == 200


def test_the_past_of_an_undeclared_kind_is_asked_about_too(found):
    """Who resumes, or lists, before it was let go sees no member that he may not get, though nobody has it any more."""
    found.let("alice", UNDECLARED.kind)
    start = found.world.views.head
    found.world.record(KindsChanged((UNDECLARED,)))
    found.put(novel("a"))
    then = found.world.views.head
    found.world.record(KindsChanged(()))
    for user, shown in ((ALICE, True), ({"User": "carol"}, False)):
        at = found.world.ask(f"{BASE}?resourceVersion={then}&resourceVersionMatch=Exact", user).document["items"]
        assert any(UNDECLARED.field in members(item) for item in at) is shown
        events = found.world.open(f"{WATCH}&resourceVersion={start}", user).events()
        assert any(UNDECLARED.field in event["object"] for event in events) is shown


def test_a_watch_outlives_an_outage(found):
    """In mid-stream what was known counts for its minute; then the watch waits, and goes on by itself."""
    watch = found.world.open(WATCH, BOB)
    watch.events()
    found.down = True
    found.put(thing("TimedCommitStatus", "second", promotionStrategyRef={"name": "shop"}))
    assert len(watch.events()) == 1
    found.world.turn(61)
    found.put(thing("TimedCommitStatus", "third", promotionStrategyRef={"name": "shop"}))
    assert watch.events() == []
    found.world.turn(300)
    assert watch.events() == []
    found.down = False
    found.world.turn(6)
    (event,) = watch.events()
    assert len(event["object"]["timedCommitStatuses"]) == 3
    assert not watch.complete


@pytest.mark.parametrize("given", [True, False])
def test_a_right_that_changes_in_mid_watch(found, given):
    """Given or taken away: the watch ends with 410, nobody resumes from before that, a list shows what holds now."""
    other = found.world.open(WATCH, ALICE)
    watch = found.world.open(WATCH, BOB)
    version = version_of(watch.events()[-1])
    found.put(thing("TimedCommitStatus", "second", promotionStrategyRef={"name": "shop"}))
    assert len(watch.events()) == 1
    if given:
        found.let("bob", "PullRequest", namespace="a")
    else:
        found.forbid("bob", "TimedCommitStatus", namespace="a")
    for _ in range(3):
        found.world.turn(33)
    (event,) = watch.events()
    assert (event["type"], event["object"]["reason"], event["object"]["code"]) == ("ERROR", "Expired", 410)
    assert watch.complete
    assert not other.complete
    again = found.world.ask(f"{WATCH}&resourceVersion={version}", BOB)
    assert json.loads(again.body)["object"]["code"] == 410
    listed = found.world.ask(BASE, BOB)
    expected = (
        {"changeTransferPolicies", "timedCommitStatuses", "pullRequests"} if given else {"changeTransferPolicies"}
    )
    assert members(listed.document["items"][0]) == expected
    resumed = found.world.open(f"{WATCH}&resourceVersion={listed.version}", BOB)
    assert resumed.events() == []
    assert not resumed.complete


def test_nothing_is_shown_by_a_right_of_more_than_a_minute_ago(found):
    """Taken away long before a change, and not noticed yet: the change is not shown, the watch is over."""
    watch = found.world.open(WATCH, BOB)
    watch.events()
    found.forbid("bob", "TimedCommitStatus", namespace="a")
    found.world.clock.rightNow += 61
    found.put(thing("TimedCommitStatus", "secret", promotionStrategyRef={"name": "shop"}))
    found.world.turn()
    assert b"secret" not in watch.answer().body
    assert [event["type"] for event in watch.events()] == ["ERROR"]


def test_other_groups_are_another_sight(found):
    """A token's user whose groups have changed begins again."""
    watch = found.world.open(WATCH, EVE)
    watch.events()
    found.access.groups["eve"] = ("team",)
    found.world.turn(40)
    assert [event["object"]["code"] for event in watch.events()] == [410]


def test_a_client_that_leaves_leaves_nothing(found):
    """A watch that waits for what may be seen and is given up asks no more."""
    watch = found.world.open(WATCH, BOB)
    watch.events()
    found.down = True
    found.world.turn(61)
    found.put(thing("TimedCommitStatus", "third", promotionStrategyRef={"name": "shop"}))
    found.world.turn(20)
    watch.leave()
    found.world.turn()
    assert found.world.clock.getDelayedCalls() == []


def test_sights_are_bounded():
    """Only so many identities are remembered; those forgotten are asked about again."""
    found = Membership(max_sights=2)
    found.put(*family("shop", "ScmProvider"))
    for name in ("one", "two", "three", "one"):
        found.world.ask(BASE, {"User": name})
    assert [user for user, resource, namespace in found.asked if (resource, namespace) == ("pullrequests", "")] == [
        "one",
        "two",
        "three",
        "one",
    ]
    assert len(found.members._sights) == 2

"""Streams of Server-Sent Events, through the whole site in memory."""

from __future__ import annotations

import json
from typing import Any

import pytest

from promoter_view.records import Change, ChangeType, Mark, ObjectKey
from promoter_view.views.known import DEFINITIONS
from tests.support.api.world import MIRROR, sample
from tests.support.dashboard.board import Board, Events, bearer, by_members, with_tokens
from tests.support.views.oracle import key_of
from tests.support.views.stages import stage, thing

PAGES = "/pages/stream?page=fleet&page=stages&page=strategies/a/in-a&page=stages/shop/test&page=activity"
VIEW = "promotionstrategydetails"


def board(count: int = 3) -> Board:
    """Strategies s0, s1, ... in namespace n."""
    found = Board()
    for number in range(count):
        found.put("n", f"s{number}", labels={"number": str(number)})
    return found


def test_a_snapshot_then_changes() -> None:
    """ADDED without id for each bundle, SYNCED with one, then each change with its own, all larger and larger."""
    world = board()
    events = world.watch()
    first = events.frames()
    assert [frame.brief for frame in first] == [("ADDED", "s0"), ("ADDED", "s1"), ("ADDED", "s2"), ("SYNCED", "")]
    assert [frame.id for frame in first[:3]] == [None] * 3
    assert first[3].id == first[3].data["resourceVersion"] == str(world.views.head)
    assert 1000 <= (events.retry or 0) <= 3000
    world.put("n", "s1", note="x")
    world.delete("n", "s0")
    world.put("n", "s9")
    changes = events.frames()
    assert [frame.brief for frame in changes] == [("MODIFIED", "s1"), ("DELETED", "s0"), ("ADDED", "s9")]
    ids = [int(frame.id or 0) for frame in changes]
    assert ids == sorted(ids)
    assert [frame.data["metadata"]["resourceVersion"] for frame in changes] == [frame.id for frame in changes]


@pytest.mark.parametrize("by_header", [True, False])
def test_a_resume_shows_exactly_what_came_after(by_header: bool) -> None:
    """Last-Event-ID as header or as parameter: nothing before it, nothing twice, then a bookmark."""
    world = board()
    events = world.watch()
    position = events.frames()[-1].id
    world.put("n", "s1", note="x")
    world.put("n", "s2", note="y")
    first = events.frames()[0].id
    for given, wanted in ((position, ["s1", "s2"]), (first, ["s2"])):
        path = "/watch" if by_header else f"/watch?lastEventId={given}"
        again = world.watch(path, {"Last-Event-ID": str(given)} if by_header else None)
        frames = again.frames()
        assert [frame.brief for frame in frames] == [*(("MODIFIED", name) for name in wanted), ("BOOKMARK", "")]
        assert frames[-1].id == str(world.views.head)


def test_the_header_wins_over_the_parameter() -> None:
    """A browser that reconnects by itself sends the newest position in the header, and an old one in its URL."""
    world = board()
    old = world.watch().frames()[-1].id
    world.put("n", "s1", note="x")
    new = world.views.head
    events = world.watch(f"/watch?lastEventId={old}", {"Last-Event-ID": str(new)})
    assert events.brief() == [("BOOKMARK", "")]


@pytest.mark.parametrize("given", ["0", "1", "nonsense", "99999999999999999999999", "-5"])
def test_what_cannot_be_resumed_is_reset(given: str) -> None:
    """RESET with id 0, then all there is: also for what is no position at all."""
    frames = board(1).watch(headers={"Last-Event-ID": given}).frames()
    assert [frame.brief for frame in frames] == [("RESET", ""), ("ADDED", "s0"), ("SYNCED", "")]
    assert frames[0].id == "0"


def test_a_position_ahead_waits_a_little() -> None:
    """What another replica has seen comes here too, soon: then it is a resume; if it does not come, a reset."""
    world = board(1)
    ahead = str(world.views.head + 262_144)
    events, late = (world.watch(headers={"Last-Event-ID": ahead}) for _ in range(2))
    assert events.frames() == []
    world.turn(1)
    world.put("n", "s0", note="of that position")
    world.put("n", "s0", note="after it")
    assert events.brief() == [("MODIFIED", "s0"), ("BOOKMARK", "")]
    late = world.watch(headers={"Last-Event-ID": str(world.views.head + 5 * 262_144)})
    world.turn(3.1)
    assert late.brief()[0] == ("RESET", "")


def test_positions_of_a_lost_tail_are_reset() -> None:
    """A position that was handed out by a tail that is lost resumes nowhere."""
    world = board(1)
    lost = world.views.head + 262_144
    world.offset += 10
    world.record(Mark(world.offset - 10, MIRROR, 0))
    assert world.watch(headers={"Last-Event-ID": str(lost)}).brief()[0] == ("RESET", "")


def test_too_slow_is_told() -> None:
    """A client that does not read while the horizon passes its position gets RESET and all there is, in one stream."""
    world = Board(history_bytes=20_000)
    world.put("n", "s0")
    events = world.watch()
    events.frames()
    events.client.pause()
    for number in range(20):
        world.put("n", "s0", note=f"{number}" * 2000)
    world.turn()
    events.client.resume()
    assert events.brief() == [("RESET", ""), ("ADDED", "s0"), ("SYNCED", "")]
    world.put("n", "s0", note="last")
    assert events.brief() == [("MODIFIED", "s0")]


def test_filters_have_the_transitions_of_a_watch() -> None:
    """A bundle that leaves the selection is DELETED in its last state that matched, one that enters it ADDED."""
    world = board()
    events = world.watch("/watch?labelSelector=number+in+(1,7)&kind=" + VIEW)
    assert events.brief() == [("ADDED", "s1"), ("SYNCED", "")]
    world.put("n", "s1", labels={"number": "2"})
    world.put("n", "s2", labels={"number": "7"})
    world.put("n", "s0", note="not seen")
    frames = events.frames()
    assert [frame.brief for frame in frames] == [("DELETED", "s1"), ("ADDED", "s2")]
    assert frames[0].data["metadata"]["labels"] == {"number": "1"}


def test_a_stage_leaves_and_enters_a_selection_by_its_state() -> None:
    """By the word of its status, and by its shard; of several kinds only what all of them have can be asked for."""
    world = Board(definitions=DEFINITIONS)
    record(world, stage(phase="Failed"))
    events = world.watch("/watch?kind=stagedetails&fieldSelector=status.state%3DUnhealthy,spec.shard%3D")
    assert events.brief() == [("ADDED", "test"), ("SYNCED", "")]
    record(world, stage(), stage(phase="Errored"))
    assert events.brief() == [("DELETED", "test"), ("ADDED", "test")]
    answer = world.ask("/list?fieldSelector=spec.shard%3Da")
    told = "fieldSelector: field label not supported: spec.shard; supported are metadata.name, metadata.namespace"
    assert (answer.code, answer.document["message"][: len(told)]) == (400, told)


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("namespace=n", ["s0", "s1"]),
        ("namespace=team-*", ["t0"]),
        ("namespace=team-*,n&name=*0", ["s0", "t0"]),
        ("name=s[1-9]", ["s1"]),
        ("name=*", ["s0", "s1", "t0"]),
        ("namespace=absent", []),
    ],
)
def test_globs(query: str, names: list[str]) -> None:
    """Namespaces and names by patterns, several separated by commas, in snapshots and in changes."""
    world = board(2)
    world.put("team-a", "t0")
    events = world.watch(f"/watch?{query}")
    assert [name for _, name in events.brief()] == [*names, ""]
    for namespace, name in (("n", "s0"), ("n", "s1"), ("team-a", "t0")):
        world.put(namespace, name, note="x")
    assert [name for _, name in events.brief()] == names


def test_gzip_is_the_same_events() -> None:
    """Compressed, each frame can be read as it comes; at the end the whole is a valid member."""
    world = board()
    plain, packed = world.watch(), world.watch(headers={"Accept-Encoding": "gzip"})
    assert plain.frames() == packed.frames()
    world.put("n", "s1", note="x")
    assert plain.frames() == packed.frames() != []
    world.site.drain()
    assert plain.brief() == packed.brief() == [("BOOKMARK", ""), ("GOODBYE", "")]


def test_one_encoding_for_all() -> None:
    """However many clients, a change is compressed once."""
    world = board()
    events = [world.watch(headers={"Accept-Encoding": "gzip"}) for _ in range(5)]
    for each in events:
        each.frames()
    world.put("n", "s1", note="x")
    made = world.streams._frames.runs
    before = len(made._kept)
    assert all(each.brief() == [("MODIFIED", "s1")] for each in events)
    assert len(made._kept) == before + 1


def test_signs_of_life_and_bookmarks() -> None:
    """A comment at least every 10 s; about every 30 s a bookmark, with the reader's own position."""
    world = board(1)
    events = world.watch()
    events.frames()
    for _ in range(12):
        comments = events.comments
        world.turn(10)
        events.frames()
        assert events.comments > comments or events._read
    world.put("m", "other")
    events.frames()
    seen: list[str | None] = []
    for _ in range(60):
        world.turn(1)
        seen += [frame.id for frame in events.frames() if frame.event == "BOOKMARK"]
    assert 1 <= len(seen) <= 3
    assert set(seen) == {str(world.views.head)}


def test_goodbye() -> None:
    """A server that drains tells its streams the last position and ends them whole; new ones are refused."""
    world = board(1)
    events = world.watch()
    events.frames()
    done = world.site.drain()
    frames = events.frames()
    assert [frame.event for frame in frames] == ["BOOKMARK", "GOODBYE"]
    assert frames[0].id == str(world.views.head)
    assert events.client.complete
    assert done.called
    assert world.ask("/watch").code == 503
    assert world.ask("/session").code == 503


def test_nothing_is_served_before_the_first_state() -> None:
    """503 with Retry-After, as the session says too; health does not wait for it."""
    world = Board(ready=False)
    for path in ("/watch", "/list", "/session", "/pages/stream?page=fleet"):
        answer = world.ask(path)
        assert (answer.code, answer.header("retry-after")) == (503, "1")
    assert world.ask("/healthz").body == b"ok\n"
    world.become_ready()
    assert world.ask("/session").code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/watch?kind=pods",
        "/watch?labelSelector=a+b",
        "/watch?fieldSelector=status.state",
        "/watch?namespace=" + "a" * 300,
        "/pages/stream",
        "/pages/stream?page=nope",
        "/list?limit=x",
        "/list?continue=x",
        "/list?continue=" + "W10=",
    ],
)
def test_what_cannot_be_read_is_400(path: str) -> None:
    """A Status that says which parameter, before any stream begins."""
    answer = board(1).ask(path)
    assert (answer.code, answer.document["reason"]) == (400, "BadRequest")


@pytest.mark.parametrize(
    ("path", "nearest"),
    [
        ("/watch?namespaces=a", "namespace"),
        ("/watch?labelselector=a", "labelSelector"),
        ("/list?kinds=x", "kind"),
        ("/list?lastEventID=1", None),
        ("/pages/stream?page=fleet&pages=x", "page"),
        ("/session?x", None),
        ("/list?" + "z" * 3000, None),
        ("/list?state=Healhty", None),
    ],
)
def test_an_unknown_parameter_is_400(path: str, nearest: str | None) -> None:
    """It might have been meant as a filter, so that without it everything is shown; the nearest one is named."""
    answer = board(1).ask(path)
    assert answer.code == 400
    message = answer.document["message"]
    assert len(message) < 300
    assert ("did you mean" in message) is (nearest is not None)
    assert nearest is None or f"did you mean '{nearest}'?" in message


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/list?kind=promotionstrategydetail", "unknown kind 'promotionstrategydetail'; did you mean"),
        ("/list?fieldSelector=status.state=Promotng", "unknown status.state 'Promotng'; did you mean 'Promoting'?"),
        ("/list?fieldSelector=status.state!=x", "unknown status.state 'x'. Known: "),
        ("/watch?fieldSelector=status.state=Promotng", "did you mean 'Promoting'?"),
        ("/watch?kind=promotionstrategydetails&fieldSelector=status.state=Unhealthy", "unknown status.state"),
        ("/changes?fieldSelector=metadata.name=a,status.state=Promotng", "did you mean 'Promoting'?"),
        ("/changes?state=Promoting", "state: 'Promoting' is neither 1 nor 0"),
    ],
)
def test_a_value_that_there_is_not_is_400(path: str, said: str) -> None:
    """It would find nothing, and say nothing of it: the nearest one is named, or all that there are."""
    answer = board(1).ask(path)
    assert answer.code == 400
    assert said in answer.document["message"]


@pytest.mark.parametrize("path", ["/list?fieldSelector=status.state=Promoting", "/list?fieldSelector=status.state!="])
def test_a_value_that_nothing_has_is_no_error(path: str) -> None:
    """There may be one later; the empty one is that of what was not assessed."""
    assert board(1).ask(path).code == 200


@pytest.mark.parametrize("path", ["/watch?kind=a&kind=b", "/list?name=a&name=b", "/list?limit=1&limit="])
def test_a_repeated_parameter_is_400(path: str) -> None:
    """Of two values one would count for nothing: whoever asks for two kinds would see the first."""
    answer = board(1).ask(path)
    assert answer.code == 400
    assert "is given more than once; separate its values by commas" in answer.document["message"]


def test_streams_are_not_for_head() -> None:
    """HEAD of a stream would hold its connection and say nothing; nothing can be written."""
    world = board(1)
    assert [world.ask("/watch", method=method).code for method in ("HEAD", "POST", "PUT")] == [405, 405, 405]
    assert world.ask("/list", method="HEAD").code == 200


def test_metrics() -> None:
    """Open clients are counted, and how they began."""
    world = board(1)
    events = [world.watch(), world.watch(headers={"Last-Event-ID": "1"})]
    for each in events:
        each.frames()
    text = world.metrics.render().decode()
    assert "promoter_view_sse_clients 2.0" in text
    assert 'stream_resumes_total{outcome="initial",surface="sse"} 1.0' in text
    assert 'stream_resumes_total{outcome="expired",surface="sse"} 1.0' in text
    events[0].client.leave()
    world.turn()
    assert "promoter_view_sse_clients 1.0" in world.metrics.render().decode()
    assert sample(world, "promoter_view_stream_resumes_total")


def test_nothing_stays_of_a_client_that_left() -> None:
    """No timer, no stream."""
    world = board(1)
    events = world.watch()
    events.frames()
    events.client.leave()
    world.turn()
    assert world.clock.getDelayedCalls() == []
    assert len(world.streams.streams) == 0


class TestRights:
    """What a user may see, while it changes."""

    def start(self, **grants: list[str]) -> tuple[Board, Events]:
        """Bundles in a, b and c; a stream of user u."""
        world = with_tokens({"u": grants["u"]})
        for namespace in "abc":
            world.put(namespace, f"in-{namespace}")
        return world, world.watch("/watch", bearer("u"))

    def test_only_what_may_be_seen(self) -> None:
        """Neither snapshot nor changes show another namespace."""
        world, events = self.start(u=["a", "c"])
        assert events.brief() == [("ADDED", "in-a"), ("ADDED", "in-c"), ("SYNCED", "")]
        for namespace in "abc":
            world.put(namespace, f"in-{namespace}", note="x")
        assert events.brief() == [("MODIFIED", "in-a"), ("MODIFIED", "in-c")]

    def test_a_right_lost_and_one_gained(self) -> None:
        """Within a minute the stream begins anew, with the new scope; a resume from before does too."""
        world, events = self.start(u=["a", "b"])
        before = events.frames()[-1]
        world.grants["u"] = {"b", "c"}
        frames = [frame for _ in range(60) for frame in (world.turn(1), events.frames())[1]]
        told = [frame for frame in frames if frame.event != "BOOKMARK"]
        assert [frame.brief for frame in told] == [("RESET", ""), ("ADDED", "in-b"), ("ADDED", "in-c"), ("SYNCED", "")]
        assert [frame.id for frame in told[:3]] == ["0", None, None]
        assert told[-1].data["scope"] != before.data["scope"]
        again = {**bearer("u"), "Last-Event-ID": str(before.id)}
        assert world.watch(f"/watch?scope={before.data['scope']}", again).brief()[0] == ("RESET", "")
        world.put("a", "in-a", note="x")
        world.put("c", "in-c", note="x")
        assert events.brief() == [("MODIFIED", "in-c")]

    def test_all_namespaces_are_one_review(self) -> None:
        """Who may list and watch everywhere costs two reviews, however many namespaces there are."""
        world, events = self.start(u=["*"])
        assert [name for _, name in events.brief()] == ["in-a", "in-b", "in-c", ""]
        assert len([path for path, _ in world.reviews.asked if "subjectaccess" in path]) == 2

    def test_a_namespace_that_is_new(self) -> None:
        """A change in a namespace of which nothing is known waits for the review, and what follows it too."""
        world, events = self.start(u=["a", "new"])
        events.frames()
        world.put("new", "first")
        world.put("other", "hidden")
        world.put("a", "in-a", note="x")
        frames = events.frames()
        assert [frame.brief for frame in frames if frame.id] == [
            ("ADDED", "first"),
            ("MODIFIED", "in-a"),
            ("BOOKMARK", ""),
        ]

    def test_another_scope_is_reset(self) -> None:
        """A position counts with the scope it was given with; without one a restricted user starts over."""
        world, events = self.start(u=["a"])
        synced = events.frames()[-1]
        headers = {**bearer("u"), "Last-Event-ID": str(synced.id)}
        scope = synced.data["scope"]
        assert world.watch(f"/watch?scope={scope}", headers).brief() == [("BOOKMARK", "")]
        assert world.watch("/watch?scope=other", headers).brief()[0] == ("RESET", "")
        assert world.watch("/watch", headers).brief()[0] == ("RESET", "")
        world.grants["u"] = {"b"}
        world.turn(60)
        assert world.watch(f"/watch?scope={scope}", headers).brief()[0] == ("RESET", "")

    def test_a_token_that_expires(self) -> None:
        """The stream takes leave, and opening it anew is 401."""
        world, events = self.start(u=["a"])
        events.frames()
        world.tokens.clear()
        frames = [frame.event for _ in range(60) for frame in (world.turn(1), events.frames())[1]]
        assert frames[-1] == "GOODBYE"
        assert events.client.complete
        assert world.ask("/session", bearer("u")).code == 401

    def test_a_cluster_that_cannot_be_asked(self) -> None:
        """Before a stream: 503. In mid-stream what was known stays, and nothing unknown is shown."""
        world, events = self.start(u=["a", "new"])
        events.frames()
        world.unreachable = ValueError("no")
        assert world.watch("/watch", bearer("v")).code == 503
        world.turn(60)
        world.put("a", "in-a", note="x")
        assert ("MODIFIED", "in-a") in events.brief()
        world.put("new", "first")
        assert ("ADDED", "first") not in events.brief()
        world.unreachable = None
        world.turn(6)
        assert ("ADDED", "first") in events.brief()

    def test_members_that_may_not_be_got(self) -> None:
        """With --member-authorization streams and lists leave them out; what changes in them only is no event."""
        world = with_tokens({"u": ["*"]}, sights=by_members)
        world.secret = {"gitrepositories"}
        world.put("a", "in-a")
        repository(world, "main")
        events = world.watch("/watch", bearer("u"))
        first = events.frames()
        assert [frame.brief for frame in first] == [("ADDED", "in-a"), ("SYNCED", "")]
        assert "gitRepository" not in first[0].data
        repository(world, "other")
        assert events.frames() == []
        assert "gitRepository" not in world.ask("/list", bearer("u")).document["items"][0]
        world.secret = set()
        seen = [frame for _ in range(100) for frame in (world.turn(1), events.frames())[1] if frame.event != "BOOKMARK"]
        assert [frame.brief for frame in seen] == [("RESET", ""), ("ADDED", "in-a"), ("SYNCED", "")]
        assert seen[1].data["gitRepository"]["spec"]["branch"] == "other"

    @pytest.mark.parametrize("path", ["/watch", "/watch?kind=stagedetails,promotionstrategydetails", PAGES])
    def test_several_views_by_members(self, path: str) -> None:
        """With --member-authorization a stream of several views leaves out in each what may not be got."""
        world = with_tokens({"u": ["*"]}, sights=by_members, definitions=DEFINITIONS)
        world.secret = {"gitrepositories", "freights"}
        world.put("a", "in-a")
        repository(world, "main")
        record(world, stage(freight=["f"]), thing("Freight", "f", alias="hidden"))
        events = world.watch(path, bearer("u"))
        assert events.code == 200
        first = events.frames()
        assert [frame.event for frame in first][-1] == "SYNCED"
        assert len(first) == 3
        record(world, thing("Freight", "f", alias="still-hidden"))
        assert events.frames() == []
        world.put("a", "in-a", note="x")
        record(world, stage(freight=["f", "g"]))
        changed = events.frames()
        assert len(changed) == 2
        said = json.dumps([frame.data for frame in first + changed])
        assert "hidden" not in said
        assert "main" not in said


def record(world: Board, *documents: dict[str, Any]) -> None:
    """Objects are there, or have changed."""
    for document in documents:
        body = json.dumps(document).encode()
        world.record(Change(ChangeType.MODIFIED, key_of(document), body, "7", "promotionstrategies", "7"))


def repository(world: Board, branch: str) -> None:
    """The strategy's repository is there, or has changed."""
    metadata = {"name": "app", "namespace": "a", "uid": "r"}
    document = {
        "kind": "GitRepository",
        "apiVersion": "promoter.argoproj.io/v1alpha1",
        "metadata": metadata,
        "spec": {"branch": branch},
    }
    key = ObjectKey("GitRepository", "a", "app")
    world.record(Change(ChangeType.MODIFIED, key, json.dumps(document).encode(), branch, "promotionstrategies", "7"))

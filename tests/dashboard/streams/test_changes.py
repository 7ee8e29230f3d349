"""``/changes``: lines for scripts, by the same filters and permissions as streams, from where a script has read to."""

from __future__ import annotations

import gzip
import json
import zlib
from typing import Any

import pytest

from promoter_view.web.errors import Forbidden
from tests.support.dashboard.board import Board, bearer, with_tokens


def board(count: int = 2, **kept: Any) -> Board:
    """Strategies s0, s1, ... in namespace n."""
    found = Board(**kept)
    for number in range(count):
        found.put("n", f"s{number}", labels={"number": str(number)})
    return found


class Lines:
    """A script's end of it: ``read`` gives the lines that have come since the last call."""

    def __init__(self, world: Board, query: str = "", headers: dict[str, str] | None = None) -> None:
        self.client = world.open(f"/changes?{query}", headers)
        self._world = world
        self._read = 0

    def read(self) -> list[dict[str, Any]]:
        self._world.turn()
        answer = self.client.answer()
        packed = answer.header("content-encoding") == "gzip"
        body = zlib.decompressobj(31).decompress(answer.body) if packed else answer.body
        lines = body.splitlines()
        fresh, self._read = lines[self._read :], len(lines)
        return [json.loads(line) for line in fresh]

    def brief(self) -> list[tuple[str, str]]:
        return [(line["type"], line.get("name", "")) for line in self.read()]


def test_from_now_on() -> None:
    """First where one stands, then each change with what it is of, its number, and the whole object."""
    world = board()
    lines = Lines(world)
    (first,) = lines.read()
    assert (first["type"], first["resourceVersion"]) == ("BOOKMARK", str(world.views.head))
    assert lines.client.answer().header("content-type") == "application/x-ndjson"
    world.put("n", "s1", note="x")
    world.delete("n", "s0")
    modified, deleted = lines.read()
    assert modified["object"]["promotionStrategy"]["spec"]["note"] == "x"
    fields = {key: value for key, value in modified.items() if key != "object"}
    assert fields == {
        "type": "MODIFIED",
        "kind": "PromotionStrategyDetails",
        "namespace": "n",
        "name": "s1",
        "resourceVersion": modified["object"]["metadata"]["resourceVersion"],
    }
    assert (deleted["type"], deleted["name"]) == ("DELETED", "s0")
    assert deleted["resourceVersion"] == deleted["object"]["metadata"]["resourceVersion"]
    assert int(deleted["resourceVersion"]) > int(modified["resourceVersion"])


def test_the_state_first() -> None:
    """state=true: what is there, that it is whole, then changes; each object is that of its line."""
    world = board()
    lines = Lines(world, "state=true")
    first = lines.read()
    assert [(line["type"], line.get("name", "")) for line in first] == [
        ("ADDED", "s0"),
        ("ADDED", "s1"),
        ("SYNCED", ""),
    ]
    assert all(line["resourceVersion"] == line["object"]["metadata"]["resourceVersion"] for line in first[:2])
    assert first[2]["resourceVersion"] == str(world.views.head)
    assert Lines(board(0), "state=true").brief() == [("SYNCED", "")]


def test_resuming_anywhere() -> None:
    """Behind each number that was seen come exactly the lines after it; a state is not told twice."""
    world = board()
    lines = Lines(world)
    first = lines.read()
    for number in range(4):
        world.put("n", "s1", note=number)
    said = first + lines.read()
    for place, line in enumerate(said):
        again = Lines(world, f"since={line['resourceVersion']}&state=true")
        assert [one for one in again.read() if one["type"] != "BOOKMARK"] == said[place + 1 :]


def test_filters_and_gzip() -> None:
    """The filters of /watch, with its transitions; compressed it is the same, and whole at the end."""
    world = board()
    query = "labelSelector=number+in+(1,7)&name=s*&kind=promotionstrategydetails&state=true"
    plain, packed = Lines(world, query), Lines(world, query, {"Accept-Encoding": "gzip"})
    assert plain.brief() == packed.brief() == [("ADDED", "s1"), ("SYNCED", "")]
    world.put("n", "s1", labels={"number": "2"})
    world.put("n", "s0", labels={"number": "7"})
    assert plain.brief() == packed.brief() == [("DELETED", "s1"), ("ADDED", "s0")]
    world.site.drain()
    assert plain.brief() == packed.brief() == [("BOOKMARK", "")]
    assert gzip.decompress(packed.client.answer().body) == plain.client.answer().body
    assert plain.client.complete
    assert world.ask("/changes").code == 503


def test_bookmarks() -> None:
    """About every 30 s where the reader stands, also where nothing is of its kind."""
    world = board()
    lines = Lines(world, "name=none")
    lines.read()
    world.put("n", "s0", note="x")
    world.turn(38)
    (bookmark,) = lines.read()
    assert (bookmark["type"], bookmark["resourceVersion"]) == ("BOOKMARK", str(world.views.head))


@pytest.mark.parametrize(
    ("query", "code", "reason"),
    [
        ("since=x", 400, "BadRequest"),
        ("since=-1", 400, "BadRequest"),
        ("since=1", 410, "Expired"),
        ("sinse=1", 400, "BadRequest"),
        ("kind=pods", 400, "BadRequest"),
    ],
)
def test_what_cannot_be_answered(query: str, code: int, reason: str) -> None:
    """Before anything is written: what is wrong, or that one has to begin anew, as a Status."""
    answer = board().ask(f"/changes?{query}", {"Accept-Encoding": "gzip"})
    assert (answer.code, answer.document["reason"]) == (code, reason)
    assert answer.header("content-encoding") == ""


def test_a_position_ahead() -> None:
    """It is waited for a little, then 504."""
    world = board()
    client = world.open(f"/changes?since={world.views.head + 5 * 262_144}")
    world.turn(3.1)
    assert (client.answer().code, client.answer().header("retry-after")) == (504, "1")


def test_too_slow_is_told() -> None:
    """Whoever the horizon passes gets a last line that says so, and begins anew by himself."""
    world = board(1, history_bytes=20_000)
    lines = Lines(world)
    lines.read()
    lines.client.pause()
    for number in range(20):
        world.put("n", "s0", note=f"{number}" * 2000)
    world.turn()
    lines.client.resume()
    (last,) = lines.read()
    assert (last["type"], last["object"]["code"], last["object"]["reason"]) == ("ERROR", 410, "Expired")
    assert lines.client.complete


class TestPermissions:
    """What a user may see, while it changes."""

    def test_only_what_may_be_seen(self) -> None:
        """Neither the state nor changes show another namespace; a resume needs the scope that came with the number."""
        world = with_tokens({"u": ["a"]})
        for namespace in "ab":
            world.put(namespace, f"in-{namespace}")
        lines = Lines(world, "state=true", bearer("u"))
        added, synced = lines.read()
        assert (added["name"], synced["type"]) == ("in-a", "SYNCED")
        for namespace in "ab":
            world.put(namespace, f"in-{namespace}", note="x")
        assert lines.brief() == [("MODIFIED", "in-a")]
        since = f"since={synced['resourceVersion']}"
        assert world.ask(f"/changes?{since}", bearer("u")).code == 410
        again = Lines(world, f"{since}&scope={synced['scope']}", bearer("u"))
        assert again.brief() == [("MODIFIED", "in-a"), ("BOOKMARK", "")]

    def test_a_permission_that_changes(self) -> None:
        """Within a minute it ends with 410, so that the script begins anew; nothing is shown after it."""
        world = with_tokens({"u": ["a"]})
        world.put("a", "in-a")
        lines = Lines(world, "", bearer("u"))
        lines.read()
        world.grants["u"] = {"b"}
        said = [line for _ in range(60) for line in (world.turn(1), lines.read())[1] if line["type"] != "BOOKMARK"]
        assert [(line["type"], line["object"]["code"]) for line in said] == [("ERROR", 410)]
        assert lines.client.complete

    def test_a_token_that_expires(self) -> None:
        """The last line says that it is forbidden now."""
        world = with_tokens({"u": ["a"]})
        lines = Lines(world, "", bearer("u"))
        lines.read()
        world.tokens.clear()
        said = [line for _ in range(60) for line in (world.turn(1), lines.read())[1] if line["type"] != "BOOKMARK"]
        assert [line["object"]["code"] for line in said] == [403]
        assert str(Forbidden("the sign-in is no longer valid")) == said[0]["object"]["message"]

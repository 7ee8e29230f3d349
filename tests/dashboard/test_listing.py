"""``/list``: the same filters and rights as the streams', in pages of one state."""

from __future__ import annotations

import zlib
from typing import Any

from tests.support.dashboard.board import Board, bearer, with_tokens


def names(document: dict[str, Any]) -> list[str]:
    """Of the items."""
    return [item["metadata"]["name"] for item in document["items"]]


def board(count: int = 5, **kept: Any) -> Board:
    """Strategies s0, s1, ... in namespace n."""
    found = Board(**kept)
    for number in range(count):
        found.put("n", f"s{number}", labels={"number": str(number)})
    return found


def test_a_list() -> None:
    """A JSON list in order with the head's resourceVersion, from which a stream goes on."""
    world = board()
    answer = world.ask("/list")
    assert (answer.code, answer.header("content-type")) == (200, "application/json")
    assert (answer.document["kind"], answer.document["apiVersion"]) == ("List", "v1")
    assert names(answer.document) == ["s0", "s1", "s2", "s3", "s4"]
    events = world.watch(headers={"Last-Event-ID": answer.version})
    world.put("n", "s3", note="x")
    assert ("MODIFIED", "s3") in events.brief()


def test_filters() -> None:
    """Kinds, globs and labels."""
    world = board()
    world.put("m", "other")
    assert names(world.ask("/list?namespace=m").document) == ["other"]
    assert names(world.ask("/list?name=s*&labelSelector=number+in+(1,2)").document) == ["s1", "s2"]
    assert names(world.ask("/list?kind=promotionstrategydetails&name=none").document) == []


def test_pages_are_of_one_state() -> None:
    """What changes between two pages does not show; a token of a state that is forgotten is 410."""
    world = board(history_bytes=20_000)
    first = world.ask("/list?limit=2").document
    world.delete("n", "s2")
    world.put("n", "s2a")
    second = world.ask(f"/list?limit=2&continue={first['metadata']['continue']}").document
    assert names(first) + names(second) == ["s0", "s1", "s2", "s3"]
    assert second["metadata"]["resourceVersion"] == first["metadata"]["resourceVersion"]
    last = world.ask(f"/list?limit=2&continue={second['metadata']['continue']}").document
    assert names(last) == ["s4"]
    assert "continue" not in last["metadata"]
    for number in range(20):
        world.put("n", "s0", note=f"{number}" * 2000)
    gone = world.ask(f"/list?limit=2&continue={first['metadata']['continue']}")
    assert (gone.code, gone.document["reason"]) == (410, "Expired")


def test_gzip() -> None:
    """One member, joined from runs that the streams use too."""
    world = board()
    plain = world.ask("/list").body
    packed = world.ask("/list", {"Accept-Encoding": "gzip"})
    assert packed.header("content-encoding") == "gzip"
    assert zlib.decompress(packed.body, 16 + zlib.MAX_WBITS) == plain


def test_only_what_may_be_seen() -> None:
    """Nobody's list shows another's namespace, and no page of it does."""
    world = with_tokens({"u": ["a"], "nobody": []})
    for namespace in "abc":
        world.put(namespace, f"in-{namespace}")
    assert names(world.ask("/list", bearer("u")).document) == ["in-a"]
    assert names(world.ask("/list?limit=1", bearer("u")).document) == ["in-a"]
    assert names(world.ask("/list", bearer("nobody")).document) == []
    assert world.ask("/list", bearer("unknown")).code == 401

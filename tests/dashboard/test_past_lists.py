"""``/list?at=``: lists of a moment, by the rights of now."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.support.dashboard.board import Board, bearer, with_tokens


def names(document: dict[str, Any]) -> list[str]:
    """Of the items."""
    return [item["metadata"]["name"] for item in document["items"]]


def forgetful(**kept: object) -> Board:
    """A board whose memory forgets at once what its log still holds; its clock goes on by a minute a change."""
    board = Board(history_bytes=1, keeps_log=True, **kept)  # type: ignore[arg-type]
    for number in range(4):
        board.clock.advance(60)
        board.put("n", f"s{number}")
    board.clock.advance(60)
    board.delete("n", "s0")
    board.clock.advance(60)
    return board


def test_a_list_of_a_moment() -> None:
    """By a time, by how long ago, and by the resourceVersion of a list of then, byte for byte."""
    board = Board(history_bytes=1, keeps_log=True)
    board.clock.advance(60)
    board.put("n", "a", note="one")
    then = board.ask("/list")
    board.clock.advance(60)
    board.put("n", "a", note="two")
    board.delete("n", "a")
    board.clock.advance(60)
    minute_ago = (board.runtime.now() - timedelta(seconds=61)).strftime("%Y-%m-%dT%H:%M:%SZ")
    for at in ("-90s", then.version, minute_ago):
        assert board.ask(f"/list?at={at}").body == then.body
    assert board.ask("/list?at=-0s").body == board.ask("/list").body != then.body


def test_its_pages_are_of_one_state() -> None:
    """The token goes on in it without ``at``; with both, which one counts is not guessed."""
    board = forgetful()
    first = board.ask("/list?at=-90s&limit=3").document
    token = first["metadata"]["continue"]
    board.put("n", "s2a")
    assert names(first) + names(board.ask(f"/list?limit=3&continue={token}").document) == ["s0", "s1", "s2", "s3"]
    assert board.ask(f"/list?at=-90s&limit=3&continue={token}").code == 400


def test_before_the_first_state() -> None:
    """410, with the moment from which on there is one."""
    board = forgetful()
    gone = board.ask("/list?at=-30d").document
    assert (gone["code"], gone["reason"]) == (410, "Expired")
    assert names(board.ask(f"/list?at={gone['details']['from']}").document) == []
    assert gone["details"]["from"] in gone["message"]


def test_what_is_no_moment() -> None:
    """400, with what is expected."""
    answer = forgetful().ask("/list?at=yesterday")
    assert answer.code == 400
    assert "expected a time such as" in answer.document["message"]


def test_rights_are_those_of_now() -> None:
    """Who may not list a namespace now does not see what was in it, also where it is gone."""
    board = with_tokens({"alice": {"n"}, "bob": {"other"}, "carol": {"*"}}, history_bytes=1, keeps_log=True)
    board.clock.advance(60)
    board.put("n", "a")
    board.clock.advance(60)
    board.delete("n", "a")
    board.clock.advance(60)
    seen = {
        user: names(board.ask("/list?at=-90s", headers=bearer(user)).document) for user in ("alice", "bob", "carol")
    }
    assert seen == {"alice": ["a"], "bob": [], "carol": ["a"]}
    board.grants["alice"] = set()
    board.clock.advance(120)
    assert names(board.ask("/list?at=-210s", headers=bearer("alice")).document) == []

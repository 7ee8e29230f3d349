"""``/notifications`` on the dashboard: a page, its JSON, and who may look."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from twisted.internet.defer import Deferred

from tests.support.dashboard.board import Board, bearer, reviews_of, with_tokens


class Desk:
    """Tells of one notification."""

    def document(self) -> Mapping[str, Any]:
        found = {"name": "chat<b>", "receiver": "https://hooks.example.com", "state": "Up to date", "events": []}
        return {"sends": True, "problem": "", "notifications": [found]}

    def replay(self, name: str, since: str) -> Deferred[Mapping[str, Any]]:
        raise NotImplementedError

    def test(self, name: str) -> Deferred[Mapping[str, Any]]:
        raise NotImplementedError


def test_the_page_and_its_json() -> None:
    """The same for people and for scripts; what is declared is escaped."""
    board = Board(desk=Desk())
    page = board.ask("/notifications")
    assert page.code == 200
    assert b"chat&lt;b&gt;" in page.body
    assert b"https://hooks.example.com" in page.body
    for path, headers in (("/notifications?format=json", {}), ("/notifications", {"Accept": "application/json"})):
        assert board.ask(path, headers=headers).document["notifications"][0]["name"] == "chat<b>"


def test_without_a_file_the_page_says_how() -> None:
    """Scripts get 404."""
    board = Board()
    assert b"--notifications FILE" in board.ask("/notifications").body
    assert board.ask("/notifications?format=json").code == 404


@pytest.mark.parametrize(("query", "near"), [("format=jsn", "json"), ("fromat=json", "format")])
def test_what_is_not_known_is_400(query: str, near: str) -> None:
    """Nobody takes a page for the document that he asked for."""
    refused = Board(desk=Desk()).ask(f"/notifications?{query}", {"Accept": "application/json"})
    assert (refused.code, f"did you mean '{near}'?" in refused.document["message"]) == (400, True)


def test_it_has_no_past() -> None:
    """What stands there is of now, and is not shown as if it was of a moment."""
    for path in ("/notifications?at=-2h", "/notifications?at=-2h&format=json"):
        refused = Board(desk=Desk()).ask(path, {"Accept": "text/html"})
        assert (refused.code, b"this page has no past" in refused.body) == (400, True)


def test_whoever_may_not_get_the_path_sees_nothing() -> None:
    """The cluster is asked for a permission of its own: addresses and failures are not for all who may look."""
    board = with_tokens({"jane": ["*", "/notifications"], "john": ["*"]}, desk=Desk(), path_reviews=reviews_of)
    assert board.ask("/notifications?format=json", headers=bearer("jane")).code == 200
    refused = board.ask("/notifications?format=json", headers=bearer("john"))
    assert refused.code == 403
    assert b"hooks.example.com" not in refused.body

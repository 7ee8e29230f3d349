"""``/compare``: what changed between two moments."""

from __future__ import annotations

import re

import orjson
import pytest

from promoter_view.dashboard.past.comparing import compare_steps
from promoter_view.records import Change, ChangeType
from promoter_view.slices import outcome
from promoter_view.views.contents import Readings
from promoter_view.views.known import DEFINITIONS
from tests.support.dashboard.board import Board, bearer, with_tokens
from tests.support.views.commits import freight, policy, sha
from tests.support.views.oracle import key_of
from tests.support.views.stages import stage
from tests.support.views.world import Document, strategy

PAGE = {"Accept": "text/html"}
JSON = {"Accept": "application/json"}
MOMENT = {"recorded", "resourceVersion"}


def record(board: Board, *documents: Document, type_: ChangeType = ChangeType.MODIFIED) -> None:
    for document in documents:
        body = b"" if type_ is ChangeType.DELETED else orjson.dumps(document)
        board.record(Change(type_, key_of(document), body, "7", "promotionstrategies", "7"))


def changed(board: Board) -> Board:
    """Within the last hour: shop got d in dev, one strategy came, one went, one is another one; Freight moved."""
    board.clock.advance(60)
    root = strategy("shop", branches=("environment/dev", "environment/prod"))
    record(board, root, policy(root, "environment/dev", ("c", 30)), policy(root, "environment/prod", ("b", 20)))
    record(board, strategy("gone"), strategy("again", uid="one"), strategy("same"))
    record(board, freight("f", "x"), freight("g", "y"), stage("test", namespace="a", freight=[sha("f")]))
    board.clock.advance(3600)
    record(board, policy(root, "environment/dev", ("d", 40)), strategy("new"), strategy("again", uid="two"))
    relabelled = strategy("same")
    relabelled["metadata"]["labels"] = {"team": "checkout"}
    record(board, relabelled)
    record(board, strategy("gone"), type_=ChangeType.DELETED)
    record(board, stage("test", namespace="a", freight=[sha("g")]))
    return board


@pytest.fixture
def board() -> Board:
    return changed(Board(definitions=DEFINITIONS, history_bytes=1, keeps_log=True))


def test_what_changed(board: Board) -> None:
    """By strategy and environment the commit before and after; what came, went, or is another one of that name."""
    found = board.ask("/compare?from=-30m", JSON).document
    assert board.ask("/compare?from=-30m&to=", JSON).document["changes"] == found["changes"]
    told = {each["name"]: each for each in found["changes"]}
    assert {name: each["change"] for name, each in told.items()} == {
        "shop": "changed",
        "gone": "deleted",
        "again": "recreated",
        "new": "added",
        "test": "changed",
    }
    (dev,) = [each for each in told["shop"]["environments"] if each["name"] == "dev"]
    assert (dev["before"]["sha"], dev["after"]["sha"]) == (sha("c"), sha("d"))
    assert told["test"]["freight"] == {"before": sha("f"), "after": sha("g")}
    assert told["gone"]["after"]["state"] == ""
    assert int(found["from"]["resourceVersion"]) < int(found["to"]["resourceVersion"])


def test_the_page(board: Board) -> None:
    """It names both moments, and each change; without moments it asks for them."""
    page = board.ask("/compare?from=-30m&to=-0s", PAGE).body.decode()
    for word in (sha("c")[:7], sha("d")[:7], "recreated", "added", "deleted", "Freight"):
        assert word in page
    assert "same" not in page.partition("<main")[2].replace("samesite", "")
    assert "What changed between two moments?" in board.ask("/compare", PAGE).body.decode()
    assert "No state, no live commit" in board.ask("/compare?from=-30m&to=-29m", PAGE).body.decode()


def test_its_links_lead_to_what_it_compared(board: Board) -> None:
    """What was deleted is shown as it was at the earlier moment, the rest as of the later one; now has no moment."""
    for query, names in (
        ("from=-30m", {"gone": True, "shop": False}),
        ("from=-30m&to=-0s", {"gone": True, "shop": True}),
    ):
        page = board.ask(f"/compare?{query}", PAGE).body.decode()
        for name, past in names.items():
            (path,) = re.findall(rf'href="(/strategies/[^/]*/{name}[^"]*)"', page)
            assert ("?at=" in path) is past
            assert board.ask(path, PAGE).code == 200


def test_a_namespace_of_which_nothing_is_known(board: Board) -> None:
    """It is no namespace without changes: the page names it, and keeps it chosen."""
    page = board.ask("/compare?from=-30m&namespace=shopp", PAGE).body.decode()
    assert "nothing in namespace shopp" in page
    assert "<option selected>shopp</option>" in page
    assert board.ask("/compare?from=-30m&namespace=shopp", JSON).document["changes"] == []


def test_what_cannot_be_compared(board: Board) -> None:
    """What is no moment, what is beyond the log, what is no parameter: said with the parameter's name."""
    for query, code, word in (
        ("from=monday", 400, "from: invalid time"),
        ("from=-30m&to=x", 400, "to: invalid time"),
        ("from=-30d", 410, "the earliest moment"),
        ("from=-1m&form=json", 400, "did you mean"),
        ("from=-1m&format=xml", 400, "unknown format 'xml'. Known: json, html."),
        ("to=-1m", 400, "from: give the earlier moment"),
    ):
        refused = board.ask(f"/compare?{query}", JSON)
        assert (refused.code, word in refused.document["message"]) == (code, True), refused.document


def test_rights_are_those_of_now() -> None:
    """Who may list nothing there is told of nothing, in one namespace as in all; nor when something happened."""
    board = changed(with_tokens({"alice": {"a"}, "bob": {"b"}}, history_bytes=1, keeps_log=True))
    names = {}
    for user in ("alice", "bob"):
        for query in ("", "&namespace=a"):
            found = board.ask(f"/compare?from=-30m{query}", {**JSON, **bearer(user)}).document
            names[user, query] = {each["name"] for each in found["changes"]}
            assert (set(found["from"]), set(found["to"])) == (told := set() if user == "bob" else MOMENT, told)
    everything = {"shop", "gone", "again", "new"}
    assert names == {
        ("alice", ""): everything,
        ("alice", "&namespace=a"): everything,
        ("bob", ""): set(),
        ("bob", "&namespace=a"): set(),
    }
    page = board.ask("/compare?from=-30m", {**PAGE, **bearer("bob")}).body.decode()
    assert "from -30m to -0s" in page


def test_nothing_differs_from_itself(board: Board) -> None:
    """Of one state there is nothing to say."""
    bundles = board.views.list("stagedetails")
    assert outcome(compare_steps(bundles, bundles, Readings())) == []

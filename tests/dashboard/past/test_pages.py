"""Pages of a moment of the past: what they say of themselves, and that they stay in it."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import orjson
import pytest

from promoter_view.dashboard.past.banner import staying
from promoter_view.records import Change, ChangeType
from promoter_view.views.known import DEFINITIONS
from tests.support.dashboard.board import Board, bearer, with_tokens
from tests.support.views.commits import freight, policy, sha
from tests.support.views.oracle import key_of
from tests.support.views.stages import stage
from tests.support.views.world import Document, strategy

PAGE = {"Accept": "text/html"}
JSON = {"Accept": "application/json"}


def put(board: Board, *documents: Document) -> None:
    for document in documents:
        board.record(
            Change(ChangeType.MODIFIED, key_of(document), orjson.dumps(document), "7", "promotionstrategies", "7")
        )


@pytest.fixture
def board() -> Board:
    """c was live in dev an hour ago; d is now, and there is another strategy."""
    board = Board(definitions=DEFINITIONS, history_bytes=1, keeps_log=True)
    board.clock.advance(60)
    root = strategy("shop", branches=("environment/dev", "environment/prod"))
    put(board, root, policy(root, "environment/dev", ("c", 30)), policy(root, "environment/prod", ("b", 20), ("c", 30)))
    put(board, freight("f", "x", tag="v1.2"), stage("test", namespace="a", freight=[sha("f")]))
    board.clock.advance(3600)
    put(board, policy(root, "environment/dev", ("d", 40)), strategy("register"))
    return board


def page(board: Board, path: str) -> str:
    answer = board.ask(path, PAGE)
    assert answer.code == 200, answer.body
    return answer.body.decode()


@pytest.mark.parametrize(
    "path",
    ["/", "/stages", "/strategies/a/shop", "/strategies/a/shop/manifest", "/stages/a/test", "/activity", "/commits"],
)
def test_a_page_of_the_past_says_so_and_does_not_move(board: Board, path: str) -> None:
    """A banner with both moments and the way back; no stream, no refreshing, and times of then."""
    shown = page(board, f"{path}?at=-30m")
    now = board.runtime.now()
    asked = datetime.fromtimestamp(now.timestamp() - 1800, UTC)
    assert f"As of <b>{asked.day} {asked:%b} {asked.year}, {asked:%H:%M:%S} UTC</b>" in shown
    assert f'<a data-back href="{path}">Back to live</a>' in shown
    assert 'data-stream=""' in shown
    assert 'data-refresh="0"' in shown
    assert f'data-at="{asked.isoformat()}"' in shown
    assert "register" not in shown
    if path != "/":
        assert "data-at" not in page(board, path)


def test_its_links_stay_in_the_moment(board: Board) -> None:
    """Those to pages that have a past, and filters; not those of the program, static files, or back."""
    shown = page(board, "/strategies/a/shop?at=-30m")
    links = re.findall(r'<a [^>]*?href="(/[^"]*)"', shown)
    without = [link for link in links if "at=" not in link]
    without_past = {"/compare", "/journal", "/journal/figures", "/program", "/strategies/a/shop"}
    assert {link.partition("?")[0] for link in without} == without_past
    assert page(board, next(link for link in links if link.startswith("/?at="))).count("As of <b>") == 1
    fleet = page(board, "/?at=-30m")
    assert '<input type="hidden" name="at" value="' in fleet


def test_the_changes_beside_it(board: Board) -> None:
    """The change before leads to a state without it, and the next one of that back."""
    shown = page(board, "/strategies/a/shop?at=-0s")
    before = re.search(r'rel="prev" href="([^"]+)"', shown)
    assert before
    earlier = page(board, before[1].replace("&amp;", "&"))
    assert sha("d")[:7] in shown
    after = re.search(r'rel="next" href="([^"]+)"', earlier)
    assert after
    assert "As of <b>resourceVersion" in page(board, after[1].replace("&amp;", "&"))


def test_the_changes_that_nobody_else_sees() -> None:
    """Whoever sees a part is told when that changed, and of no change to come; whoever sees nothing is told nothing."""
    users = {"all": {"*"}, "ann": {"a"}, "eve": {"none"}}
    board = with_tokens(users, definitions=DEFINITIONS, history_bytes=1, keeps_log=True)
    board.clock.advance(60)
    for namespace, name in (("a", "shop"), ("b", "secret"), ("b", "later")):
        board.put(namespace, name)
        board.clock.advance(600)
    board.clock.advance(60)
    shown = {user: board.ask("/?at=-15m", {**PAGE, **bearer(user)}).body.decode() for user in users}
    written = {user: re.findall(r"was written at ([^.]*)\.", html) for user, html in shown.items()}
    links = {user: re.findall(r'rel="(prev|next)"', html) for user, html in shown.items()}
    assert links == {"all": ["prev", "next"], "ann": ["prev"], "eve": []}
    assert written["eve"] == []
    assert written["all"] != written["ann"]
    before = re.findall(r'rel="prev" href="([^"]+)"', shown["ann"])[0]
    assert "shop" not in board.ask(before, {**PAGE, **bearer("ann")}).body.decode().partition("<main")[2]


def test_where_a_commit_was(board: Board) -> None:
    """As JSON, as a page, as a badge: c was live in dev then, and another one is now."""
    then = board.ask(f"/commits/{sha('c')}?at=-30m", JSON).document
    now = board.ask(f"/commits/{sha('c')}", JSON).document
    told = [[each["relation"] for each in found["strategies"][0]["environments"]] for found in (then, now)]
    assert told == [["live", "next"], ["overtaken", "next"]]
    assert "Back to live" in page(board, f"/commits/{sha('c')}?at=-30m")
    assert "live" in board.ask(f"/commits/{sha('c')}/badge.svg?at=-30m").body.decode()
    assert board.ask(f"/commits/{sha('d')}?at=-30m", JSON).code == 404


def test_a_moment_that_cannot_be_shown(board: Board) -> None:
    """A page says what was expected, or from when on it can be asked."""
    assert "expected a time such as" in board.ask("/?at=monday", PAGE).body.decode()
    gone = board.ask("/?at=-30d", PAGE)
    assert (gone.code, "the earliest moment that can be asked for is 20" in gone.body.decode()) == (410, True)
    assert board.ask("/program?at=-30m", PAGE).code == 400


@pytest.mark.parametrize(
    "path",
    [
        "/?namespace=shop&at=-30d",
        "/compare?from=-30d",
        "/compare?from=-30d&to=-29d",
        "/compare?from=-30m&to=-30d",
        "/compare?from=-30d&to=-30d",
    ],
)
def test_the_page_of_a_moment_that_is_gone_leads_to_the_earliest(board: Board, path: str) -> None:
    """The same page, with the same filters; where both moments are gone, one after the other."""
    for _ in range(len(set(re.findall("=(-[0-9]*d)", path)))):
        gone = board.ask(path, PAGE)
        found = re.search(r'href="([^"]*)">Show the earliest moment', gone.body.decode())
        assert (gone.code, found is not None) == (410, True)
        assert found is not None
        path = found[1].replace("&amp;", "&")
    assert board.ask(path, PAGE).code == 200
    assert "namespace" not in path or "namespace=shop" in path
    assert "Show the earliest" not in board.ask("/?at=monday", PAGE).body.decode()


def test_a_tag_is_not_cut_by_the_end_of_a_piece() -> None:
    """Wherever pieces end, each link is led to the moment, and nothing is lost."""
    html = '<p>1 < 2</p><a class="x" href="/root/a?b=c#d">é</a><form class="f" method="get" action="/root/">'
    whole = b"".join(staying([html.encode()], "/root/", "5"))
    assert whole.decode() == (
        '<p>1 < 2</p><a class="x" href="/root/a?b=c&amp;at=5#d">é</a><form class="f" method="get" action="/root/">'
        '<input type="hidden" name="at" value="5">'
    )
    for cut in range(len(html)):
        assert b"".join(staying([html[:cut].encode(), html[cut:].encode()], "/root/", "5")) == whole

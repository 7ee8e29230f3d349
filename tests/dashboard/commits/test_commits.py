"""The pages of commits, JSON and badges over HTTP: what they show, to whom, and what keeps them alive."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from promoter_view.records import Change, ChangeType
from promoter_view.views.known import DEFINITIONS
from tests.support.api.world import Answer
from tests.support.dashboard.board import Board, bearer, by_members, by_token, with_tokens
from tests.support.views.commits import freight, policy, sha
from tests.support.views.oracle import key_of
from tests.support.views.stages import stage
from tests.support.views.world import Document, strategy

PAGE = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
JSON = {"Accept": "application/json"}


def put(board: Board, *documents: Document) -> None:
    for document in documents:
        body = orjson.dumps(document)
        board.record(Change(ChangeType.MODIFIED, key_of(document), body, "7", "promotionstrategies", "7"))


def town(board: Board) -> Board:
    """c is live in dev and next in prod; a Stage has Freight with a tag."""
    root = strategy("shop", branches=("environment/dev", "environment/prod"))
    put(board, root, policy(root, "environment/dev", ("c", 30)), policy(root, "environment/prod", ("b", 20), ("c", 30)))
    put(board, freight("f", "x", tag="v1.2"), stage("test", namespace="a", freight=[sha("f")]))
    return board


@pytest.fixture
def board() -> Board:
    return town(Board(definitions=DEFINITIONS))


def text(answer: Answer) -> str:
    return answer.body.decode()


def test_the_page_of_a_commit(board: Board) -> None:
    """It says per strategy what the commit is to each environment, and names the stream that keeps it alive."""
    answer = board.ask(f"/commits/{sha('c')[:9]}", PAGE)
    page = text(answer)
    assert (answer.code, answer.header("content-type")) == (200, "text/html; charset=utf-8")
    assert f'data-stream="commits/{sha("c")[:9]}" ' in page
    assert 'data-script="Commit"' in page
    assert page.count('<li class="place is-') == 2
    assert "Change c" in page
    assert "in 1 of 2 environments" in page
    assert f'<a href="/commits/{sha("c")}">' in page


def test_what_is_searched_for(board: Board) -> None:
    """A tag, or an image with it, leads to the Stages that have it; a short sha to its commits; nothing to the form."""
    for asked in ("v1.2", "ghcr.io/acme/app:V1.2", sha("x")[:8]):
        page = text(board.ask(f"/commits?q={asked}", PAGE))
        assert 'href="/stages/a/test"' in page
    answer = board.ask("/commits", PAGE)
    assert (answer.code, "Where is my commit?" in text(answer)) == (200, True)


def test_nothing_found(board: Board) -> None:
    """404, with how far back can be told; the page stays alive, for the commit may come yet."""
    answer = board.ask(f"/commits/{sha('later')}", PAGE)
    assert answer.code == 404
    assert "As far back as can be told: the oldest commit that is kept was made" in text(answer)
    assert f'data-stream="commits/{sha("later")}"' in text(answer)


@pytest.mark.parametrize(
    "path", ["/commits/abc", "/commits/0123456z", "/commits?q=%20x%20y", "/commits?Q=1", "/commits?q="]
)
def test_what_cannot_be_asked(board: Board, path: str) -> None:
    """400 says what is wrong, to people as a page and to scripts as a Status."""
    if path.endswith("="):
        path, wanted = f"{path}{'x' * 300}", 400
    else:
        wanted = 404 if "q=%20x" in path else 400
    assert board.ask(path, PAGE).code == wanted
    answer = board.ask(path, JSON)
    assert (answer.code, answer.document["kind"]) == (wanted, "Status")


def test_json(board: Board) -> None:
    """By its ending or by Accept: the same object as through the aggregator."""
    by_ending = board.ask(f"/commits/{sha('c')}.json").document
    assert (
        by_ending
        == board.ask(f"/commits/{sha('c')}", JSON).document
        == board.ask(f"/commits.json?q={sha('c')}").document
    )
    assert by_ending["kind"] == "CommitDetails"
    answer = board.ask(f"/commits/{sha('nowhere')}.json")
    assert (answer.code, [cause["reason"] for cause in answer.document["details"]["causes"]]) == (404, ["KnownSince"])
    assert board.ask(f"/commits/{sha('c')}/x", PAGE).code == 404
    assert board.ask("/commits/", PAGE).code == 404


@pytest.mark.parametrize(
    ("query", "code", "words"),
    [
        ("?environment=dev", 200, "dev: live"),
        ("?environment=environment/prod", 200, "environment/prod: next"),
        ("?environment=%3Cscript%3E", 200, "&lt;script&gt;: no such environment"),
        ("", 200, f"commit {sha('c')[:7]}: live in 1 of 2"),
    ],
)
def test_a_badge(board: Board, query: str, code: int, words: str) -> None:
    """A picture that does nothing, escaped, with the headers that let other sites show it."""
    answer = board.ask(f"/commits/{sha('c')}.svg{query}")
    assert (answer.code, answer.header("content-type")) == (code, "image/svg+xml")
    assert answer.header("content-security-policy") == "default-src 'none'; style-src 'unsafe-inline'; sandbox"
    assert answer.header("x-content-type-options") == "nosniff"
    assert answer.header("cache-control") == "private, no-cache"
    assert answer.header("cross-origin-resource-policy") == "cross-origin"
    assert f"<title>{words}</title>" in text(answer)
    assert "<a" not in text(answer)
    assert "<script" not in text(answer)


def test_badges_of_what_is_not_there(board: Board) -> None:
    """A commit that is not found has a badge too; a token is taken in no query; what is no sha has none."""
    answer = board.ask(f"/commits/{sha('nowhere')}.svg?environment={'e' * 100}")
    assert (answer.code, "not found" in text(answer), "e" * 61 in text(answer)) == (404, True, False)
    for path in (f"/commits/{sha('c')}.svg?token=x", "/commits/abc.svg"):
        answer = board.ask(path)
        assert (answer.code, answer.document["kind"]) == (400, "Status")


def test_a_stages_badge(board: Board) -> None:
    """By the Stage's name."""
    assert "test: live" in text(board.ask(f"/commits/{sha('x')}.svg?environment=test"))


def test_who_may_see(board: Board) -> None:
    """Visitors find what they may list; scripts without a token are refused, people are led to sign in."""
    signed = town(with_tokens({"ann": ["a"], "eve": []}, definitions=DEFINITIONS))
    path = f"/commits/{sha('c')}"
    assert signed.ask(path, {**PAGE, **bearer("ann")}).code == 200
    answer = signed.ask(path, {**PAGE, **bearer("eve")})
    assert (answer.code, "You may list neither strategies nor Stages" in text(answer)) == (404, True)
    assert signed.ask(path, PAGE).code == 303
    assert [signed.ask(f"{path}{ending}").code for ending in (".json", ".svg")] == [401, 401]


def test_news(board: Board) -> None:
    """A change of a bundle that names the commit, or comes to name it, is news for its page, and no other is."""
    follow = board.watch(f"/pages/stream?page=commits/{sha('c')}&page=commits/{sha('n')[:9]}")
    first = [(frame.event, frame.data.get("commits")) for frame in follow.frames()]
    assert first[-1] == ("SYNCED", None)
    root = strategy("other", branches=("dev",))
    put(board, root, policy(root, "dev", ("z", 10)))
    assert follow.frames() == []
    put(board, policy(root, "dev", ("n", 40)))
    frames = follow.frames()
    assert [(frame.event, frame.data["commits"]) for frame in frames] == [("MODIFIED", [sha("n")[:9]])]
    assert set(frames[0].data) == {"namespace", "name", "commits"}
    put(board, policy(root, "dev", ("z", 10)))
    assert [frame.data["commits"] for frame in follow.frames()] == [[sha("n")[:9]]]


def test_news_of_what_is_hidden() -> None:
    """Who may not see policies is not told for which commits there is news."""
    board = town(with_tokens({"ann": ["*", "a"]}, authenticator=by_token, sights=by_members, definitions=DEFINITIONS))
    board.secret = {"changetransferpolicies"}
    follow = board.watch(f"/pages/stream?page=commits/{sha('c')}", bearer("ann"))
    follow.frames()
    root = strategy("shop", branches=("environment/dev", "environment/prod"))
    put(board, policy(root, "environment/prod", ("c", 30)), root | {"spec": {**root["spec"], "note": 1}})
    assert [frame for frame in follow.frames() if "commits" in (frame.data or {})] == []


@pytest.mark.parametrize("page", ["commits/abc", "commits/zzzzzzzz", "commits/"])
def test_topics_that_are_none(board: Board, page: str) -> None:
    """What is no sha cannot be followed; nor can more than sixteen."""
    assert board.ask(f"/pages/stream?page={page}").code == 400
    many = "&".join(f"page=commits/{number:07}" for number in range(17))
    assert board.ask(f"/pages/stream?{many}").code == 400


def test_the_fleets_search_leads_there(board: Board) -> None:
    """A sha that is typed into the search of the Fleet finds its rows, and leads to its page."""
    for asked in (sha("c"), sha("source-c"), sha("hydrated-environment/dev-c"), sha("c")[:7].upper()):
        page = text(board.ask(f"/?text={asked}", PAGE))
        assert "1 of 1 strategy" in page
        assert f'<a href="/commits/{asked.lower()}">' in page
    for asked in ("shop", "%2342", "Bob"):
        assert "Where is commit" not in text(board.ask(f"/?text={asked}", PAGE))


def test_a_commit_while_the_views_are_built() -> None:
    """503."""
    waiting: Any = Board(definitions=DEFINITIONS, ready=False)
    assert waiting.ask(f"/commits/{sha('c')}", PAGE).code == 503

"""Whatever is asked of the dashboard, it answers: no request is a fault of ours."""

from __future__ import annotations

from urllib.parse import quote

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.dashboard.board import Board, by_proxy, reviewed, with_tokens

PATHS = (
    "/watch",
    "/list",
    "/session",
    "/pages/stream",
    "/",
    "/activity",
    "/program",
    "/strategies/n/s",
    "/sign-in",
    "/x",
)
NAMES = (
    "kind",
    "namespace",
    "name",
    "labelSelector",
    "lastEventId",
    "scope",
    "limit",
    "continue",
    "page",
    "target",
    "sort",
)
WORDS = st.one_of(
    st.text(max_size=20),
    st.sampled_from(["", "*", "[", "[!", "0", "-1", "9" * 30, "a in (", "fleet", "strategies/n/s", "WzFd", "//x"]),
)
HEADERS = ("Last-Event-ID", "Accept-Encoding", "Cookie", "X-Forwarded-User", "X-Forwarded-Groups", "Authorization")


@settings(max_examples=150, deadline=None)
@given(
    board=st.sampled_from(["open", "token", "proxy"]),
    path=st.sampled_from(PATHS),
    query=st.lists(st.tuples(st.sampled_from(NAMES), WORDS), max_size=4),
    headers=st.dictionaries(st.sampled_from(HEADERS), WORDS, max_size=3),
    method=st.sampled_from(["GET", "HEAD", "POST", "PUT"]),
)
def test_any_request(board: str, path: str, query: list[tuple[str, str]], headers: dict[str, str], method: str) -> None:
    """Never 500, whoever asks for whatever."""
    makers = {
        "open": Board,
        "token": lambda: with_tokens({"u": ["n"]}),
        "proxy": lambda: Board(authenticator=by_proxy, sights=reviewed),
    }
    world = makers[board]()
    world.put("n", "s")
    parameters = "&".join(f"{name}={quote(word)}" for name, word in query)
    sent = {name: quote(word, safe=" ;=,*") for name, word in headers.items()}
    client = world.open(f"{path}?{parameters}", sent, method=method)
    world.turn(4)
    assert client.answer().code in (200, 303, 400, 401, 403, 404, 405, 410, 503)

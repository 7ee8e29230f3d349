"""The opening handshake of a WebSocket, and the token that a subprotocol may hold."""

from __future__ import annotations

import base64

import pytest

from promoter_view.access.authentication import bearer_token
from promoter_view.web.errors import BadRequest, Unauthorized
from promoter_view.web.websocket.handshake import TOKEN_PREFIX, asks_for_websocket, offered_protocols, open_websocket

ASKS = {"upgrade": [b"websocket"], "connection": [b"Upgrade"]}
GOOD = {**ASKS, "sec-websocket-version": [b"13"], "sec-websocket-key": [b"dGhlIHNhbXBsZSBub25jZQ=="]}


def token(text: str = "a.b-c_d") -> bytes:
    """A subprotocol that holds it."""
    return (TOKEN_PREFIX + base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")).encode()


@pytest.mark.parametrize(
    ("headers", "asks"),
    [
        (ASKS, True),
        ({"upgrade": [b"WebSocket "], "connection": [b"keep-alive,upgrade"]}, True),
        ({"upgrade": [b"websocket"], "connection": [b"close", b"Upgrade"]}, True),
        ({"upgrade": [b"websocket"]}, False),
        ({"connection": [b"Upgrade"]}, False),
        ({"upgrade": [b"h2c"], "connection": [b"Upgrade"]}, False),
        ({"upgrade": [b"websocket"], "connection": [b"upgraded"]}, False),
        ({}, False),
    ],
)
def test_who_asks(headers: dict[str, list[bytes]], asks: bool) -> None:
    """Both headers say so, in any letter case and beside other words."""
    assert asks_for_websocket(headers) is asks


@pytest.mark.parametrize(
    ("offered", "protocol"),
    [
        ([], ""),
        ([b"binary.k8s.io"], "binary.k8s.io"),
        ([b"a, b"], "a"),
        ([b"a", b"b"], "a"),
        ([token() + b", base64.binary.k8s.io"], "base64.binary.k8s.io"),
        ([b" ,, v1 "], "v1"),
    ],
)
def test_the_subprotocol(offered: list[bytes], protocol: str) -> None:
    """The first that is offered is taken, never one that is a token."""
    opening = open_websocket({**GOOD, "sec-websocket-protocol": offered})
    assert opening.protocol == protocol
    assert opening.answer.get("Sec-WebSocket-Protocol", "") == protocol
    assert opening.answer["Sec-WebSocket-Accept"] == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-websocket-version": []},
        {"sec-websocket-version": [b"8"]},
        {"sec-websocket-version": [b"13", b"13"]},
        {"sec-websocket-key": []},
        {"sec-websocket-key": [b""]},
        {"sec-websocket-key": [b"a", b"b"]},
    ],
)
def test_what_is_refused(headers: dict[str, list[bytes]]) -> None:
    """Another version, or a key that cannot be answered."""
    with pytest.raises(BadRequest):
        open_websocket({**GOOD, **headers})


def test_offered_in_any_bytes() -> None:
    """No bytes of a header break the reading of it."""
    assert offered_protocols({"sec-websocket-protocol": [b"\xff\xe9, b"]}) == ["\xff\xe9", "b"]


@pytest.mark.parametrize(
    ("offered", "found"),
    [
        ([token("t.o-k_e.n"), b"base64.binary.k8s.io"], "t.o-k_e.n"),
        ([b"binary.k8s.io", token("t")], "t"),
        ([b"binary.k8s.io"], None),
        ([], None),
    ],
)
def test_a_token_as_a_subprotocol(offered: list[bytes], found: str | None) -> None:
    """As browsers send it to kube-apiserver."""
    assert bearer_token({**GOOD, "sec-websocket-protocol": [b",".join(offered)]}) == found
    assert bearer_token({"sec-websocket-protocol": [b",".join(offered)]}) is None


def test_the_header_wins() -> None:
    """A token in Authorization is the one that counts."""
    headers = {**GOOD, "sec-websocket-protocol": [token("one") + b",b"], "authorization": [b"Bearer two"]}
    assert bearer_token(headers) == "two"


@pytest.mark.parametrize(
    "offered",
    [
        token(),
        token() + b"," + token() + b",b",
        TOKEN_PREFIX.encode() + b"!!!,b",
        TOKEN_PREFIX.encode() + b"a,b",
        token("\xe9") + b",b",
    ],
)
def test_tokens_that_are_none(offered: bytes) -> None:
    """One that cannot be read, several, or one without a subprotocol that could be answered: 401."""
    with pytest.raises(Unauthorized):
        bearer_token({**GOOD, "sec-websocket-protocol": [offered]})

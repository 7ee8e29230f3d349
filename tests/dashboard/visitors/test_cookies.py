"""Tokens in cookies."""

from __future__ import annotations

import base64
import json

import pytest

from promoter_view.dashboard.visitors.cookies import forget, is_token, keep, token_of


class Request:
    """What is asked of one."""

    def __init__(self, cookies: dict[bytes, bytes]) -> None:
        self.getCookie = cookies.get


def jar(values: list[str]) -> dict[bytes, bytes]:
    """What a browser gives back."""
    pairs = (value.partition(";")[0].partition("=") for value in values)
    return {name.encode(): value.encode() for name, _, value in pairs}


@pytest.mark.parametrize("length", [1, 3799, 3800, 3801, 12_000, 30_400])
def test_whatever_its_length_it_comes_back(length: int) -> None:
    """In chunks of which none is over 4 KB."""
    token = "a" * length
    kept = keep(token, 0)
    assert token_of(Request(jar(kept))) == token
    assert all(len(value) < 4096 for value in kept)


def test_a_part_that_is_missing() -> None:
    """No token rather than a part of one."""
    cookies = jar(keep("a" * 9000, 0))
    del cookies[b"__Host-promoter-view-token-1"]
    assert token_of(Request(cookies)) is None
    assert token_of(Request({})) is None
    assert token_of(Request({b"__Host-promoter-view-token": b"x.abc"})) is None


def test_until_it_expires() -> None:
    """A JWT's exp bounds the cookie; another token's cookie lasts as long as the browser runs."""
    claims = base64.urlsafe_b64encode(json.dumps({"exp": 1600}).encode()).decode().rstrip("=")
    assert keep(f"h.{claims}.s", 1000)[0].endswith("Max-Age=600")
    assert keep(f"h.{claims}.s", 2000)[0].endswith("Max-Age=0")
    for token in ("opaque", "a.!!!.c", "a.bm8.c"):
        assert "Max-Age" not in keep(token, 1000)[0]


def test_all_chunks_are_forgotten() -> None:
    """However many there were."""
    assert jar(keep("a" * 30_400, 0)).keys() == jar(forget()).keys()


@pytest.mark.parametrize("text", ["", "a b", "a;b", "a,b", 'a"b', "a\\b", "\u00e4", "a\n", "a" * 30_401])
def test_what_is_no_token(text: str) -> None:
    """What a cookie could not hold."""
    assert not is_token(text)

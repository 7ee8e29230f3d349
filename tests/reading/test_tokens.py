"""Continue tokens come back as they were given, and nothing else is one."""

from __future__ import annotations

import base64
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promoter_view.reading.tokens import Token, decode_token
from promoter_view.web.errors import BadRequest

VERSIONS = st.one_of(st.none(), st.integers(min_value=1, max_value=(1 << 63) - 1))
NAMES = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)


@given(VERSIONS, NAMES, NAMES, NAMES)
def test_round_trip(version, namespace, name, view):
    """What is decoded is what was encoded."""
    token = Token(version, namespace, name, view)
    assert decode_token(token.encode()) == token


def wrap(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    "text",
    [
        "x",
        "====",
        "é",
        wrap("not json"),
        wrap("[]"),
        wrap("{}"),
        wrap('[0,"a","b"]'),
        wrap('[-1,"a","b"]'),
        wrap('[true,"a","b"]'),
        wrap('[1.5,"a","b"]'),
        wrap('["1","a","b"]'),
        wrap('[1,null,"b"]'),
        wrap('[1,"a"]'),
        wrap('[1,"a","b",3]'),
        wrap('[1,"a","b","c","d"]'),
        wrap(f'[{1 << 63},"a","b"]'),
        "A" * 4000,
    ],
)
def test_garbage_is_refused(text):
    """What this server has not made is 400."""
    with pytest.raises(BadRequest, match="continue key is not valid"):
        decode_token(text)


@given(st.text(max_size=60))
def test_any_text_is_decoded_or_refused(text):
    """No text makes another error."""
    with suppress(BadRequest):
        assert isinstance(decode_token(text), Token)

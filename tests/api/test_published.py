"""Documents with an entity tag."""

from __future__ import annotations

import pytest

from promoter_view.api.published import has_already, publish


def test_the_same_says_the_same():
    """Two documents of the same content have the same bytes and tag, whatever the order of their keys."""
    one, other = publish({"a": 1, "b": [2]}), publish({"b": [2], "a": 1})
    assert one == other
    assert one.body == b'{"a":1,"b":[2]}\n'
    assert one.etag == f'"{one.hash}"'
    assert publish({"a": 2}).hash != one.hash
    assert len(one.hash) == 128


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (None, False),
        ("", False),
        ('"x"', True),
        ("x", False),
        ('"y"', False),
        ('"y", "x"', True),
        ('"y","x"', True),
        ('W/"x"', True),
        ("*", True),
    ],
)
def test_if_none_match(header, expected):
    """A client has the document when one of its tags is the document's, weak or strong, or it takes any."""
    assert has_already(header, '"x"') is expected

"""The pieces of a status, and what is read back from them."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from promoter_view.records import Bundle, BundleField, BundleKey, Word
from promoter_view.views.contents import BundleContents, Readings
from promoter_view.views.status.pieces import JOINT, parts_of, pieces_of, shared, split, with_url
from promoter_view.views.status.words import words_of

NOW = "2026-11-29T20:14:03Z"
AT = 1_795_983_243
ENVIRONMENTS = [{"branch": f"e{number}", "state": "Queued", "since": NOW} for number in range(3)]
CONDITIONS = [{"type": "Promoted", "status": "False", "lastTransitionTime": NOW}]


def document(count: int) -> dict[str, Any]:
    found = {"state": "Queued", "since": NOW, "environments": ENVIRONMENTS[:count], "conditions": CONDITIONS}
    return found if count else {name: value for name, value in found.items() if name != "environments"}


def bundle(pieces: list[bytes]) -> Bundle:
    field = BundleField(JOINT, pieces)
    bare = Bundle(
        BundleKey("v", "n", "a"), "u", 1, "", {}, b'{"metadata":{"resourceVersion":"', (b'"},"r":', b"{}", b"}")
    )
    return bare.with_fields([field], frozenset())


@pytest.mark.parametrize("count", [0, 1, 2, 3])
def test_a_status_is_taken_apart_and_joined(count: int) -> None:
    """Each environment is a piece of its own, none begins as a joint does, and the whole is what it was."""
    whole = document(count)
    pieces = split(whole)
    assert orjson.loads(b"".join(pieces)) == whole
    assert not any(piece.startswith(b',"') for piece in pieces)
    parts = parts_of(pieces)
    assert [orjson.loads(each) for each in parts.environments] == ENVIRONMENTS[:count]
    assert orjson.loads(parts.summary) == (whole | {"environments": []} if count else whole)
    assert len(pieces) == (1 if not count else 2 * count + 2)


@pytest.mark.parametrize("closing", [{}, {"conditions": []}])
@pytest.mark.parametrize("summary", [{}, {"state": "x"}])
@pytest.mark.parametrize("environments", [[], [b"{}"]])
def test_pieces_of_any_parts(summary: Any, environments: list[bytes], closing: Any) -> None:
    """With nothing before or behind the environments it is JSON all the same."""
    found = orjson.loads(b"".join(pieces_of(summary, environments, closing)))
    assert found == summary | ({"environments": [{}]} if environments else {}) | closing


@pytest.mark.parametrize("odd", [{}, {"environments": []}, {"environments": 7}, {"environments": [7, None]}])
def test_odd_shapes(odd: Any) -> None:
    """What another API says in other shapes is kept as it is, and says no words."""
    pieces = split(odd)
    assert orjson.loads(b"".join(pieces)) == odd
    assert words_of(BundleContents(bundle(pieces), Readings())) == {}


def test_the_address_is_the_last_key() -> None:
    """Where there is one."""
    pieces = split(document(2))
    assert with_url(pieces, "") is pieces
    told = orjson.loads(b"".join(with_url(pieces, 'https://a/"b')))
    assert (list(told)[-1], told["url"]) == ("url", 'https://a/"b')


def test_words_are_read_back() -> None:
    """Of the whole, of each environment and of each condition, with since when."""
    contents = BundleContents(bundle(split(document(2))), Readings())
    assert words_of(contents) == {
        "": Word("Queued", AT),
        "environment/e0": Word("Queued", AT),
        "environment/e1": Word("Queued", AT),
        "condition/Promoted": Word("False", AT),
    }
    assert contents.fields == ()


def test_equal_pieces_are_shared() -> None:
    """Those that have not changed are the very objects of before."""
    before = split(document(3))
    changed = document(3) | {"environments": [*ENVIRONMENTS[:2], {"branch": "e2", "state": "Failed"}]}
    found = list(shared(split(changed), before))
    assert [one is other for one, other in zip(found, before, strict=True)] == [True] * 6 + [False, True]

"""Large documents, a step at a time."""

from __future__ import annotations

from collections.abc import Callable, Generator
from itertools import pairwise
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promoter_view import large_json
from promoter_view.large_json import decoded, indented

TREES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-(1 << 53), 1 << 53), st.text(max_size=8)),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=4), inner, max_size=4)),
    max_leaves=20,
)
#: Each a document of megabytes.
LARGE = {
    "many members": {"items": [{"metadata": {"name": f"m{number}"}, "text": "x" * 500} for number in range(5000)]},
    "a large root": {
        "spec": {"environments": [{"branch": f"b{number}", "checks": [1, {}]} for number in range(40_000)]}
    },
    "many fields": {f"field {number}": number for number in range(100_000)},
    "many numbers": list(range(100_000)),
    "large within large": {"a": [{"b": [{"c": ["}]{[:," * 5_000]} for _ in range(9)]} for _ in range(9)]},
}


def result_of(steps: Generator[bytes, None, Any]) -> Any:
    while True:
        try:
            assert next(steps) == b""
        except StopIteration as end:
            return end.value


@pytest.mark.parametrize("step_bytes", [2, 20])
@settings(deadline=None, max_examples=60)
@given(document=TREES)
def test_any_document_is_what_the_decoder_makes_of_it(step_bytes: int, document: Any) -> None:
    """Whatever it holds, and wherever it is taken apart."""
    body = orjson.dumps(document)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(large_json, "STEP_BYTES", step_bytes)
        found = result_of(decoded(body))
        assert (found, orjson.dumps(found)) == (document, body)
        for level in (0, 2):
            whole = orjson.dumps(document, option=orjson.OPT_INDENT_2).replace(b"\n", b"\n" + b"  " * level)
            assert b"".join(indented(body, level)) == whole


@pytest.mark.parametrize("document", LARGE.values(), ids=LARGE)
@pytest.mark.parametrize("work", [decoded, indented])
def test_no_step_takes_more_than_its_share(
    work: Callable[[bytes], Any], document: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between two steps some 32 KB are decoded at most, of whatever the document is made, or one string."""
    body, done = orjson.dumps(document), 0
    loads = orjson.loads

    def counted(text: bytes) -> Any:
        nonlocal done
        done += len(text)
        return loads(text)

    monkeypatch.setattr(large_json.orjson, "loads", counted)
    totals = [0, *(done for _ in work(body)), done]
    longest = max(later - earlier for earlier, later in pairwise(totals))
    assert longest <= large_json.STEP_BYTES + 20 < len(body) / 10


def test_what_nests_very_deep_is_taken_apart_at_its_first_levels() -> None:
    """Steps do not stack up as deep as the decoder reads."""
    document: Any = "x" * 100_000
    for _ in range(200):
        document = [document]
    body = orjson.dumps(document)
    assert result_of(decoded(body)) == document
    assert b"".join(indented(body)) == orjson.dumps(document, option=orjson.OPT_INDENT_2)

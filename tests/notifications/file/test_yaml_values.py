"""The text of the file: lists, mappings and texts, and nothing that costs more than it is long."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promoter_view.notifications.file.yaml_values import MAX_BYTES, YAMLTextError, read_yaml

BOMB = b"a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n"


def test_texts() -> None:
    """Every scalar is the text that stands there: what YAML takes for a number, a time or a truth, too."""
    found = read_yaml(b'{at: 10:30, on: no, day: 2026-11-30, n: 5, t: "x", e: , l: [~, 1e3]}')
    assert found == {"at": "10:30", "on": "no", "day": "2026-11-30", "n": "5", "t": "x", "e": "", "l": ["~", "1e3"]}
    assert read_yaml(b"") == ""


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (b"a" * (MAX_BYTES + 1), "expected at most 1048576"),
        (BOMB, "line 2: aliases (*...) are not read; quote a text"),
        (b"a: &a {b: *a}", "line 1: aliases"),
        (b"<<: *x\n", "aliases"),
        (b"a: !!python/object/apply:os.system [id]", "line 1: tags (!...) are not read"),
        (b"a: !!str 5", "tags"),
        (b"[" * 13 + b"]" * 13, "more than 12 levels"),
        (b"[" * 200_000, "more than 12 levels"),
        (b"a: 1\n---\nb: 1", "line 2: a second document"),
        (b"a: 1\nb: 2\na: 3", "line 3: 'a' stands twice"),
        (b"? [a]\n: b", "line 1: a name has to be a text"),
        (b"a: [\n", "line 2: "),
        (b"a:\n\tb: 1", "line 2: "),
        (b"\xff\xfe\x00", "no YAML"),
        (b"a: \x00", "no YAML"),
        (b"a: 'x", "line 1: "),
    ],
)
def test_refused(text: bytes, why: str) -> None:
    """What is no plain YAML is refused, with the line of the file where that is known."""
    with pytest.raises(YAMLTextError) as raised:
        read_yaml(text)
    assert why in str(raised.value)
    assert "\n" not in str(raised.value)


@given(st.binary(max_size=300) | st.text(alphabet="a: -[]{}&*!|>'\"\n\t#?,%@", max_size=300).map(str.encode))
def test_anything(text: bytes) -> None:
    """Whatever a file holds, it is read or refused in words."""
    with suppress(YAMLTextError):
        read_yaml(text)

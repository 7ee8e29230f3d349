"""Compact and indented JSON, and YAML."""

from __future__ import annotations

import json

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from promoter_view.api.format.layouts import COMPACT, INDENTED, YAML_LAYOUT, json_layout, laid_out

LAYOUTS = [COMPACT, INDENTED, YAML_LAYOUT]
READERS = {COMPACT: json.loads, INDENTED: json.loads, YAML_LAYOUT: yaml.safe_load}
#: What YAML 1.1, YAML 1.2 and go-yaml take for something else than text, when it stands there as it is.
AMBIGUOUS = [
    *("1e3", "12e4567", "5E-2", "0o17", "0x1F", "0b11", "1_000", "1.5", ".5", "5.", "-1", "+1", "1:20", "007", "0"),
    *("~", "null", "Null", "true", "True", "yes", "No", "on", "OFF", "y", "Y", "n", "N", ".inf", "-.Inf", ".nan"),
    *("2026-11-21", "2026-11-21T08:00:00Z", "<<", "=", "-", "?", ":", "*", "&", "!", "|", ">", "%", "@", "`", "#"),
    *("[]", "{}", ""),
]
TEXT = st.one_of(st.text(max_size=20), st.sampled_from(AMBIGUOUS))
TREES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-(1 << 53), 1 << 53), TEXT),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(TEXT, inner, max_size=4)),
    max_leaves=12,
)
OBJECTS = st.dictionaries(st.text(max_size=8), TREES, min_size=1, max_size=4)


def encoded(document):
    return json.dumps(document, separators=(",", ":")).encode()


@pytest.mark.parametrize("layout", LAYOUTS)
@settings(deadline=None, max_examples=40)
@given(document=OBJECTS)
def test_whole(layout, document):
    """What is read back is what was laid out, whatever its strings look like."""
    assert READERS[layout](laid_out(layout, encoded(document))) == document


@pytest.mark.parametrize("layout", LAYOUTS)
@settings(deadline=None, max_examples=40)
@given(items=st.lists(OBJECTS, min_size=1, max_size=3), token=TEXT, key=st.sampled_from(["items", "rows"]))
def test_item_by_item(layout, items, token, key):
    """A list laid out piece by piece is the same as the list in one."""
    head = {"kind": "List", "apiVersion": "v1", "metadata": {"continue": token}, key: []}
    opening, closing = layout.frame(encoded(head))
    pieces = layout.separator.plain.join(b"".join(layout.item(encoded(item))) for item in items)
    assert READERS[layout](opening + pieces + closing) == {**head, key: items}
    assert opening + pieces + closing == laid_out(layout, encoded({**head, key: items}))


@pytest.mark.parametrize("key", ["items", "rows"])
def test_texts_that_end_with_newlines(key):
    """An item whose last text ends with several newlines is followed by the next one, and by what closes the list."""
    opening, closing = YAML_LAYOUT.frame(encoded({"apiVersion": "a\n\n", key: [], "z": "a\n\n"}))
    item = b"".join(YAML_LAYOUT.item(encoded({"note": "a\n\n"})))
    expected = {"apiVersion": "a\n\n", key: [{"note": "a\n\n"}] * 2, "z": "a\n\n"}
    assert yaml.safe_load(opening + item + item + closing) == expected


@pytest.mark.parametrize("text", AMBIGUOUS)
def test_ambiguous_text_is_quoted(text):
    """A word that some reader would take for a number, a date or true is quoted, so that it stays text to all."""
    line = laid_out(YAML_LAYOUT, encoded({"sha": text})).decode().removeprefix("sha: ").rstrip("\n")
    assert line[0] in "'\""
    assert yaml.safe_load(line) == text


def test_yaml_looks_as_people_write_it():
    """Block style, keys in order, long lines unbroken, texts of several lines in blocks."""
    document = {"b": [{"c": 1, "d": []}], "a": {"long": "word " * 40, "lines": "one\ntwo\n"}, "z": None}
    expected = f"a:\n  lines: |\n    one\n    two\n  long: '{'word ' * 40}'\nb:\n- c: 1\n  d: []\nz: null\n"
    assert laid_out(YAML_LAYOUT, encoded(document)).decode() == expected


def test_indented():
    """Two spaces a level and no newline at the end, as kube-apiserver writes it."""
    assert laid_out(INDENTED, b'{"a":[1],"b":{},"c":[]}') == b'{\n  "a": [\n    1\n  ],\n  "b": {},\n  "c": []\n}'


@pytest.mark.parametrize(
    ("pretty", "user_agent", "expected"),
    [
        ("", None, COMPACT),
        ("", "kubectl/v1.33", COMPACT),
        ("", "curl/8.5.0", INDENTED),
        ("", "Wget/1.21", INDENTED),
        ("", "Mozilla/5.0 (X11)", INDENTED),
        ("", "not curl", COMPACT),
        ("true", None, INDENTED),
        ("1", None, INDENTED),
        ("false", "curl/8.5.0", COMPACT),
        ("x", "curl/8.5.0", COMPACT),
    ],
)
def test_who_gets_indented_json(pretty, user_agent, expected):
    """Who asks for it, and tools that people read with unless they ask for the other (as kube-apiserver does)."""
    assert json_layout(pretty, user_agent) is expected


def test_yaml_of_any_size_comes_in_small_pieces():
    """A bundle of megabytes takes seconds: each piece is a few kilobytes, and joined they are the document."""
    document = {"items": [{"name": f"member-{number}", "text": "a: b\n" * 3} for number in range(3000)]}
    pieces = list(YAML_LAYOUT.steps(encoded(document)))
    assert max(map(len, pieces)) < 40_000
    assert len(pieces) > 100
    assert yaml.load(b"".join(pieces), Loader=yaml.CSafeLoader) == document

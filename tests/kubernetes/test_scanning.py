"""The scanner of what the decoder refuses: the same as the decoder where that reads, and never an exception."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from promoter_view.kubernetes.scanning import ListPage, ScannedIdentity, event_of, identity_of
from promoter_view.slices import outcome

NOBODY = ScannedIdentity("", "", "", "", "")
SHIP = ScannedIdentity("kargo.akuity.io/v1alpha1", "Stage", "shop", "prod", "42")
HEAD = (
    b'"apiVersion":"kargo.akuity.io/v1alpha1","kind":"Stage",'
    b'"metadata":{"namespace":"shop","name":"prod","resourceVersion":"42"}'
)


def identity(data: bytes) -> ScannedIdentity:
    return outcome(identity_of(data))


def event(line: bytes) -> tuple[str, ScannedIdentity]:
    return outcome(event_of(line))


def items(page: ListPage) -> list[bytes]:
    return [item for item in page.items() if item]


def nested(levels: int) -> bytes:
    return b'{"a":' * levels + b"1" + b"}" * levels


def stage(spec: bytes) -> bytes:
    return b"{" + HEAD + b',"spec":' + spec + b"}"


@pytest.mark.parametrize(
    "spec",
    [
        nested(1_500),
        b"[" * 5_000 + b"]" * 5_000,
        rb'"\ud800"',
        b'"\xff\xfe"',
        b"NaN",
        b"-Infinity",
        b"0x10",
        b'{"a": "}{\\"]["}',
        rb'{"a":"\\"}',
        b'"a\nb"',
    ],
)
def test_identity_whatever_stands_beside_it(spec: bytes) -> None:
    """Depth, half characters and values that are no JSON hide nothing of who the object is."""
    assert identity(stage(spec)) == SHIP
    assert event(b'{"type":"MODIFIED","object":' + stage(spec) + b"}") == ("MODIFIED", SHIP)
    assert event(b'{"object":' + stage(spec) + b',"type":"DELETED"}') == ("DELETED", SHIP)


def test_metadata_of_others_is_not_its_own() -> None:
    """Only the metadata of the object itself counts: templates, owners and list items carry some, too."""
    other = b'{"metadata":{"name":"other","namespace":"other"},"items":[{"metadata":{"name":"third"}}]}'
    assert identity(b'{"spec":' + other + b"," + HEAD + b',"status":' + other + b"}") == SHIP


def test_names_with_escapes_and_twice() -> None:
    """Names are compared as they read, and the last of two counts, as the decoder has it."""
    escaped = rb'{"met\u0061data":{"name":"first","n\u0061me":"pr\u006fd"},"kind":"A","kind":"Stage"}'
    assert identity(escaped)[1:4] == ("Stage", "", "prod")
    assert identity(b'{"metadata":{"name":"a"},"metadata":7}') == NOBODY


def test_a_name_that_cannot_be_decoded() -> None:
    """An escape that JSON does not have makes a name that nothing asks for, and a value that counts as none."""
    assert identity(rb'{"\x":1,"kind":"Stage","metadata":{"name":"a"}}')[1:4] == ("Stage", "", "a")
    assert identity(rb'{"kind":"\x","metadata":{"name":"a"}}')[1:4] == ("", "", "a")


@pytest.mark.parametrize("kept", range(len(stage(b"1")) + 1))
def test_cut_short(kept: int) -> None:
    """Of what is cut short each value counts that came whole; a half one never does."""
    found = identity(stage(b"1")[:kept])
    assert all(part in ("", whole) for part, whole in zip(found, SHIP, strict=True))
    assert found == SHIP or kept < len(HEAD)


def test_page_with_one_deep_item() -> None:
    """Each item of a page comes by itself, and the list's version and token are read."""
    body = b'{"kind":"List","metadata":{"resourceVersion":"9","continue":"token"},"items":[%b , %b,{}]}'
    page = ListPage(body % (stage(nested(1_500)), stage(b"[1]")))
    assert items(page) == [stage(nested(1_500)), stage(b"[1]"), b"{}"]
    assert (page.version, page.more) == ("9", "token")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"[]",
        b'{"items":[]}',
        b'{"metadata":{"resourceVersion":"9"},"items":[{}',
        b'{"metadata":{',
        b"{",
    ],
)
def test_no_page(body: bytes) -> None:
    """What is no list, or is cut short, has no version."""
    page = ListPage(body)
    assert all(isinstance(item, bytes) for item in page.items())
    assert page.version == ""


KEYS = st.sampled_from(
    ["type", "object", "metadata", "name", "namespace", "kind", "apiVersion", "resourceVersion", "é"]
)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8"), max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=6),
    max_leaves=25,
)


def text(value: Any, *path: str) -> str:
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value if isinstance(value, str) else ""


def expected(document: Any) -> ScannedIdentity:
    metadata = [text(document, "metadata", name) for name in ("namespace", "name", "resourceVersion")]
    return ScannedIdentity(text(document, "apiVersion"), text(document, "kind"), *metadata)


def spelled(document: Any, *, indent: bool, escaped: bool) -> bytes:
    data = orjson.dumps(document, option=orjson.OPT_INDENT_2 if indent else None)
    # Every letter a in strings as an escape: the same document.
    return data.replace(b"name", rb"n\u0061me") if escaped else data


@given(JSON, st.booleans(), st.booleans())
def test_same_as_the_decoder(document: Any, indent: bool, escaped: bool) -> None:
    """Of whatever the decoder reads, the scanner reads the same identity, in any spelling."""
    data = spelled(document, indent=indent, escaped=escaped)
    read = orjson.loads(data)
    assert identity(data) == expected(read)
    told = expected(read.get("object") if isinstance(read, dict) else None)
    assert event(data) == (text(read, "type"), told)


@given(st.lists(JSON, max_size=5), JSON, st.booleans())
def test_pages_same_as_the_decoder(found: list[Any], other: Any, indent: bool) -> None:
    """The items of a list are those that the decoder finds."""
    body = {"other": other, "items": found, "metadata": {"resourceVersion": "7", "continue": None}}
    page = ListPage(spelled(body, indent=indent, escaped=False))
    assert [orjson.loads(item) for item in items(page)] == found
    assert (page.version, page.more) == ("7", "")


@given(st.binary(max_size=60) | st.text('{}[]",:\\ametd', max_size=60).map(str.encode))
def test_total(data: bytes) -> None:
    """Any bytes at all are scanned to an end without an exception."""
    assert len(identity(data)) == 5
    event(data)
    assert all(item in data for item in ListPage(data).items())


@given(JSON, st.integers(0, 400))
def test_cut_documents(document: Any, kept: int) -> None:
    """A document that is cut short says nothing that the whole one does not say, or said before a later one of the
    same name."""
    data = orjson.dumps(document)
    whole = expected(document)
    assert all(part in ("", told) for part, told in zip(identity(data[:kept]), whole, strict=True))


def test_cost_is_linear() -> None:
    """Strings that never end, and brackets without number, are each passed once: no quadratic time."""
    for data in (b'{"a":"' + b"x" * 2_000_000, b'{"a":' + b'["' * 1_000_000, b'{"a":' + b"\\" * 2_000_000):
        assert identity(data) == NOBODY


LONG = {
    "brackets": b"[" + b"[]," * 50_000 + b"1]",
    "depth": b"[" * 50_000 + b"]" * 50_000,
    "strings": b"[" + b'"a",' * 50_000 + b"1]",
    "members": b'1,"a":1' + b',"b":1' * 50_000,
    "one name": b'1,"kind":"Stage"' + b',"kind":"Stage"' * 50_000,
}


@pytest.mark.parametrize("spec", LONG.values(), ids=LONG)
def test_a_long_document_takes_many_steps(spec: bytes) -> None:
    """Whatever it is made of, 50,000 of them are passed in steps of 2,000 at most, also as an item of a list."""
    steps = sum(1 for _ in identity_of(stage(spec)))
    assert steps >= 50_000 // 2_000
    assert sum(1 for _ in event_of(b'{"type":"ADDED","object":' + stage(spec) + b"}")) > steps
    page = b'{"metadata":{"resourceVersion":"9"},"items":[' + stage(spec) + b"]}"
    assert sum(1 for item in ListPage(page).items() if not item) >= 50_000 // 2_000

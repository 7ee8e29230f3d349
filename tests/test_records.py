"""A bundle's pieces, and what they are."""

from __future__ import annotations

from promoter_view.records import Bundle, BundleKey

OPENING, ROOT, CLOSING = b'"},"stage":', b'{"spec":1}', b"}"
FREIGHT, PROMOTIONS = (b',"freight":', b"[", b'{"a":1}', b",", b'{"a":2}', b"]"), (b',"promotions":', b"[]")


def bundle(*fields: tuple[bytes, ...]) -> Bundle:
    head = b'{"metadata":{"resourceVersion":"'
    tail = (OPENING, ROOT, *(piece for field in fields for piece in field), CLOSING)
    return Bundle(BundleKey("stagedetails", "shop", "test"), "uid", 7, "", {}, head, tail)


def test_fields() -> None:
    """The root, and each field behind it with its members' own bytes."""
    found = bundle(FREIGHT, PROMOTIONS)
    assert found.root == ROOT
    assert {field.name: field.bodies for field in found.fields()} == {
        "freight": [b'{"a":1}', b'{"a":2}'],
        "promotions": [b"[]"],
    }
    assert bundle().fields() == []


def test_with_fields() -> None:
    """A bundle with some of its fields is the JSON without the others, in the same pieces."""
    whole = bundle(FREIGHT, PROMOTIONS)
    shown = whole.with_fields(whole.fields()[1:], frozenset({"Freight"}))
    assert shown.encode() == b'{"metadata":{"resourceVersion":"7"},"stage":{"spec":1},"promotions":[]}'
    assert (shown.key, shown.resource_version, shown.hidden) == (whole.key, 7, {"Freight"})
    assert all(any(piece is known for known in whole.tail) for piece in shown.tail)
    assert whole.with_fields(whole.fields(), frozenset()).tail == whole.tail

"""A whole list as items: what the decoder refuses costs the item that holds it, and no other."""

from __future__ import annotations

import pytest

from promoter_view.kubernetes.documents import decode_item, failure, items_of
from promoter_view.slices import outcome


def _list(*items: bytes, metadata: bytes = b'{"resourceVersion":"7"}') -> bytes:
    return b'{"kind":"List","metadata":' + metadata + b',"items":[' + b",".join(items) + b"]}"


_GOOD = b'{"metadata":{"name":"good"}}'
_BAD = b'{"kind":"Stage","metadata":{"name":"bad","resourceVersion":"6"},"spec":"\\ud800"}'


def test_a_list_that_is_read() -> None:
    """Each item is its document, and has no fault."""
    found = items_of(_list(_GOOD, _GOOD))
    assert found is not None
    assert [(each.document, each.fault) for each in found] == [({"metadata": {"name": "good"}}, "")] * 2


def test_one_item_that_the_decoder_refuses() -> None:
    """The others are read; of that one there are its names, and why it cannot be decoded."""
    found = items_of(_list(_GOOD, _BAD, _GOOD))
    assert found is not None
    assert [each.fault == "" for each in found] == [True, False, True]
    assert found[1].document == {"kind": "Stage", "metadata": {"namespace": "", "name": "bad", "resourceVersion": "6"}}
    assert found[1].fault.startswith("cannot be decoded: ")


@pytest.mark.parametrize(
    "body", [b"", b"[]", b'{"kind":"Status"}', b"<html>", _list(_BAD, metadata=b"{}"), b'{"items":"none"}']
)
def test_what_is_no_list(body: bytes) -> None:
    """It has no items, not none of them: whoever asked must not take it for an empty cluster."""
    assert items_of(body) is None


def test_an_item_that_is_null() -> None:
    """It is somebody's fault, and is said to be null rather than malformed."""
    found = outcome(decode_item(b"null"))
    assert (found.document["metadata"]["name"], found.fault) == ("", "is null")


@pytest.mark.parametrize(("details", "said"), [({"name": "a"}, True), ({}, False)])
def test_a_refusal_has_the_details_that_there_are(details: dict[str, str], said: bool) -> None:
    """A Status as kube-apiserver writes it: a field of details only where something is in it."""
    found = failure(404, "NotFound", "there is no a", details=details, metadata={})
    assert (found["status"], found["code"], found["reason"]) == ("Failure", 404, "NotFound")
    assert ("details" in found) is said

"""Reading objects of any shape: what is read, and what is noted."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promoter_view.records import ObjectKey
from promoter_view.views.fields import Fields, OwnerReference

KEY = ObjectKey("X", "a", "x")
any_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)

TEXTS: dict[str, tuple[dict[str, Any], str, list[str]]] = {
    "there": ({"spec": {"ref": {"name": "n"}}}, "n", []),
    "absent": ({"spec": {}}, "", []),
    "null": ({"spec": {"ref": None}}, "", []),
    "null below": ({"spec": {"ref": {"name": None}}}, "", []),
    "a number": ({"spec": {"ref": {"name": 1}}}, "", ["spec.ref.name is a number, not a string"]),
    "in a string": ({"spec": "s"}, "", ["spec is a string, not an object"]),
    "in a list": ({"spec": {"ref": [1]}}, "", ["spec.ref is a list, not an object"]),
    "true": ({"spec": {"ref": {"name": True}}}, "", ["spec.ref.name is a boolean, not a string"]),
}


@pytest.mark.parametrize("case", TEXTS)
def test_a_string_at_a_path(case: str) -> None:
    """Absent and null read as nothing in silence; a wrong type reads as nothing and is noted with its path."""
    document, wanted, problems = TEXTS[case]
    fields = Fields(KEY, document)
    assert (fields.text(("spec", "ref", "name")), fields.problems) == (wanted, problems)


def test_lists_keep_what_is_sound() -> None:
    """Malformed items of a list are skipped and noted once; the others are read."""
    fields = Fields(KEY, {"list": [{"n": "a"}, 1, {"n": 2}, {"n": "b"}]})
    assert fields.texts(("list",), "n") == ["a", "b"]
    assert fields.texts(("list",), "n") == ["a", "b"]
    assert fields.problems == ["list holds what is no object", "list.n is not everywhere a string"]


def test_labels_keep_what_is_sound() -> None:
    """A label that is no string is left out and noted."""
    fields = Fields(KEY, {"metadata": {"labels": {"a": "1", "b": 2}}})
    assert fields.labels() == {"a": "1"}
    assert fields.problems == ["metadata.labels holds what is no string"]


def test_a_controller_reference_that_lacks_parts() -> None:
    """A controller whose uid is malformed is still a controller of its kind, only of nobody."""
    fields = Fields(KEY, {"metadata": {"ownerReferences": [{"controller": True, "kind": "A", "apiVersion": "g/v1"}]}})
    assert fields.controllers() == [OwnerReference("g", "A", "")]
    assert fields.problems == ["metadata.ownerReferences holds what is no reference"]


@given(st.dictionaries(st.sampled_from(["metadata", "labels", "ownerReferences", "x"]), any_json, max_size=4), any_json)
def test_reading_never_raises(document: dict[str, Any], metadata: Any) -> None:
    """Whatever the object is, each reading gives a value of its type."""
    for found in (document, {"metadata": metadata}, {"metadata": document}):
        fields = Fields(KEY, found)
        assert type(fields.text(("metadata", "x"))) is str
        assert all(type(value) is str for value in fields.labels().values())
        assert all(type(value) is str for value in fields.texts(("metadata", "ownerReferences"), "x"))
        assert all(type(owner.uid) is str for owner in fields.controllers())

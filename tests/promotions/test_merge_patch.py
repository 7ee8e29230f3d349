"""JSON merge patches, against RFC 7386's own way to apply one."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from promoter_view.promotions.merge_patch import merge_diff


def apply(target: Any, patch: Any) -> Any:
    """MergePatch(Target, Patch) of RFC 7386, section 2."""
    if not isinstance(patch, dict):
        return patch
    found = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            found.pop(name, None)
        else:
            found[name] = apply(found.get(name), value)
    return found


VALUES = st.recursive(
    st.booleans() | st.integers(0, 2) | st.text(max_size=2),
    lambda children: st.lists(children, max_size=2) | st.dictionaries(st.sampled_from("abc"), children),
)
DOCUMENTS = st.dictionaries(st.sampled_from("abcd"), VALUES)


@given(DOCUMENTS, DOCUMENTS)
def test_round_trip(old: dict[str, Any], new: dict[str, Any]) -> None:
    """The difference of two documents, applied to the first, gives the second; to the letter, so True is not 1."""
    assert repr_of(apply(old, merge_diff(old, new))) == repr_of(new)


@given(DOCUMENTS)
def test_no_difference(document: dict[str, Any]) -> None:
    """Equal documents differ in nothing."""
    assert merge_diff(document, document) == {}


def test_only_what_differs() -> None:
    """Objects are compared field by field, what is gone is null, lists are sent whole."""
    old = {"keep": 1, "deep": {"keep": 1, "change": 1}, "gone": 1, "list": [1, 2]}
    new = {"keep": 1, "deep": {"keep": 1, "change": 2}, "list": [1, 3]}
    assert merge_diff(old, new) == {"deep": {"change": 2}, "gone": None, "list": [1, 3]}


def repr_of(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: repr_of(found) for name, found in value.items()}
    return [repr_of(item) for item in value] if isinstance(value, list) else repr(value)

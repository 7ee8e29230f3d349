"""Merge patches and what else is done to documents."""

from __future__ import annotations

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promoter_view.simulator.kubernetes.objects import merge_patch, status_update

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize(
    ("target", "patch", "result"),
    [
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
        ({"a": "b"}, {"a": None}, {}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
        (["a", "b"], ["c", "d"], ["c", "d"]),
        ({"a": "b"}, ["c"], ["c"]),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
        ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
    ],
)
def test_merge_patches_as_rfc_7386_says(target: object, patch: object, result: object) -> None:
    """The cases of RFC 7386's appendix."""
    assert merge_patch(target, patch) == result


@given(JSON, JSON)
def test_a_merge_patch_changes_neither_argument_and_can_be_repeated(target: object, patch: object) -> None:
    """Patching is idempotent and leaves what it was given as it was."""
    kept = copy.deepcopy((target, patch))
    once = merge_patch(target, patch)
    assert merge_patch(once, patch) == once
    assert (target, patch) == kept


def test_a_status_update_takes_the_status_only() -> None:
    """Everything but the status stays; a status that is left out goes."""
    old = {"metadata": {"name": "a"}, "spec": 1, "status": 1}
    assert status_update(old, {"metadata": {"name": "b"}, "spec": 2, "status": 2}) == {**old, "status": 2}
    assert status_update(old, {"metadata": {"name": "b"}, "spec": 2}) == {"metadata": {"name": "a"}, "spec": 1}

"""The small rules of relations: label values, tokens and conditions."""

from __future__ import annotations

import pytest

from promoter_view.records import ObjectKey
from promoter_view.views.fields import Fields
from promoter_view.views.joining.relations import FieldIs, JoinToken, NamedBy, NamesRoot, OwnedBy, label_value, token
from tests.support.views.oracle import label_value as slow_label_value

LABEL_VALUES = {
    "my-app": "my-app",
    "my.app": "my-app",
    "my..-app": "my-app",
    "My_App": "My-App",
    "--a": "a",
    ".a": "a",
    "a.": "a-",
    "a" * 64: "a" * 63,
    "b." + "a" * 62: "a" * 62,
    "b" + "." * 9 + "a" * 61: "b-" + "a" * 61,
    "b" * 9 + "." * 9 + "a" * 62: "a" * 62,
    "é1": "1",
    "...": "",
    "": "",
}


@pytest.mark.parametrize("name", LABEL_VALUES)
def test_a_name_as_a_label_value(name: str) -> None:
    """Runs of other characters become one dash, the last 63 characters stay, leading dashes go."""
    assert label_value(name) == LABEL_VALUES[name] == slow_label_value(name)


def test_nothing_hangs_on_an_empty_value() -> None:
    """An empty name or uid makes no token, so that two malformed objects do not meet."""
    assert token("how", "a", "") == []
    assert token("how", "a", "v") == [JoinToken("how", "a", "v")]


def test_an_owner_reference_counts_by_kind_group_and_controller() -> None:
    """Only a controller of one of the kinds claims a child; the first of those is the one it hangs on."""
    references = [
        {"apiVersion": "g/v1", "kind": "A", "uid": "1"},
        {"apiVersion": "g/v1", "kind": "A", "uid": "2", "controller": "true"},
        {"apiVersion": "h/v1", "kind": "A", "uid": "3", "controller": True},
        {"apiVersion": "g/v1", "kind": "C", "uid": "4", "controller": True},
        {"apiVersion": "g/v1", "kind": "B", "uid": "5", "controller": True},
        {"apiVersion": "g/v1", "kind": "A", "uid": "6", "controller": True},
    ]
    owned = OwnedBy(("A", "B"), "g")
    child = Fields(ObjectKey("X", "n", "x"), {"metadata": {"ownerReferences": references}})
    assert owned.ties(child) == [JoinToken("owner:B", "n", "5")]
    unclaimed = Fields(child.key, {"metadata": {"ownerReferences": references[:4]}})
    assert (owned.claims(child), owned.claims(unclaimed)) == (True, False)
    assert owned.ties(unclaimed) == []


def test_both_ends_of_each_relation_meet_in_one_token() -> None:
    """What a parent publishes is what its child hangs on."""
    parent = Fields(ObjectKey("A", "n", "p"), {"metadata": {"uid": "1"}, "spec": {"kind": "Far", "ref": "c"}})
    child = Fields(ObjectKey("B", "n", "c"), {"spec": {"root": "p"}})
    names_root = NamesRoot(("spec", "root"))
    named = NamedBy(("A",), ("spec", "ref"), when=FieldIs(("spec", "kind"), "Far"))
    assert names_root.anchors(parent, "B") == names_root.ties(child)
    assert named.anchors(parent, "B") == named.ties(child)
    near = NamedBy(("A",), ("spec", "ref"), when=FieldIs(("spec", "kind"), "Far", negated=True))
    assert near.anchors(parent, "B") == []
    far = NamedBy(("A",), ("spec", "ref"), cluster_scoped=True)
    assert far.anchors(parent, "B") == far.ties(Fields(ObjectKey("B", "", "c"), {}))

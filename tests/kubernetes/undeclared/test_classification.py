"""Which kinds are taken up, how they belong, and what their fields are called."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promoter_view.kubernetes.cleaning import CleaningRules
from promoter_view.kubernetes.kinds import PROMOTER_GROUP, PROMOTER_KINDS, Kind
from promoter_view.kubernetes.undeclared.classification import (
    MAX_KINDS,
    Classification,
    LeftOut,
    Taken,
    candidates,
    classify,
    field_of,
    names_root,
    resource_of,
    still_so,
)
from promoter_view.views.promotion_strategy.details import PROMOTION_STRATEGY_DETAILS
from tests.kubernetes.undeclared.kinds import (
    GATE,
    NAMED,
    OWNED,
    PLURALS,
    RELATED,
    VERSION,
    resource,
    resource_list,
    schemas,
)

FREE = Taken(frozenset(), frozenset())
KINDS = {name: Kind(name, plural, PROMOTER_GROUP, VERSION) for name, plural in PLURALS.items()}
SPECS = {GATE: NAMED, RELATED: NAMED, OWNED: {"activeBranch": {"type": "string"}}}


def test_fields_are_called_as_the_declared_ones_are() -> None:
    """For every list that is declared, the convention gives the name that it has."""
    plurals = {kind.kind: kind.plural for kind in PROMOTER_KINDS}
    found = {member.field: field_of(member.kind, plurals[member.kind]) for member in PROMOTION_STRATEGY_DETAILS.members}
    lists = [member.field for member in PROMOTION_STRATEGY_DETAILS.members if member.many]
    assert {field: found[field] for field in lists} == dict(zip(lists, lists, strict=True))


@pytest.mark.parametrize(
    ("kind", "plural", "field"),
    [
        ("ChangeTransferPolicyHistory", "changetransferpolicyhistories", "changeTransferPolicyHistories"),
        ("ArgoCDCommitStatus", "argocdcommitstatuses", "argoCDCommitStatuses"),
        ("Freight", "freights", "freights"),
        ("Sheep", "sheep", "sheep"),
        ("Ox", "oxen", "oxen"),
        ("Person", "people", "people"),
        ("Mouse", "rodents", "rodents"),
    ],
)
def test_fields_of_other_kinds(kind: str, plural: str, field: str) -> None:
    """The kind with its plural's ending, in camelCase; nothing of it where they have nothing in common."""
    assert field_of(kind, plural) == field


@pytest.mark.parametrize(
    "other",
    [
        resource("Cluster", "clusters", namespaced=False),
        resource("ControllerConfiguration", "controllerconfigurations"),
        resource("Silent", "silents", verbs=["list", "get"]),
        resource("Odd", "odds", verbs=["list", ["watch"], None]),
        resource("Text", "texts", verbs="list watch"),
        resource(GATE, f"{PLURALS[GATE]}/status"),
        {"name": "nameless", "namespaced": True, "verbs": ["list", "watch"]},
        "no object",
    ],
)
def test_only_what_is_listed_and_watched_in_namespaces(other: Any) -> None:
    """Subresources, kinds of cluster scope, the promoter's own configuration and malformed entries are skipped."""
    assert candidates(resource_list(other, resource(GATE)), VERSION) == {GATE: KINDS[GATE]}


@given(
    st.recursive(
        st.none() | st.booleans() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
    )
)
def test_any_list_of_resources(found: Any) -> None:
    """Reading discovery never fails."""
    assert candidates(found, VERSION) == {}


def test_a_schema_tells_who_names_a_strategy() -> None:
    """By the string at spec.promotionStrategyRef.name; of a kind without a schema nothing is said."""
    assert names_root(KINDS.values(), schemas(**SPECS)) == {GATE: True, RELATED: True, OWNED: False}
    assert names_root(KINDS.values(), schemas(**{GATE: NAMED})) == {GATE: True}


def _referring(reference: Any) -> dict[str, Any]:
    found = schemas(**{GATE: {"promotionStrategyRef": reference}})
    return found | {"Ref": NAMED["promotionStrategyRef"], "Loop": {"$ref": "#/components/schemas/Loop"}}


@pytest.mark.parametrize(
    ("reference", "named"),
    [
        ({"$ref": "#/components/schemas/Ref"}, True),
        ({"description": "which", "allOf": [{"$ref": "#/components/schemas/Ref"}]}, True),
        ({"allOf": [{"$ref": "#/components/schemas/Ref"}, {"$ref": "#/components/schemas/Ref"}]}, False),
        ({"$ref": "#/components/schemas/Gone"}, False),
        ({"$ref": "#/components/schemas/Loop"}, False),
        ({"$ref": "https://elsewhere.example/Ref"}, False),
        ({"properties": {"name": {"type": "object"}}}, False),
        ({"properties": {"name": None}}, False),
        (None, False),
    ],
)
def test_schemas_refer_to_each_other(reference: Any, named: bool) -> None:
    """A reference is followed, alone or as the only one of allOf; what leads nowhere names nothing."""
    assert names_root([KINDS[GATE]], _referring(reference)) == {GATE: named}


def test_what_is_taken_up() -> None:
    """In the order of fields, with the digest of the rules by which undeclared kinds are cleaned."""
    found = classify(KINDS, {GATE: True, RELATED: True, OWNED: False}, taken=FREE)
    assert [(kind.field, kind.names_root) for kind in found.kinds] == [
        ("changeTransferPolicyForecasts", False),
        ("chatApprovalCommitStatuses", True),
        ("revertCommits", True),
    ]
    assert {kind.rules for kind in found.kinds} == {CleaningRules(KINDS[kind.kind]).digest for kind in found.kinds}
    assert [resource_of(kind) for kind in found.kinds] == [KINDS[kind.kind] for kind in found.kinds]
    assert found.left_out == {}


def test_what_is_left_out() -> None:
    """What has no schema yet, and what would be called as something else is; what is declared is not spoken of."""
    taken = Taken(frozenset({RELATED}), frozenset({"chatApprovalCommitStatuses"}))
    found = classify(KINDS, {GATE: True, RELATED: True}, taken=taken)
    assert found == Classification((), {GATE: LeftOut.NAME_TAKEN, OWNED: LeftOut.NO_SCHEMA})


def test_of_two_with_one_field_one_is_left_out() -> None:
    """The first by name; but what is there already stays."""
    twins = {name: Kind(name, "twins", PROMOTER_GROUP, VERSION) for name in ("Atwin", "Btwin")}
    for in_force, kept, out in (((), "Atwin", "Btwin"), (("Btwin",), "Btwin", "Atwin")):
        found = classify(twins, dict.fromkeys(twins, False), taken=FREE, in_force=in_force)
        assert [kind.kind for kind in found.kinds] == [kept]
        assert found.left_out == {out: LeftOut.NAME_TAKEN}


def test_there_are_never_more_than_so_many() -> None:
    """A flood of kinds leaves out the last by name, and pushes nobody out who is there."""
    names = [f"K{number:02}" for number in range(MAX_KINDS + 2)]
    many = {name: Kind(name, name.lower() + "s", PROMOTER_GROUP, VERSION) for name in names}
    found = classify(many, dict.fromkeys(many, False), taken=FREE, in_force=names[-1:])
    assert {kind.kind for kind in found.kinds} == {*names[: MAX_KINDS - 1], names[-1]}
    assert found.left_out == dict.fromkeys(names[MAX_KINDS - 1 : -1], LeftOut.TOO_MANY_KINDS)


def test_what_a_log_has_taken_up_may_have_changed() -> None:
    """A kind that is declared meanwhile, a field that is another's, and other rules of cleaning all end it."""
    kind = classify(KINDS, {GATE: True}, taken=FREE).kinds[0]
    assert still_so(kind, FREE)
    assert not still_so(kind, Taken(frozenset({GATE}), frozenset()))
    assert not still_so(kind, Taken(frozenset(), frozenset({kind.field})))
    assert not still_so(kind._replace(rules="another"), FREE)

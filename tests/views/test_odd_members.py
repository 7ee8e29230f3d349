"""Objects with anything at any place: what cannot be projected of one stops no other, nor the projection."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from promoter_view.api.tables import IncludeObject, TableForm, cells_of
from promoter_view.records import BundleKey, ObjectKey
from promoter_view.views.definition import ViewDefinition
from tests.views import stages
from tests.views.oracle import key_of
from tests.views.strategies import NEW, OLD, policy
from tests.views.world import DEFINITIONS, World, delete, family, put

Document = dict[str, Any]
NOW = datetime(2026, 11, 29, tzinfo=UTC)
#: What a CRD without a schema, or an older one, may have let in.
ODD = [
    None, True, 0, -1, 1.5, 2**63, 1e308, "", "x", "\x00", "0999-06-01T00:00:00Z", "9" * 5_000, "\u202e", "a/b",
    "../..", [], [None], [[]], ["x"], [{}], [{"name": None}], [{"name": []}], {}, {"": {}}, {"a": None},
    {"name": {"name": 1}},
]  # fmt: skip


def whole() -> list[Document]:
    """Objects of every kind that views are made of, each with what is read of it."""
    branch = {
        **policy("dev", active=OLD, proposed=NEW, pull_request="open", history=[{"active": {"dry": {"sha": OLD}}}]),
        "apiVersion": "promoter.argoproj.io/v1alpha1",
        "kind": "ChangeTransferPolicy",
    }
    shop = family("shop", "ScmProvider")
    shop[1] = {**shop[1], "spec": branch["spec"], "status": branch["status"]}
    desired = {"shop": ["abc"]}
    checks = [stages.check("argocd/shop", **desired)]
    return [
        *shop,
        stages.stage(freight=["f"], before=["g"], checks=checks, current="p1"),
        stages.promotion("p0", phase="Succeeded", finished=2, checks=checks),
        stages.promotion("p1", phase="Running", created=1),
        stages.thing("Freight", "f", status={"currentlyIn": {"test": {}}}),
        stages.application("shop", authorized="shop:test", revision="abc"),
    ]


def places(value: Any, *above: str | int) -> Iterator[tuple[str | int, ...]]:
    """Every place in a document; by what key the log knows it does not depend on what it says."""
    if above:
        yield above
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, found in items:
        yield from places(found, *above, name)


def replaced(value: Any, place: tuple[str | int, ...], by: Any) -> Any:
    if not place:
        return by
    first, *rest = place
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[first] = replaced(value[first], tuple(rest), by)
    return copy


WHOLE = whole()
#: (Which object, which place in it.)
PLACES = [(at, place) for at, document in enumerate(WHOLE) for place in places(document)]
odd_documents = st.tuples(st.sampled_from(PLACES), st.sampled_from(ODD)).map(
    lambda drawn: (key_of(WHOLE[drawn[0][0]]), replaced(WHOLE[drawn[0][0]], drawn[0][1], drawn[1]))
)


def other() -> list[Document]:
    """Another strategy and another Stage, which nothing odd may change."""
    return [*family("other", "ClusterScmProvider"), stages.stage("other", checks=[stages.check("argocd/other")])]


def rows(world: World, definition: ViewDefinition) -> dict[BundleKey, Any]:
    """Every bundle of that view, read again as its row in a Table and as itself."""
    form = TableForm(definition, IncludeObject.NONE, cells=cells_of(definition), now=lambda: NOW)
    found = world.projector.list(definition.plural)
    return {bundle.key: (orjson.loads(form.single(bundle))["rows"], orjson.loads(bundle.encode())) for bundle in found}


def shown(world: World) -> dict[BundleKey, Any]:
    return {key: row for definition in DEFINITIONS for key, row in rows(world, definition).items()}


OTHER = World()
OTHER.put(*other())
EXPECTED = {key: row[0] for key, row in shown(OTHER).items()}


@settings(max_examples=300, deadline=None)
@given(st.lists(odd_documents, min_size=1, max_size=4))
def test_what_is_odd_stops_nothing_else(odd: list[tuple[ObjectKey, Document]]) -> None:
    """Rows and bundles can be made of all there is, others are as they were, and what is well again is shown again."""
    world = World()
    world.put(*WHOLE)
    before = shown(world)
    world.put(*other())
    world.feed(*(put(key, orjson.dumps(document)) for key, document in odd))
    found = shown(world)
    assert {key: found[key][0] for key in EXPECTED} == EXPECTED
    world.feed(*(delete(key) for key, _ in odd))
    world.put(*WHOLE)
    again = shown(world)
    assert {key: again[key][0] for key in before} == {key: row[0] for key, row in before.items()}

"""Objects of every kind that views are made of, with anything at any place of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st

from tests.support.views import stages
from tests.support.views.oracle import key_of
from tests.support.views.strategies import NEW, OLD, policy
from tests.support.views.world import family

Document = dict[str, Any]
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

"""Definitions that contradict themselves, and objects that are not what they should be."""

from __future__ import annotations

import dataclasses

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from promoter_view.records import ObjectKey
from promoter_view.views.definition import Member
from promoter_view.views.fields import Fields
from promoter_view.views.joining.facts import Extractor, Facts, decode
from promoter_view.views.joining.relations import NamedBy, NamesRoot
from promoter_view.views.promotion_strategy.details import PROMOTION_STRATEGY_DETAILS as DETAILS
from promoter_view.views.stage.details import stage_details

WRONG: dict[str, tuple[tuple[Member, ...], str]] = {
    "twice": (
        (Member("a", "A", (NamesRoot(("x",)),)), Member("b", "A", (NamesRoot(("x",)),))),
        "PromotionStrategyDetails: a kind is declared twice",
    ),
    "the root as a member": (
        (Member("a", "PromotionStrategy", (NamesRoot(("x",)),)),),
        "PromotionStrategyDetails: a kind is declared twice",
    ),
    "an unknown parent": (
        (Member("a", "A", (NamedBy(("Nobody",), ("x",)),)),),
        "PromotionStrategyDetails: relations of A form a circle or lead to an unknown kind",
    ),
    "a circle": (
        (Member("a", "A", (NamedBy(("B",), ("x",)),)), Member("b", "B", (NamedBy(("A",), ("x",)),))),
        "PromotionStrategyDetails: relations of A, B form a circle or lead to an unknown kind",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_definition_is_refused(case: str) -> None:
    """A definition under which an object could have two fields, or a closure no end, is an error at start."""
    members, message = WRONG[case]
    with pytest.raises(ValueError) as raised:  # noqa: PT011 - the whole message is compared
        Extractor(dataclasses.replace(DETAILS, members=members))
    assert str(raised.value) == message


def test_a_root_without_uid_is_no_root() -> None:
    """Without a uid there is nothing to make the bundle's from: no bundle, nothing hangs on it, and it is noted."""
    fields = Fields(ObjectKey("PromotionStrategy", "a", "x"), {"metadata": {}})
    assert Extractor(DETAILS).extract(fields) == Facts()
    assert fields.problems == ["metadata.uid is missing"]


@given(st.binary(max_size=20) | st.sampled_from([b"", b"[]", b"null", b'{"a":NaN}', b"[" * 5000, b'{"a":"\xff"}']))
def test_bytes_that_hold_no_object_are_described(body: bytes) -> None:
    """Decoding gives an object, or None and the reason; it does not raise."""
    document, problem = decode(body)
    assert (document is None) == bool(problem)


@pytest.mark.parametrize(
    ("namespace", "named"),
    [("argocd", {"name": "shop-prod", "namespace": "argocd"}), ("", {"name": "shop-prod"})],
)
def test_a_member_that_is_shown_by_its_name_has_a_veil(namespace: str, named: dict[str, str]) -> None:
    """An Application under its name alone, and the Stages for which it is lifted, each once."""
    annotation = {"kargo.akuity.io/authorized-stage": "shop:prod"}
    document = {"apiVersion": "argoproj.io/v1alpha1", "metadata": {"annotations": annotation}, "spec": {"secret": 1}}
    fields = Fields(ObjectKey("Application", namespace, "shop-prod"), document)
    veil = Extractor(stage_details("argocd")).extract(fields).veil
    assert veil is not None
    assert [(tie.namespace, tie.value) for tie in veil.opened_by] == [("shop", "prod")]
    assert orjson.loads(veil.body) == {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Application",
        "metadata": named,
    }


def test_other_members_have_no_veil() -> None:
    """What hangs on a bundle in every way is shown whole."""
    fields = Fields(ObjectKey("Promotion", "shop", "p"), {"metadata": {}})
    assert Extractor(stage_details("argocd")).extract(fields).veil is None


def test_a_member_that_others_are_not_shown_has_an_empty_veil() -> None:
    """Freight is shown to the Stages that have it; to those that only request it there is nothing to show."""
    origin = {"kind": "Warehouse", "name": "w"}
    fields = Fields(ObjectKey("Freight", "shop", "f"), {"metadata": {}, "origin": origin})
    veil = Extractor(stage_details("argocd")).extract(fields).veil
    assert veil is not None
    assert (veil.body, [tie.value for tie in veil.opened_by]) == (b"", ["f"])

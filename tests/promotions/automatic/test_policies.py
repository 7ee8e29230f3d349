"""Which Stages a Project lets be promoted to by itself."""

from __future__ import annotations

from typing import Any

import pytest

from promoter_view.promotions.automatic.policies import policy_of

STAGE = {"metadata": {"name": "test", "labels": {"tier": "low", "eu": ""}}}


def said(*policies: dict[str, Any]) -> tuple[bool, str]:
    found = policy_of({"spec": {"promotionPolicies": list(policies)}}, "shop", STAGE)
    return found.is_enabled, found.reason


def on(**selector: Any) -> dict[str, Any]:
    return {"stageSelector": selector, "autoPromotionEnabled": True}


def wants(key: str, operator: str, *values: str) -> dict[str, Any]:
    return on(matchExpressions=[{"key": key, "operator": operator, "values": list(values)}])


@pytest.mark.parametrize(
    ("policy", "enabled"),
    [
        (on(name="test"), True),
        (on(name="prod"), False),
        (on(name="glob:te*", matchLabels={"tier": "low"}), True),
        (on(name="glob:te*", matchLabels={"tier": "high"}), False),
        (on(name="prod", matchLabels={"tier": "low"}), False),
        (on(matchLabels={"tier": "low", "eu": ""}), True),
        (on(), True),
        ({"stage": "test", "autoPromotionEnabled": True}, True),
        ({"stage": "prod", "autoPromotionEnabled": True}, False),
        ({"stage": "test"}, False),
        (wants("tier", "In", "low", "mid"), True),
        (wants("tier", "NotIn", "low"), False),
        (wants("team", "NotIn", "a"), True),
        (wants("team", "In", "a"), False),
        (wants("eu", "Exists"), True),
        (wants("eu", "DoesNotExist"), False),
        (wants("team", "DoesNotExist"), True),
    ],
)
def test_selectors(policy: dict[str, Any], enabled: bool) -> None:
    """A policy is of the Stages that its selector means: by name and labels, all of it; or of the one it names."""
    assert said(policy)[0] is enabled


def test_the_first_that_matches_counts() -> None:
    """Later policies that match say nothing any more."""
    off = {"stageSelector": {"name": "test"}, "autoPromotionEnabled": False}
    assert said(off, on()) == (False, "Disabled")
    assert said(on(name="prod"), on(name="test"), off) == (True, "")


@pytest.mark.parametrize(
    "policy",
    [on(name="regex:("), wants("a", "Near", "b"), wants("a", "In"), wants("a", "Exists", "b")],
)
def test_one_that_cannot_be_read(policy: dict[str, Any]) -> None:
    """It enables nothing, and neither do those behind it; it is named by its place."""
    assert said(policy, on()) == (False, "InvalidPolicy")
    found = policy_of({"spec": {"promotionPolicies": [on(name="x"), policy]}}, "shop", STAGE)
    assert found.message.startswith("promotion policy 2 of ProjectConfig shop cannot be read: ")


def test_why_not() -> None:
    """No ProjectConfig, none of its policies, and one that disables it are told apart."""
    assert policy_of(None, "shop", STAGE).message == "project shop has no ProjectConfig, and so no promotion policy"
    assert policy_of({}, "shop", STAGE).message == "no promotion policy of ProjectConfig shop matches Stage test"
    found = policy_of({"spec": {"promotionPolicies": [{"stage": "test"}]}}, "shop", STAGE)
    assert found.message == "promotion policy 1 of ProjectConfig shop disables it"

"""Whether a Project lets a Stage be promoted to by itself: the first promotion policy that matches it says so. Pure.

Policies are in the ProjectConfig that has the name of its namespace. One that cannot be read enables nothing, and nor
does any that comes after it: it might have been the one that counts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from promoter_view.decoded import mapping, text, texts
from promoter_view.promotions.automatic.patterns import PatternError, matches_name
from promoter_view.promotions.documents import Document, objects


@dataclass(frozen=True, slots=True)
class PolicyAnswer:
    """What is said of a Stage. ``reason`` is one word, and ``message`` a sentence, on why it is not enabled."""

    is_enabled: bool
    reason: str = ""
    message: str = ""


def policy_of(config: Document | None, project: str, stage: Document) -> PolicyAnswer:
    """What the project's ProjectConfig, None where there is none, says of that decoded Stage."""
    name = text(stage, "metadata", "name")
    if config is None:
        return PolicyAnswer(False, "NoPolicy", f"project {project} has no ProjectConfig, and so no promotion policy")
    for place, policy in enumerate(objects(config, "spec", "promotionPolicies"), 1):
        which = f"promotion policy {place} of ProjectConfig {project}"
        try:
            if _matches(policy, name, mapping(stage, "metadata", "labels")):
                is_enabled = policy.get("autoPromotionEnabled") is True
                return PolicyAnswer(
                    is_enabled, "" if is_enabled else "Disabled", "" if is_enabled else f"{which} disables it"
                )
        except PatternError as error:
            return PolicyAnswer(False, "InvalidPolicy", f"{which} cannot be read: {error}")
    return PolicyAnswer(False, "NoPolicy", f"no promotion policy of ProjectConfig {project} matches Stage {name}")


def _matches(policy: Document, name: str, labels: Document) -> bool:
    selector = mapping(policy, "stageSelector") if "stageSelector" in policy else {"name": text(policy, "stage")}
    pattern = text(selector, "name")
    if pattern and not matches_name(pattern, name):
        return False
    if any(labels.get(key) != value for key, value in mapping(selector, "matchLabels").items()):
        return False
    return all(_meets(each, labels) for each in objects(selector, "matchExpressions"))


def _meets(expression: Document, labels: Mapping[str, object]) -> bool:
    """As a requirement of a label selector. Errors: PatternError."""
    key, operator, values = text(expression, "key"), text(expression, "operator"), texts(expression, "values")
    if operator not in ("In", "NotIn", "Exists", "DoesNotExist"):
        raise PatternError(f"operator {operator!r} of label {key!r} is none of In, NotIn, Exists, DoesNotExist")
    if (operator in ("In", "NotIn")) is not bool(values):
        raise PatternError(f"operator {operator} of label {key!r} {'takes no' if values else 'needs'} values")
    if values:
        return (labels.get(key) in values) is (operator == "In")
    return (key in labels) is (operator == "Exists")

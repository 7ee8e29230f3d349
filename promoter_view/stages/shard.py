"""Whose a Stage is, and its Promotions: the shard of Kargo that runs them. Pure, and total."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from promoter_view.decoded import mapping, text

SHARD = "kargo.akuity.io/shard"
#: Kargo's webhook annotates every Promotion with its Stage.
_ADMITTED = "kargo.akuity.io/stage"


def shard_of_stage(stage: Mapping[str, Any]) -> str:
    """``spec.shard`` decides; where it is empty the label does. "" is none.

    Kargo's webhook makes the label what ``spec.shard`` is. So a label alone is there only where no webhook is.
    """
    return text(stage, "spec", "shard") or _label(stage)


def shard_of_promotion(promotion: Mapping[str, Any], shard_of_its_stage: str) -> str:
    """The label decides; of a Promotion that Kargo's webhook has not seen, and that has none, its Stage. "" is none.

    The webhook sets the label as the Stage's is at that time, or takes it away: who has begun a Promotion, or may have,
    is who ends it.
    """
    if label := _label(promotion):
        return label
    admitted = _ADMITTED in mapping(promotion, "metadata", "annotations")
    return "" if admitted else shard_of_its_stage


def _label(document: Mapping[str, Any]) -> str:
    return text(document, "metadata", "labels", SHARD)

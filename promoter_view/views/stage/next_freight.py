"""What of ``availability`` is the Freight to come next, and whether a policy promotes it. Pure.

Of each Warehouse it is the newest that is on its way or that the Stage may take; else the newest that soaks; else the
newest of all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from promoter_view.decoded import mapping, mappings, text
from promoter_view.views.stage.availability import ENTRY_SCHEMA, FreightState
from promoter_view.views.status.conditions import described
from promoter_view.views.status.messages import clipped

_RANKS = {state.value: rank for rank, state in enumerate(FreightState)}
_TOLD = ("alias", "warehouse", "state", "since", "until", "message")
#: What a Stage's own status says of auto-promotion: whether a policy of its project has it, and holds by origin.
AutoPromotion = tuple[bool, Mapping[str, str]]


def choose_next(availability: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """The entry of each Warehouse, in the order of their age, the newest first."""
    found: dict[str, Mapping[str, Any]] = {}
    for each in mappings(availability, "freight"):
        known = found.setdefault(text(each, "warehouse"), each)
        if _rank(each) < _rank(known):
            found[text(each, "warehouse")] = each
    return tuple(found.values())


def _rank(entry: Mapping[str, Any]) -> int:
    return _RANKS.get(text(entry, "state"), len(_RANKS))


def read_auto_promotion(stage: Mapping[str, Any]) -> AutoPromotion:
    """Of a Stage. A hold is told by the Promotion that established it, "" where that is not known."""
    status = mapping(stage, "status")
    holds = mapping(status, "effectiveAutoPromotionHolds") or mapping(status, "autoPromotionHolds")
    return status.get("autoPromotionEnabled") is True, {
        origin: text(each, "promotionName") for origin, each in holds.items()
    }


def tell_next(entry: Mapping[str, Any], policy: AutoPromotion) -> Mapping[str, str]:
    """As it stands in a status."""
    is_enabled, holds = policy
    told = {"freight": text(entry, "name"), **{name: text(entry, name) for name in _TOLD}}
    if is_enabled:
        hold = holds.get(f"Warehouse/{told['warehouse']}")
        told["autoPromotion"] = "Enabled" if hold is None else "Held"
        if hold is not None:
            by = f" by Promotion {hold}" if hold else ""
            told["message"] = clipped(f"{told['message']}; auto-promotion is held{by}")
    return {name: value for name, value in told.items() if value}


#: Of all of them.
NEXT_SCHEMA: Mapping[str, Any] = {
    "description": "The Freight that could be promoted to the Stage next, one for each Warehouse: the newest that "
    "the Stage may take, else the newest that it may take later, with the reason. The others are in the field "
    "availability. Left out if there is none.",
    "type": "array",
    "items": {
        "type": "object",
        "required": ["freight", "state", "message"],
        "properties": {
            "freight": ENTRY_SCHEMA["name"],
            **{name: ENTRY_SCHEMA[name] for name in _TOLD},
            "autoPromotion": described(
                "Enabled: a policy of the project promotes it once the Stage may take it. Held: a policy enables "
                "this, and a hold blocks Freight of this Warehouse. Left out if the Stage names no policy."
            ),
        },
    },
}

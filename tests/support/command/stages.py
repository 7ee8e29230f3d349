"""StageDetails as a server tells them, no larger than a case needs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

NEW, OLD, OLDER = "ccccccc" + "0" * 33, "bbbbbbb" + "0" * 33, "aaaaaaa" + "0" * 33
ALIASES = {NEW: "keen-owl", OLD: "wise-elk", OLDER: "calm-fox"}


def coming(freight: str, state: str = "Available", message: str = "verified in test", **more: Any) -> dict[str, Any]:
    """An entry of ``availability``."""
    named = {"name": freight, "alias": ALIASES[freight], "warehouse": "main"}
    return {**named, "discoveredAt": "2026-11-30T11:00:00Z", "state": state, "message": message, **more}


def stage_details(
    name: str = "prod",
    state: str = "Healthy",
    *,
    has: str = OLD,
    had: Iterable[str] = (),
    newer: Iterable[dict[str, Any]] = (),
    current: str = "",
    last: tuple[str, str] | None = None,
    message: str = "",
) -> dict[str, Any]:
    """``current``: the Freight of the Promotion under way; ``last``: that of the last one, and its phase."""
    newer = list(newer)
    status: dict[str, Any] = {
        "freightHistory": [{"items": {"Warehouse/main": {"name": each}}} for each in (has, *had) if each]
    }
    promotions = []
    if current:
        status["currentPromotion"] = {"name": "p9", "freight": {"name": current}}
        promotions = [_promotion("p9", current, "Running")]
    if last is not None:
        told = {"phase": last[1], **({"message": "step 1 failed"} if last[1] == "Failed" else {})}
        status["lastPromotion"] = {"name": "p8", "freight": {"name": last[0]}, "status": told}
        promotions.insert(0, _promotion("p8", last[0], last[1], finishedAt="2026-11-30T11:30:00Z"))
    told_next = [
        {"freight": each["name"], **{key: value for key, value in each.items() if key != "name"}} for each in newer[:1]
    ]
    return {
        "apiVersion": "view.promoter.argoproj.io/v1alpha1",
        "kind": "StageDetails",
        "metadata": {"namespace": "team", "name": name},
        "stage": {"metadata": {"annotations": {"promoter-view.io/owner": "team shop"}}, "status": status},
        "promotions": promotions,
        "freight": [{"metadata": {"name": has}, "alias": ALIASES[has]}] if has else [],
        "availability": {"freight": newer},
        "status": {
            "state": state,
            "since": "2026-11-30T12:00:00Z",
            **({"message": message} if message else {}),
            **({"promoting": True} if current else {}),
            **({"next": told_next} if told_next else {}),
        },
    }


def _promotion(name: str, freight: str, phase: str, **status: str) -> dict[str, Any]:
    return {"metadata": {"name": name}, "spec": {"freight": freight}, "status": {"phase": phase, **status}}

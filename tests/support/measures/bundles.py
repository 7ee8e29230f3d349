"""Bundles to measure, no larger than a case needs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import orjson

from promoter_view.records import STATUS, Bundle, BundleKey
from promoter_view.views.promotion_strategy.details import PROMOTION_STRATEGY_DETAILS
from promoter_view.views.stage.details import STAGE_DETAILS
from promoter_view.views.status.pieces import split

VIEW, STAGES = PROMOTION_STRATEGY_DETAILS.plural, STAGE_DETAILS


def environment(name: str, state: str = "UpToDate", since: str = "2026-11-30T05:00:00Z", **more: Any) -> dict[str, Any]:
    """An environment of a strategy's status."""
    return {"branch": f"environment/{name}", "name": name, "state": state, "since": since, **more}


def bundle(name: str, fields: Iterable[tuple[str, Any]], *, view: str = VIEW, root: Any = None) -> Bundle:
    """A bundle with those fields behind its root, in namespace team."""
    pieces = [b'{"promotionStrategy":', orjson.dumps(root or {})]
    for field, value in fields:
        pieces.append(b',"%s":' % field.encode())
        if field == STATUS and isinstance(value, dict):
            pieces += split(value)
            continue
        many = isinstance(value, list)
        for place, each in enumerate(value if many else ()):
            pieces += [b"," if place else b"[", orjson.dumps(each)]
        pieces.append(b"]" if many else orjson.dumps(value))
    return Bundle(BundleKey(view, "team", name), f"uid-{name}", 1, "", {}, b"", (*pieces, b"}"))


def strategy(name: str, *environments: dict[str, Any], **members: Any) -> Bundle:
    """A PromotionStrategyDetails of those environments."""
    root = {"spec": {"environments": [{"branch": each["branch"]} for each in environments]}}
    return bundle(name, [*members.items(), (STATUS, {"environments": [*environments]})], root=root)

"""PromotionEvents as the API gives them, in few words."""

from __future__ import annotations

from typing import Any

from tests.support.command.strategies import sha


def event(minute: int, kind: str, environment: str, name: str = "shop", check: str = "", **more: Any) -> dict[str, Any]:
    """One of a strategy in the namespace ``team``, about the commit c."""
    found: dict[str, Any] = {
        "apiVersion": "view.promoter.argoproj.io/v1alpha1",
        "kind": "PromotionEvent",
        "metadata": {"namespace": "team", "name": f"{minute}-0"},
        "view": "promotionstrategydetails",
        "name": name,
        "time": f"2026-11-30T09:{minute:02}:00Z",
        "event": kind,
        "environment": environment,
        "commit": {"sha": sha("c")},
    }
    return {**found, **({"check": {"key": check}} if check else {}), **more}

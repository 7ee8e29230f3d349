"""PromotionStrategyDetails as the API gives them, in few words: three environments, a commit a letter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

BRANCHES = ("environment/development", "environment/staging", "environment/production")


def sha(letter: str) -> str:
    """The whole sha of a commit: its letter, forty times."""
    return letter * 40


def dry(letter: str) -> dict[str, Any]:
    """As a policy's status tells of a commit; the later the letter, the later the commit."""
    return {
        "sha": sha(letter),
        "commitTime": f"2026-11-30T{ord(letter) - ord('a'):02}:00:00Z",
        "subject": f"Change {letter}",
        "author": f"{letter.upper()} <{letter}@example.com>",
        "repoURL": "https://git.example.com/app",
        "references": [{"commit": {"sha": f"{letter}0" * 20}}],
    }


def side(letter: str, phase: str = "success") -> dict[str, Any]:
    """One side of an environment, with one check."""
    checks = [{"key": "e2e", "phase": phase}]
    return {"dry": dry(letter), "hydrated": {"sha": f"{letter}f" * 20}, "commitStatuses": checks}


def policy(branch: str, live: str, proposed: str = "", past: str = "", *, check: str = "success") -> dict[str, Any]:
    """``past``: the commits that were live, the newest first; each for an hour since an hour after it was made."""
    status: dict[str, Any] = {"active": side(live, check)} if live else {}
    if proposed:
        status["proposed"] = side(proposed)
    status["history"] = [
        {"active": side(each), "pullRequest": {"id": "7", "state": "merged", "prMergeTime": _hour(each)}}
        for each in past
    ]
    return {"spec": {"activeBranch": branch}, "status": status}


def _hour(letter: str) -> str:
    return f"2026-11-30T{ord(letter) - ord('a') + 1:02}:00:00Z"


def environment(
    branch: str, state: str, live: str, proposed: str = "", message: str = "", **more: Any
) -> dict[str, Any]:
    """As ``status`` tells of it."""
    found: dict[str, Any] = {"branch": branch, "name": branch.rpartition("/")[2], "state": state, "message": message}
    if live:
        found["live"] = {
            "sha": sha(live),
            "hydratedSha": f"{live}f" * 20,
            "source": [f"{live}0" * 20],
            "subject": f"Change {live}",
            "since": _hour(live),
        }
    if proposed:
        found["next"] = {"sha": sha(proposed), "pullRequest": {"id": "8", "url": "https://git.example.com/app/pull/8"}}
    return {**found, "since": "2026-11-30T12:00:00Z", "checks": {"passed": 1, "pending": 1, "failed": 0}, **more}


def waits(key: str, *, kind: str = "check", on: str = "", message: str = "", until: str = "") -> dict[str, str]:
    """An entry of waitingFor; ``on``: the branch of another environment."""
    found = {"kind": kind, "key": key, "environment": on, "message": message, "until": until}
    return {name: value for name, value in found.items() if value}


def details(
    environments: Sequence[Mapping[str, Any]],
    policies: Sequence[Mapping[str, Any]] = (),
    *,
    state: str = "Checking",
    newest: str = "",
    name: str = "shop",
    **more: Any,
) -> dict[str, Any]:
    """The whole document."""
    status: dict[str, Any] = {"state": state, "since": "2026-11-30T12:00:00Z", "environments": list(environments)}
    if newest:
        status["newest"] = {"sha": sha(newest), "subject": f"Change {newest}", "author": newest.upper()}
    promoted = sum(each["state"] == "UpToDate" for each in environments)
    return {
        "apiVersion": "view.promoter.argoproj.io/v1alpha1",
        "kind": "PromotionStrategyDetails",
        "metadata": {"namespace": "team", "name": name, "resourceVersion": "7"},
        "promotionStrategy": {},
        "changeTransferPolicies": list(policies),
        "status": {**status, "promoted": promoted, "total": len(environments), **more},
    }

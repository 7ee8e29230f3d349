"""An environment as its git repository has it, and what GitOps Promoter's objects tell of that, sooner or later."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

BRANCH = "environment/dev"
BEGAN = 1_795_000_000
KEPT = 20


def stamp(seconds: int) -> str:
    """RFC 3339."""
    return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")


def sha(place: int, salt: str = "") -> str:
    """A sha of that place."""
    return f"{place:08x}{salt:0<2}".ljust(40, "e")


@dataclass
class Landed:
    """A commit that went live. ``restored_from``: made live again, of that one."""

    place: int
    dry: str
    live: int
    failed: bool = False
    restored_from: str = ""

    @property
    def sha(self) -> str:
        """The hydrated one."""
        return sha(self.place, "ab")

    def entry(self) -> dict[str, Any]:
        """As a history has it."""
        checks = [{"key": "health", "phase": "failure" if self.failed else "success"}]
        active = {
            "dry": {"sha": self.dry, "commitTime": stamp(self.live - 300)},
            "hydrated": {"sha": self.sha, "commitTime": stamp(self.live)},
            "commitStatuses": checks,
        }
        if self.restored_from:
            copied = {"prMergeTime": stamp(BEGAN - 9000)}
            return {"active": active, "pullRequest": copied, "restoredFrom": self.restored_from}
        return {"active": active, "pullRequest": {"prMergeTime": stamp(self.live)}}


@dataclass
class Repository:
    """An environment. ``told``: how many of ``landed`` the history tells; ``restoring`` has what is not live yet."""

    branch: str = BRANCH
    landed: list[Landed] = field(default_factory=list)
    told: int = 0
    restore: dict[str, Any] | None = None
    proposed: str = ""
    proposal_fails: bool = False
    clock: int = BEGAN

    def promote(self, dry: str = "", after: int = 60) -> Landed:
        """A pull request is merged, after so many seconds."""
        self.clock += after
        place = len(self.landed)
        self.landed.append(Landed(place, dry or sha(place, "cd"), self.clock))
        self.proposed, self.proposal_fails = "", False
        return self.landed[-1]

    def ask_restore(self) -> None:
        """Somebody wants the commit before the last one back."""
        if len(self.landed) > 1:
            self.restore = {"spec": {"branch": self.branch, "sha": self.landed[-2].sha}, "status": {}}

    def make_restore(self) -> None:
        """It is live, and the object that asked does not say so yet."""
        if self.restore is not None and not self.restore["status"]:
            self.clock += 60
            earlier = self.landed[-2]
            self.landed.append(Landed(len(self.landed), earlier.dry, self.clock, restored_from=earlier.sha))

    def say_restore(self) -> None:
        """Now it does."""
        if self.restore is not None and self.landed[-1].restored_from:
            self.restore["status"] = {"activeSha": self.landed[-1].sha}

    def end_restore(self) -> None:
        """It goes, once that is in the history."""
        if self.restore is not None and self.restore["status"]:
            self.told = len(self.landed)
            self.restore = None

    def policy(self, *, own_history: bool = False) -> dict[str, Any]:
        """The ChangeTransferPolicy."""
        status: dict[str, Any] = {}
        if self.landed:
            status["active"] = self.landed[-1].entry()["active"]
            status["proposed"] = {"dry": {"sha": self.proposed or self.landed[-1].dry}}
            phase = "failure" if self.proposal_fails else "pending"
            status["proposed"]["commitStatuses"] = [{"key": "lint", "phase": phase}]
        if own_history:
            status["history"] = self._entries(5)
        metadata = {"creationTimestamp": stamp(BEGAN)}
        return {"metadata": metadata, "spec": {"activeBranch": self.branch}, "status": status}

    def history(self) -> dict[str, Any]:
        """The ChangeTransferPolicyHistory."""
        return {"spec": {"activeBranch": self.branch}, "status": {"history": self._entries(KEPT)}}

    def _entries(self, most: int) -> list[dict[str, Any]]:
        return [each.entry() for each in reversed(self.landed[: self.told])][:most]

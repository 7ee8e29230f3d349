"""RestoreActiveCommits: an earlier commit that somebody has made live again, and what that holds back. Pure.

From GitOps Promoter 0.44 on. As long as such an object blocks its environment nothing is merged there by itself; who
deletes it while it does only has it made anew. It is lifted by ``blockEnvironment: false``, and then goes by itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import Any

from promoter_view.decoded import mapping, parse_time, text

#: The field of a strategy's bundle that has them.
RESTORES = "restoreActiveCommits"
_INSTANCE = "promoter.argoproj.io/instance-id"


@dataclass(frozen=True, slots=True)
class Restore:
    """A RestoreActiveCommit. ``sha`` is the hydrated commit that is wanted, ``active_sha`` the one that it has made.

    ``blocks``: it keeps others out. ``is_new``: its controller has not looked at it yet, and will. ``blocked_sha``: the
    dry commit that it keeps out, "" for none. ``instance``: of the promoter that it is for, "" where there is one only.
    """

    namespace: str
    name: str
    strategy: str
    branch: str
    sha: str
    blocks: bool = True
    active_sha: str = ""
    blocked_sha: str = ""
    is_new: bool = False
    created: datetime | None = None
    instance: str = ""

    def is_current(self, deployed_sha: str) -> bool:
        """Whether what is live, that hydrated commit, is what it has made; a new one is about to."""
        return self.is_new or (bool(deployed_sha) and self.active_sha == deployed_sha)

    @property
    def lifting(self) -> Mapping[str, Any]:
        """The object that lets others in again when it is applied; its spec cannot be changed otherwise."""
        labels = {"labels": {_INSTANCE: self.instance}} if self.instance else {}
        return {
            "apiVersion": "promoter.argoproj.io/v1alpha1",
            "kind": "RestoreActiveCommit",
            "metadata": {"name": self.name, "namespace": self.namespace, **labels},
            "spec": {
                "promotionStrategyRef": {"name": self.strategy},
                "branch": self.branch,
                "sha": self.sha,
                "blockEnvironment": False,
            },
        }


def read_restore(member: Mapping[str, Any]) -> Restore:
    """A RestoreActiveCommit of a bundle."""
    spec, status, metadata = (mapping(member, name) for name in ("spec", "status", "metadata"))
    return Restore(
        namespace=text(metadata, "namespace"),
        name=text(metadata, "name"),
        strategy=text(spec, "promotionStrategyRef", "name"),
        branch=text(spec, "branch"),
        sha=text(spec, "sha"),
        blocks=spec.get("blockEnvironment") is not False,
        active_sha=text(status, "activeSha"),
        blocked_sha=text(status, "blockedDrySha"),
        is_new=not status and not text(metadata, "deletionTimestamp"),
        created=parse_time(text(metadata, "creationTimestamp")),
        instance=text(metadata, "labels", _INSTANCE),
    )


def holding_restore(restores: Iterable[Restore], deployed_sha: str) -> Restore | None:
    """Of the restores of an environment in which that hydrated commit is live the one that keeps others out.

    Before a new one it is the one that made what is live.
    """
    current = (each for each in restores if each.blocks and each.is_current(deployed_sha))
    return min(current, key=attrgetter("is_new"), default=None)

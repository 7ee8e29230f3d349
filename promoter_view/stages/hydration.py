"""An Application whose manifests Argo CD's source hydrator renders: which dry commit it has come to. Pure, and total.

The dry commit is the one that people make, and that Freight names; the hydrated one holds what was rendered from it, on
a branch of its own. Argo CD syncs to the latter, so a wanted revision that is a dry commit is looked up here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from promoter_view.decoded import mapping, text

_HYDRATING, _FAILED = "Hydrating", "Failed"
#: Characters of the hydrator's message that are said.
_MOST_SAID = 300


@dataclass(frozen=True, slots=True)
class Hydration:
    """status.sourceHydrator. ``dry`` and ``hydrated`` are the shas of the last operation that succeeded; ``phase``,
    ``operation_dry`` and ``message`` are those of the operation under way or ended last. Texts are "" for none.
    """

    dry: str
    hydrated: str
    phase: str
    operation_dry: str
    message: str

    def dry_of(self, revision: str) -> str:
        """The dry commit that a hydrated one was rendered from, as far as that is known; else ""."""
        return self.dry if revision and revision == self.hydrated else ""

    def revision_for(self, wanted: str) -> str:
        """The revision that the Application has to be at: of a dry commit that is hydrated the hydrated one."""
        return self.hydrated if wanted == self.dry and self.hydrated else wanted

    def lacks(self, wanted: str) -> bool:
        """Whether that commit, which is no hydrated one either, has not been hydrated, as far as is known."""
        return wanted not in (self.dry, self.hydrated)

    def has_failed(self, wanted: str) -> bool:
        """Whether the last attempt failed, and was of that dry commit; or of none, for it failed before it knew one."""
        return self.phase == _FAILED and self.operation_dry in ("", wanted)

    def words(self, wanted: str) -> str:
        """What to say of a commit that it lacks, behind the Application's name."""
        if self.has_failed(wanted):
            message = " ".join(self.message.split())
            return f"could not hydrate dry commit {wanted}" + (f": {message[:_MOST_SAID]}" if message else "")
        under_way = "is hydrating, and " if self.phase == _HYDRATING else ""
        last = f"; the last one is {self.dry}" if self.dry else ""
        return f"{under_way}has not hydrated dry commit {wanted} yet{last}"


def read_hydration(spec: Mapping[str, Any], status: Mapping[str, Any]) -> Hydration | None:
    """Reads spec and status of an Application; None where its manifests are not hydrated."""
    if not mapping(spec, "sourceHydrator"):
        return None
    succeeded = mapping(status, "sourceHydrator", "lastSuccessfulOperation")
    operation = mapping(status, "sourceHydrator", "currentOperation")
    return Hydration(
        dry=text(succeeded, "drySHA"),
        hydrated=text(succeeded, "hydratedSHA"),
        phase=text(operation, "phase"),
        operation_dry=text(operation, "drySHA"),
        message=text(operation, "message"),
    )


def synced_source(hydrator: Mapping[str, Any]) -> Mapping[str, Any]:
    """The source that Argo CD syncs to, from spec.sourceHydrator: the hydrated branch, of the dry source's repository
    where syncSource names none.
    """
    sync = mapping(hydrator, "syncSource")
    named = {
        "repoURL": text(sync, "repoURL") or text(hydrator, "drySource", "repoURL"),
        "path": text(sync, "path"),
        "targetRevision": text(sync, "targetBranch"),
    }
    return {name: value for name, value in named.items() if value}

"""Sights that a test decides on: what may be seen where, and when that is known."""

from __future__ import annotations

from collections.abc import Iterable

from promoter_view.access.admission import FREELY_ADMITTED
from promoter_view.boundaries import ViewReader
from promoter_view.reading.sighted import SightedViews
from promoter_view.views.known import DEFINITIONS
from promoter_view.views.member_mask import Hidden, MemberMask
from tests.support.views.oracle import GATES

#: Kind by field, as promoter.md has them.
FIELDS = {
    "changeTransferPolicies": "ChangeTransferPolicy",
    "changeTransferPolicyHistories": "ChangeTransferPolicyHistory",
    "pullRequests": "PullRequest",
    "commitStatuses": "CommitStatus",
    **GATES,
    "restoreActiveCommits": "RestoreActiveCommit",
    "gitRepository": "GitRepository",
    "scmProvider": "ScmProvider",
    "clusterScmProvider": "ClusterScmProvider",
}


def hiding(*kinds: str) -> Hidden:
    return frozenset(kinds)


class Sight:
    """``known`` by namespace; ``rest`` is what is hidden in all others, None: not known."""

    def __init__(self, known: dict[str, Hidden] | None = None, rest: Hidden | None = None) -> None:
        self.known = known or {}
        self.rest = rest
        self.wanted: list[str] = []
        self.horizon = 0
        self.changes = 0
        self.learnt = 0

    def hidden(self, view: str, namespace: str, *, reading: bool = False) -> Hidden | None:
        return self.known.get(namespace, self.rest)

    def want(self, namespace: str) -> None:
        self.wanted.append(namespace)

    def learn(self, namespace: str, kinds: Iterable[str] = ()) -> None:
        """From now on that is known."""
        self.known[namespace] = frozenset(kinds)
        self.learnt += 1


def sighted(views: ViewReader, sight: Sight) -> SightedViews:
    """The views as that sight allows, through masks of their own."""
    masks = {definition.plural: MemberMask(definition) for definition in DEFINITIONS}
    return SightedViews(views, masks, sight, FREELY_ADMITTED)

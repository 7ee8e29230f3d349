"""The kinds that are reflected, by group. Data only."""

from __future__ import annotations

from dataclasses import dataclass

PROMOTER_GROUP = "promoter.argoproj.io"


@dataclass(frozen=True, slots=True)
class Kind:
    """A resource of the cluster, as discovery names it."""

    kind: str
    plural: str
    group: str = PROMOTER_GROUP
    version: str = "v1alpha1"
    namespaced: bool = True

    @property
    def api_version(self) -> str:
        """``group/version``, as objects carry it."""
        return f"{self.group}/{self.version}"


PROMOTER_KINDS = (
    Kind("PromotionStrategy", "promotionstrategies"),
    Kind("ChangeTransferPolicy", "changetransferpolicies"),
    Kind("PullRequest", "pullrequests"),
    Kind("CommitStatus", "commitstatuses"),
    Kind("ArgoCDCommitStatus", "argocdcommitstatuses"),
    Kind("GitCommitStatus", "gitcommitstatuses"),
    Kind("TimedCommitStatus", "timedcommitstatuses"),
    Kind("WebRequestCommitStatus", "webrequestcommitstatuses"),
    Kind("ScheduledCommitStatus", "scheduledcommitstatuses"),
    Kind("GitRepository", "gitrepositories"),
    Kind("ScmProvider", "scmproviders"),
    Kind("ClusterScmProvider", "clusterscmproviders", namespaced=False),
)

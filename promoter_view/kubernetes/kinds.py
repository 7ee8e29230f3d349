"""The kinds that are reflected, by group. Data only."""

from __future__ import annotations

from dataclasses import dataclass

PROMOTER_GROUP = "promoter.argoproj.io"
KARGO_GROUP = "kargo.akuity.io"
ARGOCD_GROUP = "argoproj.io"


@dataclass(frozen=True, slots=True)
class Kind:
    """A resource of the cluster, as discovery names it. ``has_status``: it has a status subresource."""

    kind: str
    plural: str
    group: str = PROMOTER_GROUP
    version: str = "v1alpha1"
    namespaced: bool = True
    has_status: bool = True

    @property
    def api_version(self) -> str:
        """``group/version``, as objects carry it."""
        return f"{self.group}/{self.version}"


PROMOTER_KINDS = (
    Kind("PromotionStrategy", "promotionstrategies"),
    Kind("ChangeTransferPolicy", "changetransferpolicies"),
    Kind("ChangeTransferPolicyHistory", "changetransferpolicyhistories"),
    Kind("PullRequest", "pullrequests"),
    Kind("CommitStatus", "commitstatuses"),
    Kind("ArgoCDCommitStatus", "argocdcommitstatuses"),
    Kind("GitCommitStatus", "gitcommitstatuses"),
    Kind("TimedCommitStatus", "timedcommitstatuses"),
    Kind("WebRequestCommitStatus", "webrequestcommitstatuses"),
    Kind("DependentsSuccessfulCommitStatus", "dependentssuccessfulcommitstatuses"),
    Kind("ScheduledCommitStatus", "scheduledcommitstatuses"),
    Kind("RestoreActiveCommit", "restoreactivecommits"),
    Kind("GitRepository", "gitrepositories"),
    Kind("ScmProvider", "scmproviders"),
    Kind("ClusterScmProvider", "clusterscmproviders", namespaced=False),
)

KARGO_KINDS = (
    Kind("Stage", "stages", KARGO_GROUP),
    Kind("Promotion", "promotions", KARGO_GROUP),
    Kind("Freight", "freights", KARGO_GROUP),
    Kind("Warehouse", "warehouses", KARGO_GROUP),
)

#: Reflected only where Promotions are made by its policies.
PROJECT_CONFIG = Kind("ProjectConfig", "projectconfigs", KARGO_GROUP)

APPLICATION = Kind("Application", "applications", ARGOCD_GROUP, has_status=False)

REFLECTED_KINDS = (*PROMOTER_KINDS, *KARGO_KINDS, PROJECT_CONFIG, APPLICATION)

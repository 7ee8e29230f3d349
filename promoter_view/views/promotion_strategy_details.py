"""PromotionStrategyDetails: a PromotionStrategy with all that belongs to it. Data only; the rules are promoter.md's."""

from __future__ import annotations

from uuid import UUID

from promoter_view.kubernetes.kinds import PROMOTER_GROUP, PROMOTER_KINDS
from promoter_view.views.definition import Member, RootOrder, ViewDefinition
from promoter_view.views.promotion_strategy_columns import COLUMNS, cells
from promoter_view.views.relations import FieldIs, LabelledLikeRoot, NamedBy, NamesRoot, OwnedBy

_LABEL = "promoter.argoproj.io/promotion-strategy"
_GATES = (
    ("argoCDCommitStatuses", "ArgoCDCommitStatus"),
    ("gitCommitStatuses", "GitCommitStatus"),
    ("timedCommitStatuses", "TimedCommitStatus"),
    ("webRequestCommitStatuses", "WebRequestCommitStatus"),
    ("scheduledCommitStatuses", "ScheduledCommitStatus"),
)

_BY_STRATEGY = OwnedBy(("PromotionStrategy",), PROMOTER_GROUP)
_BY_POLICY = OwnedBy(("ChangeTransferPolicy",), PROMOTER_GROUP)
_BY_GATE_OR_POLICY = OwnedBy((*(kind for _, kind in _GATES), "ChangeTransferPolicy"), PROMOTER_GROUP)
_NAMES_STRATEGY = NamesRoot(("spec", "promotionStrategyRef", "name"))
_PROVIDER = ("spec", "scmProviderRef")
_CLUSTER_SCOPED = FieldIs((*_PROVIDER, "kind"), "ClusterScmProvider")
_NAMESPACED = FieldIs((*_PROVIDER, "kind"), "ClusterScmProvider", negated=True)

_MEMBERS = (
    Member(
        "changeTransferPolicies",
        "ChangeTransferPolicy",
        (_BY_STRATEGY, LabelledLikeRoot(_LABEL, unless=_BY_STRATEGY)),
        order=RootOrder(("spec", "environments"), "branch", ("spec", "activeBranch")),
    ),
    Member("pullRequests", "PullRequest", (_BY_POLICY, LabelledLikeRoot(_LABEL, unless=_BY_POLICY))),
    Member("commitStatuses", "CommitStatus", (_BY_GATE_OR_POLICY, LabelledLikeRoot(_LABEL, unless=_BY_GATE_OR_POLICY))),
    *(Member(field, kind, (_NAMES_STRATEGY,)) for field, kind in _GATES),
    Member(
        "gitRepository",
        "GitRepository",
        (NamedBy(("PromotionStrategy",), ("spec", "gitRepositoryRef", "name")),),
        many=False,
    ),
    Member(
        "scmProvider",
        "ScmProvider",
        (NamedBy(("GitRepository",), (*_PROVIDER, "name"), when=_NAMESPACED),),
        many=False,
    ),
    Member(
        "clusterScmProvider",
        "ClusterScmProvider",
        (NamedBy(("GitRepository",), (*_PROVIDER, "name"), when=_CLUSTER_SCOPED, cluster_scoped=True),),
        many=False,
    ),
)

PROMOTION_STRATEGY_DETAILS = ViewDefinition(
    kind="PromotionStrategyDetails",
    plural="promotionstrategydetails",
    short_names=("psd",),
    categories=("promoter",),
    root=next(kind for kind in PROMOTER_KINDS if kind.kind == "PromotionStrategy"),
    root_field="promotionStrategy",
    members=_MEMBERS,
    uid_namespace=UUID("6f0c3b9e-1c2d-4f7a-9b5e-2a1d3c4e5f60"),
    columns=COLUMNS,
    cells=cells,
)

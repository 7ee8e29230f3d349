"""PromotionStrategyDetails: a PromotionStrategy with all that belongs to it. Data only; the rules are promoter.md's."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from promoter_view.kubernetes.kinds import PROMOTER_GROUP, PROMOTER_KINDS
from promoter_view.views.definition import Member, RootOrder, Undeclared, ViewDefinition
from promoter_view.views.joining.relations import FieldIs, LabelledLikeRoot, NamedBy, NamesRoot, OwnedBy, Relation
from promoter_view.views.promotion_strategy.columns import COLUMNS, cell_steps, cells
from promoter_view.views.promotion_strategy.state.status import STRATEGY_STATUS

_LABEL = "promoter.argoproj.io/promotion-strategy"
#: Field, kind, and what such a gate reports.
_GATES = (
    ("argoCDCommitStatuses", "ArgoCDCommitStatus", "the health of Argo CD Applications"),
    ("gitCommitStatuses", "GitCommitStatus", "an expression over a commit"),
    ("timedCommitStatuses", "TimedCommitStatus", "that a commit has been live for long enough"),
    (
        "webRequestCommitStatuses",
        "WebRequestCommitStatus",
        "the answer to a web request. What can carry credentials (header templates, bodies, authentication, recorded "
        'responses) reads "<redacted>"',
    ),
    (
        "dependentsSuccessfulCommitStatuses",
        "DependentsSuccessfulCommitStatus",
        "whether the environments on which one depends are done",
    ),
    (
        "scheduledCommitStatuses",
        "ScheduledCommitStatus",
        "whether a promotion is allowed at this time of the day and week",
    ),
)


def _labelled_or(owned: OwnedBy) -> tuple[Relation, ...]:
    """Its owner's; the label tells whose one is that has no such owner."""
    return owned, LabelledLikeRoot(_LABEL, unless=owned)


_BY_STRATEGY = OwnedBy(("PromotionStrategy",), PROMOTER_GROUP)
_BY_POLICY = OwnedBy(("ChangeTransferPolicy",), PROMOTER_GROUP)
#: Releases add gates: what one of a kind that is not among these controls is not the label's to give away either.
_BY_GATE_OR_POLICY = OwnedBy(
    (*(kind for _, kind, _ in _GATES), "ChangeTransferPolicy"), PROMOTER_GROUP, claiming="CommitStatus"
)
_BY_ANY_OWNER = replace(_BY_GATE_OR_POLICY, parents=("PromotionStrategy", *_BY_GATE_OR_POLICY.parents))
_NAMES_STRATEGY = NamesRoot(("spec", "promotionStrategyRef", "name"))
_PROVIDER = ("spec", "scmProviderRef")
_CLUSTER_SCOPED = FieldIs((*_PROVIDER, "kind"), "ClusterScmProvider")
_NAMESPACED = FieldIs((*_PROVIDER, "kind"), "ClusterScmProvider", negated=True)

_MEMBERS = (
    Member(
        "changeTransferPolicies",
        "ChangeTransferPolicy",
        _labelled_or(_BY_STRATEGY),
        order=RootOrder(("spec", "environments"), "branch", ("spec", "activeBranch")),
        description="The ChangeTransferPolicies that the strategy controls, one for each environment, in the order "
        "of spec.environments, then by name. Left out if there are none.",
    ),
    Member(
        "changeTransferPolicyHistories",
        "ChangeTransferPolicyHistory",
        _labelled_or(_BY_POLICY),
        description="The past promotions of these ChangeTransferPolicies, by name. Before GitOps Promoter 0.41 they "
        "are in the status of a ChangeTransferPolicy. Left out if there are none.",
    ),
    Member(
        "pullRequests",
        "PullRequest",
        _labelled_or(_BY_POLICY),
        description="The pull requests of these ChangeTransferPolicies, by name. The controller soon deletes a pull "
        "request that is merged or closed. Left out if there are none.",
    ),
    Member(
        "commitStatuses",
        "CommitStatus",
        _labelled_or(_BY_GATE_OR_POLICY),
        description="The commit statuses that the strategy's gates and ChangeTransferPolicies control, by name. Left "
        "out if there are none.",
    ),
    *(
        Member(
            field,
            kind,
            (_NAMES_STRATEGY,),
            description=f"The gates that name the strategy and report {reports}. By name; left out if there are none.",
        )
        for field, kind, reports in _GATES
    ),
    Member(
        "restoreActiveCommits",
        "RestoreActiveCommit",
        (_NAMES_STRATEGY,),
        description="The RestoreActiveCommits that name the strategy and make an earlier commit live again, by name. "
        "Left out if there are none.",
    ),
    Member(
        "gitRepository",
        "GitRepository",
        (NamedBy(("PromotionStrategy",), ("spec", "gitRepositoryRef", "name")),),
        many=False,
        description="The GitRepository that the strategy names. Left out if it does not exist.",
    ),
    Member(
        "scmProvider",
        "ScmProvider",
        (NamedBy(("GitRepository",), (*_PROVIDER, "name"), when=_NAMESPACED),),
        many=False,
        description="The ScmProvider that the GitRepository names, in the same namespace. Left out if it names a "
        "ClusterScmProvider, or does not exist. It may have names of Secrets; Secrets are never read.",
    ),
    Member(
        "clusterScmProvider",
        "ClusterScmProvider",
        (NamedBy(("GitRepository",), (*_PROVIDER, "name"), when=_CLUSTER_SCOPED, cluster_scoped=True),),
        many=False,
        description="The ClusterScmProvider that the GitRepository names. Left out if it names a ScmProvider, or "
        "does not exist. It may have names of Secrets; Secrets are never read.",
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
    status=STRATEGY_STATUS,
    cells=cells,
    cell_steps=cell_steps,
    description="PromotionStrategyDetails is a PromotionStrategy with all objects that belong to it, at one moment. "
    "It is computed and read-only. Each PromotionStrategy has one, with the same name. Members are the objects of "
    "the cluster as they are stored, without metadata.managedFields and the annotation "
    "kubectl.kubernetes.io/last-applied-configuration.",
    undeclared=Undeclared(
        PROMOTER_GROUP,
        before="gitRepository",
        naming=(_NAMES_STRATEGY,),
        owned=_labelled_or(_BY_ANY_OWNER),
    ),
    root_description="The PromotionStrategy itself. Its status has no copies of the content of its "
    "ChangeTransferPolicies: look there.",
)

"""Decoded bundles for the tests of what is read from them, no larger than a case needs."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

import orjson
from hypothesis import strategies as st

from promoter_view.decoded import items, mapping, text
from promoter_view.slices import outcome
from promoter_view.views.contents import Contents, Read
from promoter_view.views.promotion_strategy.order_gate import POLICIES
from promoter_view.views.promotion_strategy.state.standing import by_branch, read_standing
from promoter_view.views.promotion_strategy.state.status import assess_strategy
from promoter_view.views.promotion_strategy.state.summary import Summary, read_rules, summarize_strategy
from promoter_view.views.status.memories import remember

Value = TypeVar("Value")

#: 2026-11-21T08:00:00Z.
_NOW = 1_795_248_000
NEW, OLD = "b" * 40, "a" * 40
#: Whatever a field may hold whose shape nobody vouches for.
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)

LATER, EARLIER = "2026-11-20T10:00:00Z", "2026-11-19T10:00:00Z"


def check(key: str, phase: str, description: str = "") -> dict[str, Any]:
    """An item of commitStatuses."""
    return {"key": key, "phase": phase, "description": description}


def commit(sha: str, time: str = "") -> dict[str, Any]:
    """A dry commit; the new one is the later one unless said otherwise."""
    return {"sha": sha, "commitTime": time or {NEW: LATER, OLD: EARLIER}.get(sha, "")}


def policy(
    branch: str = "environment/dev",
    *,
    active: str = OLD,
    proposed: str = NEW,
    note: str = "",
    auto_merge: bool | None = None,
    pull_request: str = "",
    active_checks: list[Any] | None = None,
    proposed_checks: list[Any] | None = None,
    history: list[Any] | None = None,
    deployed: str = "",
    asks: tuple[str, ...] = (),
) -> dict[str, Any]:
    """A ChangeTransferPolicy with the fields that a state is read from; ``asks``: the keys of proposed checks."""
    spec: dict[str, Any] = {"activeBranch": branch}
    if asks:
        spec["proposedCommitStatuses"] = [{"key": key} for key in asks]
    if auto_merge is not None:
        spec["autoMerge"] = auto_merge
    status: dict[str, Any] = {
        "active": {"dry": commit(active) if active else {}, "commitStatuses": active_checks or []},
        "proposed": {"dry": commit(proposed) if proposed else {}, "commitStatuses": proposed_checks or []},
        "history": history or [],
    }
    if deployed:
        status["active"]["hydrated"] = {"sha": deployed, "commitTime": LATER, "author": "Ann <ann@example.com>"}
    if note:
        status["proposed"]["note"] = {"drySha": note}
    if pull_request:
        status["pullRequest"] = {"id": "12", "state": pull_request}
    return {"kind": "ChangeTransferPolicy", "spec": spec, "status": status}


def history(branch: str = "environment/dev", *entries: Any) -> dict[str, Any]:
    """A ChangeTransferPolicyHistory whose controller has looked."""
    spec, status = {"activeBranch": branch}, {"observedGeneration": 1, **({"history": [*entries]} if entries else {})}
    return {"kind": "ChangeTransferPolicyHistory", "spec": spec, "status": status}


def restore(name: str = "restore-dev-fffffff", branch: str = "environment/dev", **more: Any) -> dict[str, Any]:
    """A RestoreActiveCommit that has done what it was made for; ``more`` goes into its status, ``blocks`` its spec."""
    spec = {"promotionStrategyRef": {"name": "payments"}, "branch": branch, "sha": "e" * 40}
    spec |= {"blockEnvironment": more.pop("blocks")} if "blocks" in more else {}
    return {
        "kind": "RestoreActiveCommit",
        "metadata": {"name": name, "namespace": "team", "creationTimestamp": EARLIER, "labels": more.pop("labels", {})},
        "spec": spec,
        "status": more.pop("status", {"activeSha": "f" * 40, "restoredFrom": "e" * 40, "blockedDrySha": NEW, **more}),
    }


def gate(
    name: str,
    kind: str = "DependentsSuccessfulCommitStatus",
    *,
    key: str = "dependents-successful",
    environments: list[Any] | None = None,
    approval: bool = False,
) -> dict[str, Any]:
    """A gate, of whatever kind; ``approval``: a person approves by it."""
    annotations = {"annotations": {"promoter-view.io/approval": "true"}} if approval else {}
    return {
        "apiVersion": "promoter.argoproj.io/v1alpha1",
        "kind": kind,
        "metadata": {"name": name, **annotations},
        "spec": {"key": key},
        "status": {"environments": environments or []},
    }


def commit_status(key: str, *, approval: bool) -> dict[str, Any]:
    """A CommitStatus of that key."""
    annotations = {"annotations": {"promoter-view.io/approval": str(approval).lower()}}
    labels = {"promoter.argoproj.io/commit-status": key}
    return {"kind": "CommitStatus", "metadata": {"name": f"{key}-1", "labels": labels, **annotations}, "spec": {}}


def bundle(*policies: dict[str, Any], branches: list[str] | None = None, **members: Any) -> dict[str, Any]:
    """A PromotionStrategyDetails whose environments are those of the policies, unless given."""
    names = branches if branches is not None else [each["spec"]["activeBranch"] for each in policies]
    return {
        "kind": "PromotionStrategyDetails",
        "metadata": {"name": "payments", "namespace": "team", "creationTimestamp": "2026-11-01T00:00:00Z"},
        "promotionStrategy": {
            "spec": {"gitRepositoryRef": {"name": "app"}, "environments": [{"branch": name} for name in names]}
        },
        "changeTransferPolicies": list(policies),
        **members,
    }


def places(tree: Any) -> list[tuple[Any, Any]]:
    """Every (container, key) of a tree."""
    items = list(tree.items()) if isinstance(tree, dict) else list(enumerate(tree)) if isinstance(tree, list) else []
    return [(tree, key) for key, _ in items] + [place for _, value in items for place in places(value)]


def full_bundle() -> dict[str, Any]:
    """A bundle with every field that anything is read from."""
    found = bundle(
        policy("dev", active=NEW, pull_request="open", auto_merge=False, proposed_checks=[check("lint", "success")]),
        policy(
            "prod",
            note=OLD,
            active_checks=[check("lint", "pending")],
            history=[{"pullRequest": {"prMergeTime": EARLIER}}],
        ),
        changeTransferPolicyHistories=[history("dev", {"pullRequest": {"prMergeTime": EARLIER}})],
        pullRequests=[{"status": {"state": "open"}}],
        commitStatuses=[commit_status("yes", approval=True)],
        timedCommitStatuses=[gate("soak", "TimedCommitStatus", key="soak")],
        restoreActiveCommits=[restore(branch="dev")],
        gitRepository={"spec": {"github": {"owner": "org", "name": "app"}}},
    )
    found["promotionStrategy"]["metadata"] = {"annotations": {"promoter-view.io/approval-keys": "qa, security"}}
    found["promotionStrategy"]["spec"]["proposedCommitStatuses"] = [{"key": "qa"}]
    return copy.deepcopy(found)


class Decoded:
    """The contents of a bundle that is given as a tree, of whatever shape. Implements ``contents.Contents``."""

    def __init__(self, tree: Any, root_field: str = "promotionStrategy") -> None:
        self._tree = tree
        self._root_field = root_field
        self.namespace = text(tree, "metadata", "namespace")
        self.name = text(tree, "metadata", "name")
        self.hidden: frozenset[str] = frozenset()
        self.created = text(tree, "metadata", "creationTimestamp")
        labels = mapping(tree, "metadata", "labels")
        self.labels = {key: value for key, value in labels.items() if type(value) is str}
        around = ("kind", "apiVersion", "metadata", root_field, "status")
        self.fields = [name for name in mapping(tree) if name not in around]

    def root(self, read: Read[Value]) -> Value:
        return read(mapping(self._tree, self._root_field))

    def one(self, field: str, read: Read[Value]) -> Value:
        found = mapping(self._tree).get(field)
        return read(mapping(found[0] if isinstance(found, list) and found else found))

    def each(self, field: str, read: Read[Value]) -> list[Value]:
        found = mapping(self._tree).get(field)
        members = found if isinstance(found, list) else [found]
        return [read(member) for member in members if isinstance(member, dict)]

    def steps(self, field: str, read: Read[Any]) -> Iterator[None]:
        yield from (None for _ in self.each(field, read))

    def status(self, read: Read[Value]) -> Value:
        return read({name: value for name, value in self._told().items() if name != "environments"})

    def environments(self, read: Read[Value]) -> list[Value]:
        return [read(mapping(each)) for each in items(self._told(), "environments")]

    def _told(self) -> Mapping[str, Any]:
        """Its status; that of a strategy is worked out where it has none, as of a moment where objects do not tell."""
        if "status" in mapping(self._tree) or self._root_field != "promotionStrategy":
            return mapping(self._tree, "status")
        assessed = outcome(assess_strategy(self))
        words = outcome(remember(None, assessed, uid="", at=_NOW)).words
        found: Mapping[str, Any] = orjson.loads(b"".join(outcome(assessed.render(words, self.hidden))))
        return found


def summarize(contents: Contents) -> Summary:
    """The summary of a whole bundle, as the pages make it of the policies that they have read."""
    rules = read_rules(contents)
    standings = by_branch(contents.each(POLICIES, rules.kinds.reading(read_standing)))
    return outcome(summarize_strategy(contents, rules, standings))

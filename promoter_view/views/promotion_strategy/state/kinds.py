"""What kind of check a key names, by the gates and the annotations of a strategy's bundle. Pure, and raises nothing."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from promoter_view.decoded import mapping, text
from promoter_view.views.contents import Contents, Read, ReadWith
from promoter_view.views.promotion_strategy.order_gate import PREVIOUS_ENVIRONMENT, OrderCheck

#: Of a strategy: the keys of the checks by which a person approves, with commas between them.
APPROVAL_KEYS = "promoter-view.io/approval-keys"
#: Of a gate or a CommitStatus: ``"true"`` where a person approves by it.
APPROVAL = "promoter-view.io/approval"
_COMMIT_STATUSES = "commitStatuses"
_GATES = "CommitStatuses"
_KEY_LABEL = "promoter.argoproj.io/commit-status"
#: What their keys are where they name none.
_USUAL_KEYS = {"ArgoCDCommitStatus": "argocd-health", "TimedCommitStatus": "timer", "ScheduledCommitStatus": "schedule"}

_Value = TypeVar("_Value")


class ReasonKind(enum.StrEnum):
    """What an environment waits for; the first six are kinds of checks."""

    ORDER = "order"
    CHECK = "check"
    GATE = "gate"
    TIMER = "timer"
    WINDOW = "window"
    APPROVAL = "approval"
    MERGE = "merge"
    RESTORE = "restore"
    HYDRATION = "hydration"


#: The kinds of checks.
CHECKS = frozenset(
    (ReasonKind.ORDER, ReasonKind.CHECK, ReasonKind.GATE, ReasonKind.TIMER, ReasonKind.WINDOW, ReasonKind.APPROVAL)
)
#: Kinds of members without which a reason would not be known, beside ChangeTransferPolicies.
STEMS: Mapping[str, str] = {
    ReasonKind.ORDER: "DependentsSuccessfulCommitStatus",
    ReasonKind.TIMER: "TimedCommitStatus",
    ReasonKind.WINDOW: "ScheduledCommitStatus",
    ReasonKind.RESTORE: "RestoreActiveCommit",
}
_CLOCKS = {"TimedCommitStatus": ReasonKind.TIMER, "ScheduledCommitStatus": ReasonKind.WINDOW}


@dataclass(frozen=True, slots=True)
class CheckKinds:
    """The keys of each kind; what is of none is a check. A key that is of several kinds is of the first."""

    order: OrderCheck = PREVIOUS_ENVIRONMENT
    timers: frozenset[str] = frozenset()
    windows: frozenset[str] = frozenset()
    approvals: frozenset[str] = frozenset()
    gates: frozenset[str] = frozenset()

    def of(self, key: str) -> ReasonKind:
        """The kind of the check of that key."""
        if key and key == self.order.key:
            return ReasonKind.ORDER
        for kind, keys in (
            (ReasonKind.TIMER, self.timers),
            (ReasonKind.WINDOW, self.windows),
            (ReasonKind.APPROVAL, self.approvals),
            (ReasonKind.GATE, self.gates),
        ):
            if key in keys:
                return kind
        return ReasonKind.CHECK

    def reading(self, read: Callable[[Mapping[str, Any], CheckKinds], _Value]) -> Read[_Value]:
        """What reads a member, told of these."""
        return ReadWith(read, self)


def check_kinds(contents: Contents, order: OrderCheck) -> CheckKinds:
    """The kinds of a strategy's checks; ``order``: which of them are the order gate's."""
    keys: dict[ReasonKind, set[str]] = {kind: set() for kind in ReasonKind}
    keys[ReasonKind.APPROVAL] |= contents.root(read_approval_keys)
    for name in _fields(contents):
        for kind, key in contents.each(name, read_key):
            keys[kind].add(key)
    timers, windows, approvals, gates = (
        frozenset(keys[kind] - {""})
        for kind in (ReasonKind.TIMER, ReasonKind.WINDOW, ReasonKind.APPROVAL, ReasonKind.GATE)
    )
    return CheckKinds(order, timers, windows, approvals, gates)


def kind_steps(contents: Contents) -> Iterator[None]:
    """Reads what ``check_kinds`` wants, a member a step."""
    for name in _fields(contents):
        yield from contents.steps(name, read_key)


def read_approval_keys(root: Mapping[str, Any]) -> frozenset[str]:
    """The keys that a PromotionStrategy names as approvals."""
    named = text(root, "metadata", "annotations", APPROVAL_KEYS).split(",")
    return frozenset(filter(None, (key.strip() for key in named)))


def read_key(member: Mapping[str, Any]) -> tuple[ReasonKind, str]:
    """The key of a gate or a CommitStatus, "" where it names none, and what kind of check that makes it."""
    kind, spec = text(member, "kind"), mapping(member, "spec")
    is_approval = text(member, "metadata", "annotations", APPROVAL) == "true"
    if kind == "CommitStatus":
        key = text(member, "metadata", "labels", _KEY_LABEL) or text(spec, "name")
        return (ReasonKind.APPROVAL if is_approval else ReasonKind.CHECK), key
    usual = ReasonKind.APPROVAL if is_approval else ReasonKind.GATE
    return _CLOCKS.get(kind, usual), text(spec, "key") or _USUAL_KEYS.get(kind, "")


def _fields(contents: Contents) -> Sequence[str]:
    """Those of gates, of undeclared kinds too, and of CommitStatuses."""
    return [name for name in contents.fields if name == _COMMIT_STATUSES or name.endswith(_GATES)]

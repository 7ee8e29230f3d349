"""The gate that keeps a strategy's environments in order: which it is, and what it says of each of them. Pure.

``spec.orderCommitStatusRef`` names it since GitOps Promoter 0.39; in 0.38 it is the strategy's one
DependentsSuccessfulCommitStatus, and before that there is none, and a fixed key. It may be of any kind and group. One
that is not in the bundle is known by its key alone: a policy's proposedCommitStatuses have it beside those that the
strategy asks for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from promoter_view.decoded import mapping, mappings, text
from promoter_view.views.contents import Contents, Read, ReadWith
from promoter_view.views.promotion_strategy.order import read_order

#: The field of a strategy's bundle that tells how its environments stand.
POLICIES = "changeTransferPolicies"
#: That in which what was is told, from GitOps Promoter 0.41 on.
HISTORIES = "changeTransferPolicyHistories"
_GROUP, _KIND = "promoter.argoproj.io", "DependentsSuccessfulCommitStatus"
_USUAL_KEY = "dependents-successful"

_Value = TypeVar("_Value")


@dataclass(frozen=True, slots=True)
class OrderCheck:
    """A gate's checks: their ``key``, "" where it is not known, and what they wait for, in ``words``."""

    key: str
    words: str = "previous environment"


#: By these GitOps Promoter before 0.38 held an environment back until the one before it was done.
PREVIOUS_ENVIRONMENT = OrderCheck("promoter-previous-environment")
#: What the checks wait for where environments are no chain.
_BEFORE_IT = "environments before it"


@dataclass(frozen=True, slots=True)
class GateReference:
    """spec.orderCommitStatusRef."""

    group: str
    kind: str
    name: str


@dataclass(frozen=True, slots=True)
class GateView:
    """What the gate says of one environment.

    ``unsatisfied``: of all that come before it those that are not done, each with the reason; None where the gate does
    not tell. ``wanting``: of the checks on what is live in this environment one that does not succeed, "" for none;
    it ``failed``, or is pending.
    """

    unsatisfied: Mapping[str, str] | None = None
    wanting: str = ""
    failed: bool = False


@dataclass(frozen=True, slots=True)
class OrderGate:
    """The gate's checks, and what it says of each environment, by branch."""

    check: OrderCheck = PREVIOUS_ENVIRONMENT
    environments: Mapping[str, GateView] = field(default_factory=dict)

    def of(self, branch: str) -> GateView:
        """What it says of an environment."""
        return self.environments.get(branch) or _NOTHING

    def reading(self, read: Callable[[Mapping[str, Any], OrderCheck], _Value]) -> Read[_Value]:
        """What reads a policy, told which checks are the gate's."""
        return ReadWith(read, self.check)


_NOTHING = GateView()


def order_gate(contents: Contents) -> OrderGate:
    """The gate of a strategy, as far as its bundle tells."""
    gate = _gate(contents)
    if contents.root(read_order).is_chain:
        return gate
    return replace(gate, check=replace(gate.check, words=_BEFORE_IT))


def _gate(contents: Contents) -> OrderGate:
    reference = contents.root(read_reference)
    if reference is None:
        return _one_gate(contents) or OrderGate()
    return _told_gate(contents, reference) or OrderGate(OrderCheck(_inferred_key(contents, reference)))


def gate_steps(contents: Contents) -> Iterator[None]:
    """Reads what ``order_gate`` wants, a member a step."""
    contents.root(read_order)
    yield
    reference = contents.root(read_reference)
    yield
    for name in _fields_of(contents, _KIND if reference is None else reference.kind):
        yield from contents.steps(name, read_gate)
    if reference is not None and _told_gate(contents, reference) is None:
        yield from contents.steps(POLICIES, read_asked)


def _one_gate(contents: Contents) -> OrderGate | None:
    """That of a strategy that names none, where there is but one."""
    keyed = [gate for found, gate in _gates(contents, _KIND) if found.kind == _KIND and gate.check.key]
    return keyed[0] if len(keyed) == 1 else None


def _told_gate(contents: Contents, reference: GateReference) -> OrderGate | None:
    """What the gate says of itself, where it is in the bundle."""
    return next((gate for found, gate in _gates(contents, reference.kind) if found == reference), None)


def _gates(contents: Contents, kind: str) -> Iterator[tuple[GateReference, OrderGate]]:
    return (found for name in _fields_of(contents, kind) for found in contents.each(name, read_gate))


def _fields_of(contents: Contents, kind: str) -> Sequence[str]:
    """Those that may have members of that kind."""
    beginning = kind[:1].lower() + kind[1:]
    return [name for name in contents.fields if name.startswith(beginning)]


def read_reference(root: Mapping[str, Any]) -> GateReference | None:
    """Which gate a PromotionStrategy names; None where it names none."""
    found = mapping(root, "spec", "orderCommitStatusRef")
    if not text(found, "name"):
        return None
    return GateReference(text(found, "group") or _GROUP, text(found, "kind") or _KIND, text(found, "name"))


def read_gate(member: Mapping[str, Any]) -> tuple[GateReference, OrderGate]:
    """A gate, and how it is referred to."""
    group = text(member, "apiVersion").rpartition("/")[0]
    reference = GateReference(group, text(member, "kind"), text(member, "metadata", "name"))
    environments = {text(each, "branch"): _view(each) for each in mappings(member, "status", "environments")}
    return reference, OrderGate(OrderCheck(text(member, "spec", "key")), environments)


def read_asked(spec_of: Mapping[str, Any]) -> frozenset[str]:
    """The keys of the proposed checks that a strategy or a policy asks for."""
    spec = mapping(spec_of, "spec")
    return frozenset(_keys(spec)).union(*map(_keys, mappings(spec, "environments")))


def _keys(found: Mapping[str, Any]) -> Iterator[str]:
    return filter(None, (text(each, "key") for each in mappings(found, "proposedCommitStatuses")))


def _inferred_key(contents: Contents, reference: GateReference) -> str:
    """The one key that policies have and the strategy does not ask for: its controller puts the gate's in."""
    keys = frozenset().union(*contents.each(POLICIES, read_asked)) - contents.root(read_asked)
    if len(keys) == 1:
        return next(iter(keys))
    return _USUAL_KEY if reference.kind == _KIND else ""


def _view(found: Mapping[str, Any]) -> GateView:
    unsatisfied = None
    if isinstance(found.get("upstreams"), list):
        upstreams = mappings(found, "upstreams")
        unsatisfied = {text(each, "branch"): _plain(each) for each in upstreams if each.get("satisfied") is not True}
    checks = [each for each in mappings(found, "activeCommitStatuses") if each.get("phase") != "success"]
    failures = [each for each in checks if each.get("phase") == "failure"]
    return GateView(unsatisfied, next((text(each, "key") for each in failures or checks), ""), bool(failures))


def _plain(upstream: Mapping[str, Any]) -> str:
    return " ".join(text(upstream, "reason").split())

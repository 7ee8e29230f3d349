"""Which gate keeps environments in order, and what it says of each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from promoter_view.views.promotion_strategy.order_gate import (
    GateView,
    OrderGate,
    gate_steps,
    order_gate,
    read_asked,
    read_gate,
)
from tests.support.views.strategies import Decoded, bundle, check, gate, policy

REFERENCE = {"group": "promoter.argoproj.io", "kind": "DependentsSuccessfulCommitStatus", "name": "order"}


def found(reference: Any, *policies: dict[str, Any], **members: Any) -> OrderGate:
    tree = bundle(*policies, **members)
    tree["promotionStrategy"]["spec"] |= {
        "orderCommitStatusRef": reference,
        "proposedCommitStatuses": [{"key": "lint"}],
    }
    tree["promotionStrategy"]["spec"]["environments"].append(
        {"branch": "prod", "proposedCommitStatuses": [{"key": "qa"}]}
    )
    return order_gate(Decoded(tree))


def asking(branch: str, *keys: str) -> dict[str, Any]:
    """A policy whose controller asks for these proposed checks."""
    one = policy(branch)
    one["spec"]["proposedCommitStatuses"] = [{"key": key} for key in keys]
    return one


@pytest.mark.parametrize(
    ("reference", "key"),
    [
        (None, "promoter-previous-environment"),
        ("odd", "promoter-previous-environment"),
        ({"kind": "DependentsSuccessfulCommitStatus"}, "promoter-previous-environment"),
        (REFERENCE, "first-things-first"),
        ({"name": "order"}, "first-things-first"),
        ({**REFERENCE, "kind": "OtherCommitStatus"}, "others-first"),
        # Not in the bundle: another name, group or kind.
        ({**REFERENCE, "name": "gone"}, "dependents-successful"),
        ({**REFERENCE, "group": "acme.example"}, "dependents-successful"),
        ({**REFERENCE, "group": "acme.example", "kind": "AcmeCommitStatus"}, ""),
        ({**REFERENCE, "kind": "S"}, ""),
    ],
)
def test_the_gate_is_found_by_its_reference(reference: Any, key: str) -> None:
    """Group, kind and name lead to the gate and its key; where none is named, the key is that of before 0.38."""
    members = {
        "dependentsSuccessfulCommitStatuses": [gate("another", key="x"), gate("order", key="first-things-first")],
        "otherCommitStatuses": [gate("order", "OtherCommitStatus", key="others-first")],
    }
    assert found(reference, **members).check.key == key


@pytest.mark.parametrize(
    ("kind", "keys", "key"),
    [
        ("AcmeCommitStatus", [("lint", "acme-order"), ("lint", "qa", "acme-order")], "acme-order"),
        ("AcmeCommitStatus", [("lint",), ("lint", "qa")], ""),
        ("AcmeCommitStatus", [("lint", "acme-order", "by-hand")], ""),
        ("DependentsSuccessfulCommitStatus", [("lint", "mine")], "mine"),
        ("DependentsSuccessfulCommitStatus", [("lint", "acme-order", "by-hand")], "dependents-successful"),
    ],
)
def test_a_gate_that_is_not_in_the_bundle_is_known_by_its_key(kind: str, keys: list[Any], key: str) -> None:
    """It is the one key that policies ask for and their strategy does not; else the usual one of the usual kind."""
    policies = [asking(f"e{at}", *each) for at, each in enumerate(keys)]
    assert found({"group": "acme.example", "kind": kind, "name": "order"}, *policies).check.key == key


@pytest.mark.parametrize(
    ("gates", "key"),
    [
        ([gate("order", key="mine")], "mine"),
        ([gate("order", key="")], "promoter-previous-environment"),
        ([gate("order", key="mine"), gate("another", key="x")], "promoter-previous-environment"),
        ([gate("order", "DependentsSuccessfulCommitStatusReport", key="x"), "odd"], "promoter-previous-environment"),
    ],
)
def test_a_strategy_that_names_none_has_the_one_that_names_it(gates: list[Any], key: str) -> None:
    """In 0.38 the gate is there, and nothing refers to it yet; of two nobody knows which it is."""
    assert found(None, dependentsSuccessfulCommitStatuses=gates).check.key == key


def test_what_it_says_of_environments() -> None:
    """Of each environment: which of those before it are not done, and its first own check that does not succeed."""
    environments = [
        {"branch": "dev", "activeCommitStatuses": [check("health", "success"), check("soak", "pending")]},
        {
            "branch": "prod",
            "upstreams": [
                {"branch": "dev", "satisfied": True},
                {"branch": "e2e", "satisfied": False, "reason": "Waiting for\n it "},
                {"branch": "perf"},
                "odd",
            ],
        },
        "odd",
    ]
    order = found(REFERENCE, dependentsSuccessfulCommitStatuses=[gate("order", environments=environments)])
    assert order.of("dev") == GateView(None, "soak")
    assert order.of("prod") == GateView({"e2e": "Waiting for it", "perf": ""}, "")
    assert order.of("elsewhere") == GateView()


class Stepping(Decoded):
    """Notes what is read in steps."""

    def __init__(self, tree: Any) -> None:
        super().__init__(tree)
        self.stepped: list[tuple[str, Any]] = []

    def steps(self, field: str, read: Any) -> Iterator[None]:
        self.stepped.append((field, read))
        yield from (None for _ in self.each(field, read))


@pytest.mark.parametrize(
    ("reference", "wanted"),
    [
        (None, [("dependentsSuccessfulCommitStatuses", read_gate)]),
        (REFERENCE, [("dependentsSuccessfulCommitStatuses", read_gate)]),
        (
            {**REFERENCE, "name": "gone"},
            [("dependentsSuccessfulCommitStatuses", read_gate), ("changeTransferPolicies", read_asked)],
        ),
    ],
)
def test_a_gate_is_looked_for_in_steps(reference: Any, wanted: list[Any]) -> None:
    """Order, reference and gates of its kind are read; policies, for the key that they ask for, only without it."""
    tree = bundle(policy("dev"), policy("prod"), dependentsSuccessfulCommitStatuses=[gate("order", key="first")])
    tree["promotionStrategy"]["spec"]["orderCommitStatusRef"] = reference
    contents = Stepping(tree)
    steps = sum(1 for _ in gate_steps(contents))  # type: ignore[arg-type]
    assert contents.stepped == wanted
    assert steps == 2 + sum(len(contents.each(*each)) for each in wanted)


@pytest.mark.parametrize(
    ("depends_on", "words"),
    [([], "previous environment"), (["dev"], "previous environment"), (["dev", "qa"], "environments before it")],
)
def test_what_its_check_is_called(depends_on: list[str], words: str) -> None:
    """In a chain an environment waits for the previous one; in a graph there may be several before it, or none."""
    tree = bundle(policy("dev"), policy("prod"))
    qa = [{"branch": "qa"}] if "qa" in depends_on else []
    tree["promotionStrategy"]["spec"]["environments"] = [
        {"branch": "dev"},
        *qa,
        {"branch": "prod", "dependsOn": depends_on},
    ]
    assert order_gate(Decoded(tree)).check.words == words

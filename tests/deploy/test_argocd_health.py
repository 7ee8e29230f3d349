"""The health of a bundle in Argo CD's resource tree: deploy/argocd, run as Argo CD runs it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from lupa import lua51

from promoter_view.views.promotion_strategy.state.words import StateWord
from tests.support.views.strategies import JSON, NEW, bundle, check, policy
from tests.support.views.world import VIEW, World, strategy, thing

FILE = Path(__file__).parents[2] / "deploy" / "argocd" / "argocd-cm.yaml"
KEY = "resource.customizations.health.view.promoter.argoproj.io_PromotionStrategyDetails"
#: What Argo CD's sandbox leaves of Lua's libraries.
LIBRARIES = frozenset(("string", "table", "package", "_G"))
STATUSES = frozenset(("Degraded", "Suspended", "Progressing", "Unknown", "Healthy"))
DEV = "environment/dev"

Health = tuple[str, str]


@pytest.fixture(scope="module")
def health() -> Callable[[Any], Health]:
    """Status and message of an object; it goes through JSON, as Argo CD gets it. Lua has one kind of number."""
    lua = lua51.LuaRuntime(register_eval=False, register_builtins=False)
    known = lua.globals()
    for name in [name for name in ("io", "os", "debug", "math", "coroutine", "python") if known[name] is not None]:
        known[name] = None
    assert {name for name in known if lua51.lua_type(known[name]) == "table"} <= LIBRARIES
    script = lua.compile(yaml.safe_load(FILE.read_text())["data"][KEY])

    def run(document: Any) -> Health:
        known.obj = lua.table_from(json.loads(json.dumps(document), parse_int=float), recursive=True)
        found = script()
        return found.status, found.message

    return run


PENDING, FAILING = check("lint", "pending", "lint runs"), check("health", "failure", "2 of 3 are down")


def test_a_served_bundle(health: Callable[[Any], Health]) -> None:
    """So is that of a bundle as it is served, with all its other fields, from one state to the next."""
    world, root = World(), strategy("shop", branches=(DEV,))
    seen = []
    for found in (
        None,
        policy(),
        policy(proposed_checks=[PENDING]),
        policy(active_checks=[FAILING]),
        policy(active=NEW),
    ):
        member = [{**thing("ChangeTransferPolicy", "dev", owner=root), **found}] if found else []
        world.put(root, *member)
        (served,) = world.projector.list(VIEW)
        seen.append(health(json.loads(served.encode())))
    assert seen == [
        ("Unknown", "Unknown: dev: no ChangeTransferPolicy yet"),
        ("Progressing", "Promoting: dev: its pull request is on its way"),
        ("Progressing", "Checking: dev: check lint is pending: lint runs"),
        ("Degraded", "Failed: dev: active check health failing: 2 of 3 are down"),
        ("Healthy", "UpToDate"),
    ]


@pytest.mark.parametrize(
    ("state", "status"),
    [
        ("Unknown", "Unknown"),
        ("Failed", "Degraded"),
        ("Held", "Suspended"),
        ("NeedsApproval", "Suspended"),
        ("Queued", "Progressing"),
        ("Checking", "Progressing"),
        ("Waiting", "Progressing"),
        ("Promoting", "Progressing"),
        ("Verifying", "Progressing"),
        ("Behind", "Progressing"),
        ("UpToDate", "Healthy"),
        ("OfTheFuture", "Unknown"),
    ],
)
def test_each_state(health: Callable[[Any], Health], state: str, status: str) -> None:
    """Every word of a bundle is one of Argo CD's, with the message behind it; one of the future is Unknown."""
    document = bundle(policy(active_checks=[FAILING]))
    assert health({**document, "status": {"state": state}}) == (status, state)
    assert health({**document, "status": {"state": state, "message": "why"}}) == (status, f"{state}: why")
    assert state == "OfTheFuture" or state in set(StateWord)


FIELDS = st.sampled_from(["promotionStrategy", "status"])


@given(FIELDS, JSON)
def test_any_shape(health: Callable[[Any], Health], field: str, odd: Any) -> None:
    """Whatever stands in place of a field, there is a health."""
    assert health({**bundle(policy()), field: odd})[0] in STATUSES

"""Each case of the table of states as a bundle that is served: all who tell of it say the same words."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape, unescape
from typing import Any

import orjson
import pytest

from promoter_view.command.reading.status import read_strategy
from promoter_view.dashboard.assembly import make_parts
from promoter_view.dashboard.assets import Assets
from promoter_view.dashboard.page_input import PageInput
from promoter_view.dashboard.rendering import STATE_WORDS
from promoter_view.kubernetes.selectors import parse_field_selector
from promoter_view.measures.exposition import labels
from promoter_view.measures.reading import StrategyMeasures
from promoter_view.measures.strategies import STATE
from promoter_view.metrics import Metrics
from promoter_view.reading.selection import Selection
from promoter_view.records import Bundle
from promoter_view.slices import outcome
from promoter_view.views.contents import BundleContents, Readings
from promoter_view.views.isolation import Isolation
from promoter_view.views.promotion_strategy.columns import COLUMNS, cells
from promoter_view.views.promotion_strategy.state.words import StateWord
from tests.support.views.state_cases import CASES, Case
from tests.support.views.world import VIEW, World, strategy, thing

NOW = datetime(2026, 11, 21, 8, 0, 0, tzinfo=UTC)
SUBJECTS, _, PAGES, *_ = make_parts(Isolation(Metrics()), Assets(), root_path="/")


def objects(tree: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """A case's tree as objects of a cluster, each with the owner that its controller gives it."""
    root = strategy("payments")
    yield _merged(root, tree["promotionStrategy"])
    policies = [
        _merged(thing("ChangeTransferPolicy", f"p{place}", owner=root), found)
        for place, found in enumerate(tree.get("changeTransferPolicies", ()))
    ]
    yield from policies
    for field, members in tree.items():
        if isinstance(members, list) and field != "changeTransferPolicies":
            for found in members:
                name, kind = found["metadata"]["name"], found["kind"]
                owner = policies[0] if kind == "CommitStatus" else None
                yield _merged(thing(kind, name, owner=owner, promotionStrategyRef={"name": "payments"}), found)


def _merged(base: dict[str, Any], found: Mapping[str, Any]) -> dict[str, Any]:
    metadata = {**found.get("metadata", {}), **base["metadata"]}
    spec = {**base["spec"], **found.get("spec", {})}
    if "promotionStrategyRef" in base["spec"]:
        spec["promotionStrategyRef"] = base["spec"]["promotionStrategyRef"]
    return {**found, **base, "metadata": metadata, "spec": spec}


def served(case: Case) -> Bundle:
    """The bundle of a case."""
    world = World()
    world.offset = int(NOW.timestamp()) * 10_000
    world.put(*objects(case.tree))
    (bundle,) = world.projector.list(VIEW)
    return bundle


@dataclass(frozen=True)
class Said:
    """What one of them says: the whole, and each environment in order."""

    state: str
    environments: list[str]


def by_object(bundle: Bundle) -> Said:
    status = orjson.loads(bundle.encode())["status"]
    return Said(status["state"], [each["state"] for each in status["environments"]])


def by_page(bundle: Bundle) -> Said:
    html = _page(f"strategies/{bundle.key.namespace}/{bundle.key.name}", bundle)
    words = {said: word.value for word, said in STATE_WORDS.items()}
    pills = [words[unescape(each)] for each in re.findall(r'<span class="pill is-\w+">([^<]+)</span>', html)]
    return Said(pills[0], pills[1:])


def by_metric(bundle: Bundle) -> Said:
    series = outcome(StrategyMeasures(lambda _: None).measure(bundle))
    lines = b"".join(series.lines(STATE, NOW.timestamp())).decode()
    states = re.findall(r'environment="[^"]*",state="(\w+)"} 1\n', lines)
    assert labels({"strategy": bundle.key.name}).decode() in lines
    return Said("", states)


def by_command(bundle: Bundle) -> Said:
    read = read_strategy(orjson.loads(bundle.encode()))
    return Said(read.state, [each.state for each in read.environments])


def _page(path: str, bundle: Bundle) -> str:
    page = PAGES.render(path, {}, PageInput(bundles={VIEW: [bundle]}, head=bundle.resource_version, now=NOW))
    assert page is not None
    return page.body.decode()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_same_words(case: Case) -> None:
    """The object, its row in a table, pages, the selector of streams, metrics and the command agree with the case."""
    bundle = served(case)
    said = by_object(bundle)
    assert said.environments[-1] == case.state
    assert by_page(bundle) == by_command(bundle) == said
    assert by_metric(bundle).environments == said.environments
    for word in StateWord:
        selection = Selection((VIEW,), fields=parse_field_selector(f"status.state={word}", ("status.state",)))
        assert selection.admits(bundle) is (word.value == said.state)
        query = SUBJECTS[VIEW].read_query({"state": word.value.lower()})
        assert query.admits(SUBJECTS[VIEW].shown(bundle).row) is (word.value == said.state)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_same_reasons(case: Case) -> None:
    """What the status says in a sentence stands in the table, on the fleet's page and in the command, word by word."""
    bundle = served(case)
    status = orjson.loads(bundle.encode())["status"]
    message, last = status.get("message", ""), status["environments"][-1]
    assert tuple(dict.fromkeys((last.get("message", ""), *case.waits)))[:1] == (case.waits[0] if case.waits else "",)
    row = dict(zip([column.name for column in COLUMNS], _cells(bundle), strict=True))
    assert row["Status"] == status["state"]
    assert row["Waiting For"].startswith(message[:100] or "<none>")
    read = read_strategy(orjson.loads(bundle.encode()))
    assert (read.message, read.environments[-1].message) == (message, last.get("message", ""))
    fleet = unescape(re.sub(r"</?b>", "", _page("", bundle)))
    assert all(part in fleet for part in re.split("[: ]", message, maxsplit=1))
    page = unescape(_page(f"strategies/{bundle.key.namespace}/{bundle.key.name}", bundle))
    for reason in last["waitingFor"]:
        assert reason["kind"] == "order" or reason.get("key", "") in page
        assert reason["message"].partition(": ")[2] in page
    assert escape(last["name"]) in page


def _cells(bundle: Bundle) -> list[Any]:
    return [make() for make in cells(BundleContents(bundle, Readings()))]

"""/journal/figures on the dashboard's port: page, JSON and CSV; whoever asks gets what he may see, and no more."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import orjson
import pytest

from promoter_view.journal.entries import EventCheck, EventType, Happening, JournalEntry
from promoter_view.journal.store import JournalError
from promoter_view.records import BundleKey, Change, ChangeType
from promoter_view.views.known import DEFINITIONS
from tests.support.dashboard.board import Board, bearer, by_members, with_tokens
from tests.support.journal.journals import entry
from tests.support.journal.told import Told
from tests.support.views.commits import policy
from tests.support.views.oracle import key_of
from tests.support.views.stages import stage
from tests.support.views.world import Document, moved, strategy

DEV, PROD = "environment/dev", "environment/prod"
HTML = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
_STRATEGIES, _STAGES = "promotionstrategydetails", "stagedetails"


def put(board: Board, *documents: Document) -> None:
    for document in documents:
        body = orjson.dumps(document)
        board.record(Change(ChangeType.MODIFIED, key_of(document), body, "7", "promotionstrategies", "7"))


def town(board: Board) -> Told:
    """Two strategies, in namespaces of their own, and two Stages, one behind the other."""
    for namespace, name, labels in (("shop", "search", {"team": "a"}), ("other", "thing", {"team": "b"})):
        root = moved(strategy(name, branches=(DEV, PROD)), namespace)
        root["metadata"]["labels"] = labels
        put(board, root, *(moved(policy(root, branch, ("a", 1)), namespace) for branch in (DEV, PROD)))
    test, prod = (stage(name, namespace="kargo", freight=["f"]) for name in ("test", "prod"))
    prod["spec"]["requestedFreight"][0]["sources"] = {"stages": ["test"]}
    put(board, test, prod)
    return Told(board)


def happened(
    version: int, event: EventType, key: BundleKey, environment: str = "", after: str = "", **more: Any
) -> JournalEntry:
    """An entry at the time of the board."""
    found = entry(version, event=event, key=key, environment=environment)
    happening = replace(found.happening, after=after or found.happening.after, **more)
    return replace(found, happening=happening)


def promoted(version: int, environment: str, namespace: str = "shop", name: str = "search") -> JournalEntry:
    return happened(version, EventType.PROMOTED, BundleKey(_STRATEGIES, namespace, name), environment)


def of_stage(version: int, event: EventType, name: str, after: str) -> JournalEntry:
    found = happened(version, event, BundleKey(_STAGES, "kargo", name), after=after)
    told_by = frozenset(("Application" if event is EventType.HEALTH else "Promotion",))
    return replace(found, happening=Happening(event, after=after, told_by=told_by))


def fill(told: Told) -> None:
    """A deployment of each strategy, one of which failed; Freight through both Stages; and one that was deleted."""
    failed = happened(
        3, EventType.FAILED, BundleKey(_STRATEGIES, "shop", "search"), PROD, check=EventCheck("e2e", "failure")
    )
    told.write(
        promoted(1, DEV),
        promoted(2, PROD),
        replace(failed, happening=replace(failed.happening, told_by=frozenset({"ChangeTransferPolicy"}))),
        promoted(4, PROD, "other", "thing"),
        promoted(5, PROD, "other", "deleted"),
        of_stage(6, EventType.PROMOTION_SUCCEEDED, "test", "f"),
        of_stage(7, EventType.PROMOTION_SUCCEEDED, "prod", "f"),
        of_stage(8, EventType.HEALTH, "prod", "Unhealthy"),
    )
    told.world.turn(1)


@pytest.fixture
def told() -> Told:
    """A dashboard of both views, with all that."""
    found = town(Board(definitions=DEFINITIONS))
    fill(found)
    return found


def asked(told: Told, query: str = "", headers: Mapping[str, str] | None = None) -> dict[str, Any]:
    """What a script gets."""
    answer = told.world.ask(f"/journal/figures?{query}", headers)
    assert answer.code == 200, answer.body
    assert answer.header("content-type") == "application/json"
    found: dict[str, Any] = json.loads(answer.body)
    return found


def deployments(found: dict[str, Any]) -> dict[str, int]:
    """By name, of strategies and Stages."""
    return {each["name"]: each["deployments"] for each in (*found["strategies"], *found["stages"])}


def test_json(told: Told) -> None:
    """Of each and of all together, by namespace too; samples are said, and what there are none of is left out."""
    found = asked(told)
    assert deployments(found) == {"thing": 1, "search": 1, "prod": 1, "test": 1}
    search = found["strategies"][1]
    assert (search["view"], search["namespace"]) == (_STRATEGIES, "shop")
    assert search["failureShare"] == {"share": 1.0, "failed": 1, "samples": 1}
    assert search["leadTime"] == {"samples": 0}
    assert found["all"]["deployments"] == 4
    assert found["all"]["failureShare"] == {"share": 0.5, "failed": 2, "samples": 4}
    assert [each["namespace"] for each in found["namespaces"]] == ["kargo", "other", "shop"]
    prod = found["stages"][0]
    assert prod["hops"] == {"median": 0, "samples": 1}
    assert (found["gone"], found["hidden"]) == (1, [])


@pytest.mark.parametrize(
    ("query", "names", "gone"),
    [
        ("namespace=shop", {"search"}, 0),
        ("namespace=other", {"thing"}, 1),
        ("name=search", {"search"}, 0),
        ("name=deleted", set(), 1),
        ("name=prod", {"prod"}, 0),
        ("label=team=a", {"search"}, 0),
        ("label=team", {"search", "thing"}, 0),
        ("namespace=shop&label=team=b", set(), 0),
    ],
)
def test_filters(told: Told, query: str, names: set[str], gone: int) -> None:
    """By namespace, name, and labels of now. Nobody knows which labels the deleted ones had."""
    found = asked(told, query)
    assert (set(deployments(found)), found["gone"]) == (names, gone)


def test_a_stage_by_its_name_has_its_hop(told: Told) -> None:
    """Freight comes from a Stage of another name, which is not counted."""
    found = asked(told, "namespace=kargo&name=prod")
    assert found["stages"][0]["hops"]["samples"] == 1
    assert found["all"]["deployments"] == 1


def test_the_window(told: Told) -> None:
    """The last 30 days, or what is given: what happened outside is not counted."""
    assert asked(told, "since=-1h")["all"]["deployments"] == 4
    assert asked(told, "until=-1h&since=-2h")["all"]["deployments"] == 0
    told.world.turn(20 * 86400)
    assert asked(told)["all"]["deployments"] == 4
    assert asked(told, "since=-19d")["all"]["deployments"] == 0
    assert (asked(told)["since"][:10], asked(told)["until"][:10]) == ("2026-11-08", "2026-12-08")


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("since=soon", "since: invalid time 'soon'"),
        ("until=soon", "until: invalid time"),
        ("since=-1h&until=-2h", "since: it is not before until"),
        ("until=0001-01-02T00:00:00Z", "until: that is before the year 1"),
        ("label=(", "label: "),
        ("format=xml", "unknown format 'xml'"),
        ("event=failed", "unknown query parameter 'event'"),
        ("name=" + "x" * 254, "name: longer than 253"),
    ],
)
def test_what_cannot_be_asked(told: Told, query: str, words: str) -> None:
    """400, with what is wrong and what is known."""
    answer = told.world.ask(f"/journal/figures?{query}")
    assert answer.code == 400
    assert words in json.loads(answer.body)["message"]


def test_csv(told: Told) -> None:
    """A heading and a line for each, by format or by Accept."""
    lines = told.world.ask("/journal/figures?format=csv&namespace=shop").body.decode().split("\r\n")
    assert lines[0].startswith("view,namespace,name,deployments,leadTime.median,")
    assert lines[1].startswith(f"{_STRATEGIES},shop,search,1,")
    assert lines[2:] == [""]
    answer = told.world.ask("/journal/figures", {"Accept": "text/csv"})
    assert answer.header("content-type") == "text/csv; charset=utf-8"
    assert len(answer.body.decode().splitlines()) == 5


def test_the_page(told: Told) -> None:
    """What JSON has, in words, with a drawing, links to objects and to the other forms; what was typed stays."""
    answer = told.world.ask("/journal/figures?label=team&since=-7d", HTML)
    page = answer.body.decode()
    assert answer.header("content-type") == "text/html; charset=utf-8"
    assert '<a href="/strategies/shop/search">search</a>' in page
    assert "1 of 1" in page
    assert '<svg class="bars"' in page
    assert 'value="team"' in page
    assert 'href="/journal/figures?label=team&amp;since=-7d&amp;format=csv"' in page or "format=csv" in page
    assert "not counted" not in page
    empty = told.world.ask("/journal/figures?name=nobody", HTML).body.decode()
    assert "No strategy or Stage that you may see matches." in empty
    assert "1 deleted object is not counted" in told.world.ask("/journal/figures", HTML).body.decode()


def test_who_sees_what() -> None:
    """Nothing of namespaces that one may not see: no object, no deployment, no deleted one, no namespace's name."""
    told = town(with_tokens({"ann": ["shop"], "bob": ["*"], "eve": []}, definitions=DEFINITIONS))
    fill(told)
    found = {user: asked(told, headers=bearer(user)) for user in ("ann", "bob", "eve")}
    assert deployments(found["ann"]) == {"search": 1}
    assert (found["ann"]["all"]["deployments"], found["ann"]["gone"]) == (1, 0)
    assert [each["namespace"] for each in found["ann"]["namespaces"]] == ["shop"]
    assert (found["bob"]["all"]["deployments"], found["bob"]["gone"]) == (4, 1)
    assert (found["eve"]["all"]["deployments"], found["eve"]["gone"]) == (0, 0)
    for form in ("html", "json", "csv"):
        text = told.world.ask(f"/journal/figures?format={form}", bearer("ann")).body.decode()
        assert re.findall(r"\b(?:thing|deleted|kargo)", text) == [], form
    assert told.world.ask("/journal/figures").code == 401
    assert told.world.ask("/journal/figures", HTML).code == 303


def test_what_a_hidden_kind_tells_is_not_counted() -> None:
    """Failed checks are a policy's: who may not see these is told of no failure, and that something is missing."""
    board = with_tokens({"ann": ["*"]}, sights=by_members, definitions=DEFINITIONS)
    board.secret = {"changetransferpolicies"}
    told = town(board)
    fill(told)
    found = asked(told, "name=search", bearer("ann"))
    assert found["strategies"][0]["failureShare"]["failed"] == 0
    assert found["hidden"] == ["ChangeTransferPolicy"]
    page = told.world.ask("/journal/figures?name=search", bearer("ann") | HTML).body.decode()
    assert "You may not see ChangeTransferPolicy" in page


def test_a_journal_that_cannot_be_read(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    """503, with why; the next one is answered."""

    def broken(_: object) -> None:
        raise JournalError("the journal x cannot be used: locked")

    with monkeypatch.context() as patched:
        patched.setattr(told.world.journal, "query", broken)
        answer = told.world.ask("/journal/figures")
        assert (answer.code, b"locked" in answer.body) == (503, True)
    assert told.world.ask("/journal/figures").code == 200


def test_many_entries_are_read_in_pages(told: Told) -> None:
    """A thousand at a time; none is counted twice."""
    for batch in range(3):
        base = 1000 + batch * 900
        told.write(*(promoted(base + number, PROD) for number in range(900)))
    told.world.turn(1)
    assert asked(told, "name=search")["all"]["deployments"] == 2701

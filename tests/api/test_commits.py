"""The resource commits over HTTP: where a commit is, for whom, and in which forms."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from promoter_view.access.authorization import AccessReviews
from promoter_view.metrics import Metrics
from promoter_view.reading.sights import Sights
from promoter_view.records import Change, ChangeType
from promoter_view.views.known import DEFINITIONS
from tests.support.api.membership import ByName
from tests.support.api.reviewing import Reviews, access_reviewer
from tests.support.api.world import METADATA, TABLE, Answer, World
from tests.support.views.commits import at, policy, sha
from tests.support.views.oracle import key_of
from tests.support.views.stages import stage
from tests.support.views.world import moved, strategy

GROUP = "/apis/view.promoter.argoproj.io/v1alpha1"
_ALL = "promotionstrategydetails", "stagedetails"


class Town:
    """Strategies of one name in namespaces a and b, and who may list what: (user, resource, namespace), "" for all."""

    def __init__(self, *, members: bool = False) -> None:
        self.rights: set[tuple[str, str, str]] = set()
        self.asked: list[dict[str, Any]] = []

        def sights(views: Any, clock: Any) -> Sights:
            reviewer = access_reviewer(Reviews(self._answer), clock, Metrics())
            reviews = AccessReviews(reviewer, clock=clock, allowed_seconds=0, denied_seconds=0, metrics=Metrics())
            return Sights(
                views, lambda: views.definitions, reviews, clock=clock, members=members, bundles=True, verbs=("list",)
            )

        self.world = World(access=ByName(), commit_sights=sights, definitions=DEFINITIONS)
        for namespace, more in (("a", ()), ("b", (("x", 40),))):
            root = moved(strategy("shop", branches=("dev",)), namespace)
            self.put(root, moved(policy(root, "dev", ("c", 30), *more), namespace))

    def put(self, *documents: Any) -> None:
        for document in documents:
            body = orjson.dumps(document)
            self.world.record(Change(ChangeType.MODIFIED, key_of(document), body, "7", "promotionstrategies", "7"))

    def let(self, user: str, *resources: str, namespace: str = "") -> None:
        self.rights.update((user, resource, namespace) for resource in resources)

    def ask(self, name: str, user: str, namespace: str = "", headers: dict[str, str] | None = None) -> Answer:
        scope = f"namespaces/{namespace}/" if namespace else ""
        return self.world.ask(f"{GROUP}/{scope}commits/{name}", {"User": user, **(headers or {})})

    def _answer(self, spec: dict[str, Any]) -> Any:
        wanted = spec["resourceAttributes"]
        self.asked.append(wanted)
        found = {(spec["user"], wanted["resource"], place) for place in ("", wanted.get("namespace", ""))}
        return {"allowed": not found.isdisjoint(self.rights)}


@pytest.fixture
def town() -> Town:
    """alice may list everything, bob in a; eve nothing."""
    town = Town()
    town.let("alice", *_ALL)
    town.let("bob", *_ALL, namespace="a")
    return town


def test_a_commit_in_a_namespace(town: Town) -> None:
    """The object says which commit it is, and what it is to each environment of each strategy that names it."""
    answer = town.ask(sha("c"), "alice", "a")
    assert answer.code == 200
    found = answer.document
    assert (found["kind"], found["apiVersion"]) == ("CommitDetails", "view.promoter.argoproj.io/v1alpha1")
    assert found["metadata"] == {
        "name": sha("c"),
        "namespace": "a",
        "resourceVersion": str(town.world.views.head),
    }
    (commit,) = found["commits"]
    assert commit == {"sha": sha("c"), "subject": "Change c", "author": "Bob", "role": "dry", "time": at(30)}
    (where,) = found["strategies"]
    assert (where["namespace"], where["name"], where["commits"]) == ("a", "shop", [sha("c")])
    (environment,) = where["environments"]
    assert (environment["branch"], environment["relation"], environment["liveSince"]) == ("dev", "live", at(31))
    assert (found["stages"], found["knownSince"]) == ([], at(30))


def test_what_may_be_listed_is_searched(town: Town) -> None:
    """At the cluster's path all namespaces are looked at in which one may list, and no others."""
    assert [each["namespace"] for each in town.ask(sha("c"), "alice").document["strategies"]] == ["a", "b"]
    assert [each["namespace"] for each in town.ask(sha("c"), "bob").document["strategies"]] == ["a"]
    assert {wanted["verb"] for wanted in town.asked} == {"list"}


@pytest.mark.parametrize(
    ("user", "name", "namespace", "words"),
    [
        ("bob", "x", "", "nothing that you may list in any namespace has it"),
        ("bob", "x", "a", "nothing that you may list in the namespace a has it"),
        ("bob", "x", "b", "you may list neither strategies nor Stages in the namespace b"),
        ("eve", "c", "", "you may list neither strategies nor Stages in any namespace"),
        ("alice", "nowhere", "", "the oldest known commit is from 2026-11-20T00:30:00Z"),
        ("alice", "c", "nowhere", "no commit is kept"),
    ],
)
def test_what_is_not_found(town: Town, user: str, name: str, namespace: str, words: str) -> None:
    """What one may not see is as what is not there: 404, which says how far back can be told."""
    answer = town.ask(sha(name), user, namespace)
    assert (answer.code, answer.document["reason"]) == (404, "NotFound")
    assert words in answer.document["message"]
    assert answer.document["details"]["kind"] == "commits"
    causes = answer.document["details"].get("causes", [])
    known = (user == "alice" and not namespace) or (user == "bob" and namespace in ("", "a"))
    assert [cause["message"] for cause in causes] == ([at(30)] if known else [])


@pytest.mark.parametrize("name", ["abcdef", "0123456z", "a" * 65, "%20"])
def test_what_is_no_commit(town: Town, name: str) -> None:
    """Fewer than seven digits, or what is no hexadecimal number, is a bad request."""
    answer = town.ask(name, "alice", "a")
    assert (answer.code, answer.document["reason"]) == (400, "BadRequest")


def test_upper_case(town: Town) -> None:
    """A sha in capitals is the same; its name is as it was asked for."""
    found = town.ask(sha("c").upper()[:9], "alice", "a").document
    assert (found["metadata"]["name"], found["commits"][0]["sha"]) == (sha("c").upper()[:9], sha("c"))


def test_a_table(town: Town) -> None:
    """kubectl is given a row for each environment and Stage."""
    town.put(stage("test", namespace="a", freight=[sha("c")]))
    table = town.ask(sha("c"), "alice", "a", TABLE).document
    columns = [column["name"] for column in table["columnDefinitions"]]
    rows = [dict(zip(columns, row["cells"], strict=True)) for row in table["rows"]]
    assert [(row["Name"], row["Environment"], row["Commit"]) for row in rows] == [
        ("shop", "dev", "live"),
        ("test", "<none>", "live"),
    ]
    assert table["rows"][0]["object"]["metadata"]["name"] == sha("c")
    metadata = town.ask(sha("c"), "alice", "a", METADATA).document
    assert (metadata["kind"], metadata["metadata"]["namespace"]) == ("PartialObjectMetadata", "a")
    assert town.ask(sha("c"), "alice", "a", {"Accept": "application/yaml"}).body.startswith(b"apiVersion: view")


@pytest.mark.parametrize("path", ["commits", "namespaces/a/commits", "commits?watch=1"])
def test_commits_cannot_be_listed(town: Town, path: str) -> None:
    """There is no list and no watch of commits."""
    answer = town.world.ask(f"{GROUP}/{path}", {"User": "alice"})
    assert (answer.code, answer.header("allow")) == (405, "GET")


def test_the_newest_change_counts(town: Town) -> None:
    """What is recorded before the question is in the answer; a position that has not come is waited for."""
    root = moved(strategy("shop", branches=("dev",)), "a")
    town.put(moved(policy(root, "dev", ("n", 50)), "a"))
    found = town.ask(sha("n"), "alice", "a").document
    assert [each["relation"] for each in found["strategies"][0]["environments"]] == ["live"]
    ahead = int(found["metadata"]["resourceVersion"]) + (1 << 20)
    client = town.world.open(f"{GROUP}/commits/{sha('n')}?resourceVersion={ahead}", {"User": "alice"})
    town.world.turn(4)
    assert client.answer().code == 504


def test_members_that_are_hidden() -> None:
    """Who may not get policies finds no commit by them, and is not told how far back they go."""
    town = Town(members=True)
    town.let("alice", *_ALL, "changetransferpolicies", "changetransferpolicyhistories")
    town.let("bob", *_ALL)
    assert town.ask(sha("c"), "alice", "a").code == 200
    answer = town.ask(sha("c"), "bob", "a")
    assert (answer.code, "no commit is kept" in answer.document["message"]) == (404, True)


def test_large_answers_are_compressed() -> None:
    """Above 128 KiB, where the client accepts it."""
    world = World(definitions=DEFINITIONS)
    for number in range(400):
        root = strategy(f"s{number:03}", branches=("dev", "prod"))
        for document in (root, policy(root, "dev", ("c", 30)), policy(root, "prod", None, ("c", 30))):
            world.record(
                Change(ChangeType.MODIFIED, key_of(document), orjson.dumps(document), "7", "promotionstrategies", "7")
            )
    answer = world.ask(f"{GROUP}/namespaces/a/commits/{sha('c')}", {"Accept-Encoding": "gzip"})
    assert answer.header("content-encoding") == "gzip"


def test_a_program_that_is_not_ready() -> None:
    """503 until the views are built."""
    assert World(ready=False).ask(f"{GROUP}/commits/{sha('c')}").code == 503

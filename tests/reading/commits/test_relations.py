"""What a commit is to each environment of a strategy, and to a Stage."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from hypothesis import given

from promoter_view.reading.commits.carried import CommitRole
from promoter_view.reading.commits.found import Findings, FoundStage, FoundStrategy, document_of, not_found
from promoter_view.reading.commits.index import CommitIndex
from promoter_view.reading.commits.question import CommitQuestion
from promoter_view.reading.commits.search import Searched, look
from promoter_view.records import BundleKey
from promoter_view.slices import at_once, outcome
from promoter_view.views.contents import Readings
from promoter_view.views.member_mask import MemberMask
from promoter_view.views.stage.details import stage_details
from tests.support.views.commits import at, freight, past_of, pieces, policy, sha
from tests.support.views.stages import application, promotion, stage
from tests.support.views.strategies import JSON
from tests.support.views.world import VIEW, World, strategy


class Town:
    """A strategy shop with dev and prod, its index kept from change to change."""

    def __init__(self) -> None:
        self.world = World()
        self.index = CommitIndex()
        self.root = strategy("shop", branches=("dev", "prod"))
        self.world.put(self.root)
        self.key = BundleKey(VIEW, "a", "shop")
        self.position = 0
        for bundle in self.world.projector.list(VIEW):
            at_once(self.index.add(bundle))
        self.position = self.world.projector.head

    def put(self, *documents: Any) -> None:
        self.world.put(*documents)
        for change in self.world.changes(self.position):
            at_once(self.index.take(change))
        self.position = self.world.projector.head

    def policy(self, branch: str, *rest: Any, **more: Any) -> None:
        self.put(policy(self.root, branch, *rest, **more))

    def ask(self, asked: str, word: str = "", *, view: str = VIEW) -> Findings:
        question = CommitQuestion(asked, word)
        bundles = [(bundle, self.index.overtaken(bundle.key)) for bundle in self.world.projector.list(view)]
        return outcome(look(Searched(Findings(asked, "a", 1), bundles), question, Readings()))

    def relations(self, asked: str) -> dict[str, tuple[str, str, str]]:
        """By environment: relation, since, and the later commit's first digit."""
        (found,) = self.ask(asked).strategies
        assert isinstance(found, FoundStrategy)
        return {
            each.state.name: (each.related.relation.value, each.related.since, each.related.by)
            for each in found.environments
        }


@pytest.fixture
def town() -> Town:
    """c is live in dev and b in prod; prod is to have c; a was live in both; x is proposed in dev."""
    town = Town()
    town.policy("dev", ("c", 30), ("x", 40), ("c", 30), ("b", 20), ("a", 10))
    town.policy("prod", ("b", 20), ("c", 30), ("b", 20), ("a", 10))
    return town


@pytest.mark.parametrize(
    ("asked", "dev", "prod"),
    [
        ("c", ("live", at(31), ""), ("next", "", "")),
        ("x", ("next", "", ""), ("none", "", "")),
        ("b", ("delivered", at(21), sha("c")), ("live", at(21), "")),
        ("a", ("delivered", at(11), sha("b")), ("delivered", at(11), sha("b"))),
    ],
)
@pytest.mark.parametrize("kind", ["", "source-", "hydrated-dev-"])
def test_relations(town: Town, asked: str, dev: Any, prod: Any, kind: str) -> None:
    """Whichever of its shas is asked for, a commit is what its dry commit is, in every environment."""
    assert town.relations(sha(kind + asked)) == {"dev": dev, "prod": prod}
    assert town.relations(sha(kind + asked)[:7]) == {"dev": dev, "prod": prod}


def test_the_commit_that_was_asked_for(town: Town) -> None:
    """It is told with its role, subject and author, as far as there are any."""
    (commit,) = town.ask(sha("c")).commits
    assert (commit.role, commit.subject, commit.author, commit.time) == (CommitRole.DRY, "Change c", "Bob", at(30))
    (commit,) = town.ask(sha("source-c")).commits
    assert (commit.role, commit.author) == (CommitRole.SOURCE, "Ann <a@example.com>")
    (commit,) = town.ask(sha("proposed-dev-b")).commits
    assert commit.role is CommitRole.HYDRATED


def test_what_is_waited_for(town: Town) -> None:
    """It is told of what is next or not there yet; of what is live unless another commit is on its way."""

    def waiting(name: str) -> list[int]:
        (found,) = town.ask(sha(name)).strategies
        return [len(each.waiting_for) for each in found.environments]

    checks = [{"key": "lint", "phase": "pending"}]
    document = policy(town.root, "prod", ("b", 20), ("c", 30))
    document["status"]["proposed"]["commitStatuses"] = checks
    town.put(document)
    assert waiting("c")[1] == 1
    assert waiting("b")[1] == 0
    document = policy(town.root, "prod", ("c", 30), ("c", 30))
    document["status"]["active"]["commitStatuses"] = checks
    document["spec"]["activeCommitStatuses"] = [{"key": "lint"}]
    town.put(document)
    assert waiting("c")[1] == 1
    assert waiting("b")[1] == 0


def test_no_change_for_an_environment(town: Town) -> None:
    """A dry commit that changes nothing in an environment is live there."""
    town.policy("prod", ("b", 20), ("c", 30), note="x")
    assert town.relations(sha("x"))["prod"][0] == "live"


def test_a_merge_tells_since_when(town: Town) -> None:
    """A history that is told apart counts, and goes further back."""
    owner = policy(town.root, "prod", ("b", 20), ("c", 30))
    town.put(owner, past_of(owner, "prod", ("b", 20), ("old", 5)))
    assert town.relations(sha("old"))["prod"] == ("delivered", at(6), sha("b"))


def test_a_later_one_went_ahead(town: Town) -> None:
    """What an environment never had, and a later one is proposed or live there, is overtaken."""
    town.policy("prod", ("b", 20), ("x", 40), ("b", 20), ("a", 10))
    assert town.relations(sha("c"))["prod"] == ("overtaken", "", sha("x"))


def test_a_proposal_that_went_away(town: Town) -> None:
    """A commit that was proposed and that nothing names any more is remembered as overtaken, by all of its shas."""
    town.policy("dev", ("c", 30), ("y", 50), ("c", 30))
    for asked in ("x", "source-x", "hydrated-dev-x"):
        assert town.index.candidates(CommitQuestion(sha(asked))) == [town.key]
        assert town.relations(sha(asked))["dev"] == ("overtaken", "", sha("y"))
    assert town.relations(sha("x"))["prod"][0] == "none"


def test_several_are_meant(town: Town) -> None:
    """Where a short sha is the beginning of several, all are told, and no more than a hundred."""
    root = strategy("many", branches=("dev",))
    document = policy(root, "dev", ("c", 30))
    references = [{"commit": {"sha": f"abcdef0{place:033x}"}} for place in range(20)]
    entries = [
        {"active": {"dry": {"sha": sha(str(place)), "references": [
            {"commit": {"sha": f"abcdef0{place:03x}{each:030x}"}} for each in range(20)
        ]}}}
        for place in range(10)
    ]  # fmt: skip
    document["status"]["active"]["dry"]["references"] = references
    document["status"]["history"] = entries
    town.put(root, document)
    found = town.ask("abcdef0")
    assert (len(found.commits), found.more_commits) == (100, 101 if sha("x").startswith("abcdef0") else 100)
    assert document_of(found)["leftOut"] == {"commits": 100}
    assert [commit.sha for commit in found.commits] == sorted(commit.sha for commit in found.commits)


def brought(name: str, what: str, phase: str, finished: int | None) -> Any:
    """A Promotion of that Freight."""
    found = promotion(name, namespace="a", phase=phase, created=finished or 90, finished=finished)
    found["spec"]["freight"] = sha(what)
    return found


def test_stages() -> None:
    """Freight is live in a Stage, next, delivered or overtaken, by its name, its commits and its tags."""
    town = Town()
    town.put(
        freight("new", "x", tag="v3"),
        stage("test", namespace="a", freight=[sha("new")], before=[sha("old")]),
        brought("p1", "old", "Succeeded", 0),
        brought("p2", "bad", "Failed", 30),
        brought("p3", "new", "Succeeded", 60),
        brought("p4", "next", "Running", None),
    )
    told = {}
    for name in ("new", "old", "bad", "next"):
        (found,) = town.ask(sha(name), view="stagedetails").stages
        assert isinstance(found, FoundStage)
        told[name] = found.related.relation.value
    assert told == {"new": "live", "old": "delivered", "bad": "overtaken", "next": "next"}
    assert document_of(town.ask("", "v3", view="stagedetails"))["stages"][0]["freight"] == ["new"]
    for asked in ((sha("x")[:8], ""), ("", "v3")):
        (found,) = town.ask(*asked, view="stagedetails").stages
        assert (found.related.relation.value, found.freight, found.related.since) == (
            "live",
            ("new",),
            "2026-11-20T11:00:00Z",
        )


def hydrated(name: str, dry: str, made: str, *, synced: str) -> Any:
    """An Application of the Stage whose hydrator has made one commit of another, and what it is synced to."""
    found = application(name, authorized="a:test", revision=sha(synced))
    found["spec"] = {"sourceHydrator": {"drySource": {"repoURL": "https://git.example.com/app.git"}}}
    found["status"]["sourceHydrator"] = {"lastSuccessfulOperation": {"drySHA": sha(dry), "hydratedSHA": sha(made)}}
    return found


def test_what_an_application_hydrated() -> None:
    """It stands for the dry commit in Freight that it was rendered from; else it is live where it is synced."""
    town = Town()
    town.put(
        freight("new", "x"),
        stage("test", namespace="a", freight=[sha("new")]),
        hydrated("one", "x", "made", synced="other"),
        hydrated("two", "none", "alone", synced="alone"),
        hydrated("three", "none", "waits", synced="other"),
    )
    seen = {}
    for name in ("made", "alone", "waits"):
        (found,) = town.ask(sha(name)[:9], view="stagedetails").stages
        commits = {commit.sha: commit.role.value for commit in found.commits}
        seen[name] = (found.related.relation.value, found.freight, commits)
    assert seen == {
        "made": ("live", ("new",), {sha("x"): "freight", sha("made"): "hydrated"}),
        "alone": ("live", (), {sha("alone"): "hydrated"}),
        "waits": ("none", (), {sha("waits"): "hydrated"}),
    }
    (bundle,) = town.world.projector.list("stagedetails")
    masked = MemberMask(stage_details("argocd")).bundle(bundle, frozenset({"Application"}))
    searched = Searched(Findings(sha("made"), "a", 1), [(masked, ())])
    assert not outcome(look(searched, CommitQuestion(sha("made")), Readings())).stages


def written(value: Any) -> bool:
    """It can stand in a log: its integers are of 64 bits."""
    try:
        orjson.dumps(value)
    except TypeError:
        return False
    return True


def test_freight_that_was_tried_in_vain() -> None:
    """What failed is nothing to a Stage until a later Promotion succeeds; a Promotion under way is next."""
    town = Town()
    town.put(
        stage("test", namespace="a", freight=[sha("new")]) | {"status": {}},
        brought("p1", "bad", "Failed", 30),
        brought("p2", "next", "Running", None),
    )
    told = {name: town.ask(sha(name), view="stagedetails").stages[0].related.relation.value for name in ("bad", "next")}
    assert told == {"bad": "none", "next": "next"}


def test_words_of_what_is_not_found() -> None:
    """It says where was looked, and how far back can be told."""
    for found, words in (
        (
            Findings("x", "a", 1, known_since="2026-11-20T10:00:00Z"),
            "in the namespace a has it, as far back as is",
        ),
        (Findings("x", "", 1), "in any namespace has it, as far back as is known: no commit is kept"),
        (Findings("x", "a", 1, blind=True), "you may list neither strategies nor Stages in the namespace a"),
    ):
        assert found.empty
        assert words in str(not_found(found))


def test_how_far_it_has_come(town: Town) -> None:
    """Environments in which it is or was live are counted."""
    assert [town.ask(sha(name)).strategies[0].reached for name in ("a", "b", "c", "x")] == [2, 2, 1, 0]


@given(JSON.filter(written), JSON.filter(written))
def test_nothing_raises(found: Any, other: Any) -> None:
    """Whatever a policy or Freight holds where a commit should be, it counts as absent."""
    town = Town()
    document = policy(town.root, "dev", ("c", 30))
    document["status"] = {"active": found, "proposed": {"dry": found, "note": other}, "history": [found, other]}
    town.put(document, stage(namespace="a") | {"status": {"freightHistory": [found, {"items": other}]}})
    for view in (VIEW, "stagedetails"):
        document_of(town.ask(sha("c"), "c", view=view))
    assert pieces("x")

"""The cluster's OpenAPI documents, followed on a clock."""

from __future__ import annotations

from typing import Any

import orjson
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from promoter_view.kubernetes.client.schemas import SchemaFollower
from promoter_view.kubernetes.outcomes import ApiError, Outcome, Unreachable

ONE, OTHER = "promoter.argoproj.io/v1alpha1", "kargo.akuity.io/v1alpha1"
MINUTE = 66.0


class Cluster:
    """Publishes what ``documents`` says; ``failure`` is raised instead, where there is one."""

    def __init__(self) -> None:
        self.documents: dict[str, Any] = {}
        self.asked: list[str] = []
        self.failure: Exception | None = None
        self.silent: Deferred[bytes] | None = None
        self.index: Any = None

    async def get(self, path: str) -> bytes:
        self.asked.append(path)
        if self.failure is not None:
            raise self.failure
        if self.silent is not None:
            return await self.silent
        if path == "/openapi/v3":
            return orjson.dumps(self._index())
        name = path.removeprefix("/openapi/v3/apis/").partition("?")[0]
        return orjson.dumps(self.documents[name])

    def _index(self) -> Any:
        if self.index is not None:
            return self.index
        urls = {name: f"/openapi/v3/apis/{name}?hash={found['n']}" for name, found in self.documents.items()}
        return {"paths": {f"apis/{name}": {"serverRelativeURL": url} for name, url in urls.items()}}


class SchemaFollowerTests(SynchronousTestCase):
    """One cluster, one follower."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.cluster = Cluster()
        self.told: list[Any] = []
        self.follower = SchemaFollower(
            lambda: (ONE, OTHER),
            client=self.cluster,
            clock=self.clock,
            random=lambda: 0.5,
            changed=self.told.append,
        )

    def start(self, **documents: int) -> None:
        """Begins, with documents of these numbers."""
        names = {"one": ONE, "other": OTHER, "unwanted": "apps/v1"}
        self.cluster.documents = {names[name]: {"n": number} for name, number in documents.items()}
        self.follower.start()

    def test_tells_what_is_wanted(self) -> None:
        """The documents of the wanted groups are read at once, those of others never."""
        self.start(one=1, other=1, unwanted=1)
        assert self.told == [{ONE: {"n": 1}, OTHER: {"n": 1}}]
        assert not any("apps" in path for path in self.cluster.asked)
        assert self.follower.line == f"known schemas: {ONE}, {OTHER}"

    def test_reads_again_what_has_changed(self) -> None:
        """Each minute the index is read; documents only when it names another hash."""
        self.start(one=1)
        self.clock.advance(MINUTE)
        assert self.cluster.asked[2:] == ["/openapi/v3"]
        self.cluster.documents[ONE] = {"n": 2}
        self.clock.advance(MINUTE)
        assert self.told == [{ONE: {"n": 1}}, {ONE: {"n": 2}}]

    def test_follows_what_comes_and_goes(self) -> None:
        """A group that is installed later is told then, and one that is gone is left out, once that is sure."""
        self.start()
        assert self.told == []
        assert self.follower.line == "known schemas: none"
        self.cluster.documents[OTHER] = {"n": 1}
        self.clock.advance(MINUTE)
        del self.cluster.documents[OTHER]
        self.clock.advance(MINUTE)
        assert self.told == [{OTHER: {"n": 1}}]
        self.clock.advance(MINUTE)
        assert self.told == [{OTHER: {"n": 1}}, {}]

    def test_a_group_that_is_missing_for_a_moment(self) -> None:
        """A server that has just started publishes custom resources late: that is no change, as often as it happens."""
        self.start(one=1, other=1)
        for _ in range(2):
            missing = self.cluster.documents.pop(OTHER)
            self.clock.advance(MINUTE)
            self.cluster.documents[OTHER] = missing
            self.clock.advance(MINUTE)
        assert len(self.told) == 1
        self.cluster.documents[ONE] = {"n": 2}
        self.clock.advance(MINUTE)
        assert self.told[1:] == [{ONE: {"n": 2}, OTHER: {"n": 1}}]

    def test_a_cluster_without_openapi_3(self) -> None:
        """A cluster that does not know the path publishes nothing, which is no trouble."""
        self.cluster.failure = ApiError(404, "NotFound", "no such path")
        self.start()
        assert (self.told, self.follower.line) == ([], "known schemas: none")
        self.clock.advance(MINUTE)
        assert len(self.cluster.asked) == 2

    def test_keeps_what_it_knows_when_the_cluster_cannot_be_asked(self) -> None:
        """Trouble is told in the line, tried again soon and ever later, and takes nothing away."""
        self.start(one=1)
        self.cluster.failure = Unreachable(Outcome.UNREACHABLE, "no route")
        self.clock.advance(MINUTE)
        assert self.follower.line == f"known schemas: {ONE}; no route"
        asked = len(self.cluster.asked)
        self.clock.pump([1.0] * 20)
        assert asked + 2 < len(self.cluster.asked) < asked + 8
        self.cluster.failure, self.cluster.documents[ONE] = None, {"n": 2}
        self.clock.advance(MINUTE)
        assert self.told == [{ONE: {"n": 1}}, {ONE: {"n": 2}}]
        assert self.follower.line == f"known schemas: {ONE}"

    def test_begun_again_it_reads_all_anew(self) -> None:
        """At once, though nothing has changed: for whoever wants something else of the same documents."""
        self.start(one=1)
        self.clock.advance(5)
        self.follower.start()
        assert self.told == [{ONE: {"n": 1}}] * 2
        self.clock.advance(MINUTE)
        assert len(self.told) == 2
        assert len([path for path in self.cluster.asked if path == "/openapi/v3"]) == 3

    def test_a_document_that_is_none(self) -> None:
        """What is no JSON object is read again later, and nothing is told."""
        self.start(one=1)
        self.cluster.index = ["no", "index"]
        self.clock.advance(MINUTE)
        assert self.follower.line.endswith("/openapi/v3 is no JSON object")
        assert len(self.told) == 1

    def test_an_index_that_leads_elsewhere(self) -> None:
        """Only what is below the documents' own path is asked for, whatever the index says."""
        for entry in ({"serverRelativeURL": "/api/v1/secrets"}, {"serverRelativeURL": 1}, None, {}):
            self.cluster.index = {"paths": {f"apis/{ONE}": entry}}
            self.cluster.asked.clear()
            self.follower.start()
            self.follower.stop()
            assert self.cluster.asked == ["/openapi/v3"]
        assert self.told == []

    def test_stops(self) -> None:
        """Once stopped it asks no more, whether it waits for its time or for an answer."""
        self.start(one=1)
        self.follower.stop()
        self.follower.stop()
        assert self.clock.getDelayedCalls() == []
        self.cluster.silent = Deferred()
        self.follower.start()
        self.follower.stop()
        assert self.clock.getDelayedCalls() == []
        assert len(self.told) == 1

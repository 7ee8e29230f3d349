"""Which paths are listed anew when a CustomResourceDefinition is replaced, and when."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import orjson
from twisted.internet.task import Clock
from twisted.logger import globalLogPublisher
from twisted.trial.unittest import SynchronousTestCase

from promoter_view.kubernetes.kinds import KARGO_GROUP, PROMOTER_GROUP
from promoter_view.kubernetes.openapi import GROUP_VERSION_KIND
from promoter_view.kubernetes.outcomes import ApiError, Outcome, Unreachable
from promoter_view.kubernetes.reflecting.schema_changes import SETTLED_SECONDS, SPREAD_SECONDS, SchemaChanges
from promoter_view.records import ListPath

VERSION = "v1alpha1"
STRATEGIES = ListPath("PromotionStrategy", PROMOTER_GROUP, VERSION, "promotionstrategies")
REQUESTS = [ListPath("PullRequest", PROMOTER_GROUP, VERSION, "pullrequests", namespace) for namespace in ("a", "b")]
STAGES = ListPath("Stage", KARGO_GROUP, VERSION, "stages")
POLL_SECONDS = 66.0


class Cluster:
    """Publishes of each kind the schema that ``schemas`` has, and for all a ``release`` of its own."""

    def __init__(self) -> None:
        self.schemas: dict[tuple[str, str], Any] = {}
        self.release = 1
        self.failure: Exception | None = None

    async def get(self, path: str) -> bytes:
        if self.failure is not None:
            raise self.failure
        documents = {f"apis/{group}/{VERSION}": self._document(group) for group, _ in self.schemas}
        if path != "/openapi/v3":
            return documents[path.removeprefix("/openapi/v3/").partition("?")[0]]
        urls = {name: f"/openapi/v3/{name}?hash={hash(found)}" for name, found in documents.items()}
        return orjson.dumps({"paths": {name: {"serverRelativeURL": url} for name, url in urls.items()}})

    def _document(self, wanted: str) -> bytes:
        schemas: dict[str, Any] = {"ObjectMeta": {"description": f"as of {self.release}"}}
        for (group, kind), schema in self.schemas.items():
            if group == wanted:
                schemas[kind] = {GROUP_VERSION_KIND: [{"group": group, "version": VERSION, "kind": kind}], **schema}
        return orjson.dumps({"components": {"schemas": schemas}})


class Schemas:
    """By which schema each path was read, as a log keeps it."""

    def __init__(self) -> None:
        self.known: dict[str, str] = {}

    def schema(self, path: ListPath) -> str:
        return self.known.get(path.id, "")

    def read_by(self, path: ListPath, schema: str) -> None:
        self.known[path.id] = schema


class SchemaChangesTests(SynchronousTestCase):
    """One cluster, four paths; ``outdated`` are those that were to be listed anew, with the time since the change."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.cluster = Cluster()
        for kind in ("PromotionStrategy", "PullRequest", "Unknown"):
            self.publish(PROMOTER_GROUP, kind, 1)
        self.publish(KARGO_GROUP, "Stage", 1)
        self.paths: Sequence[ListPath] = [STRATEGIES, *REQUESTS, STAGES]
        self.outdated: list[ListPath] = []
        self.recorder = Schemas()
        self.numbers: Iterator[float] = iter(())
        self.begin()

    def begin(self) -> None:
        """A replica begins to lead, with what is in the log."""
        self.changes = SchemaChanges(
            lambda: self.paths,
            recorder=self.recorder,
            client=self.cluster,
            clock=self.clock,
            random=lambda: next(self.numbers, 0.5),
            outdated=self.list_anew,
        )
        self.changes.start()

    def list_anew(self, path: ListPath, schema: str) -> None:
        self.outdated.append(path)
        self.recorder.read_by(path, schema)

    def publish(self, group: str, kind: str, number: int) -> None:
        self.cluster.schemas[group, kind] = {"properties": {f"field{number}": {"type": "string"}}}

    def poll(self) -> None:
        """The next look, and all that it has at once."""
        self.clock.advance(POLL_SECONDS)
        self.clock.advance(SPREAD_SECONDS)

    def test_nothing_changes(self) -> None:
        """What is published at the start is what counts."""
        self.poll()
        self.poll()
        self.assertEqual(self.outdated, [])

    def test_a_change_while_nobody_looks(self) -> None:
        """What was read by another schema is listed by the next that leads, at once; and what was not, is not."""
        self.changes.stop()
        self.publish(PROMOTER_GROUP, "PullRequest", 2)
        self.begin()
        self.clock.advance(SPREAD_SECONDS)
        self.assertEqual(self.outdated, REQUESTS)
        self.clock.advance(SETTLED_SECONDS)
        self.changes.stop()
        self.begin()
        self.poll()
        self.assertEqual(self.outdated, REQUESTS * 2)

    def test_who_looks_ends_within_the_minute(self) -> None:
        """Whether before the first list, before the second one, or after a change back: the next makes both."""
        for seconds, number in ((0, 2), (SPREAD_SECONDS, 2), (SPREAD_SECONDS, 1)):
            self.setUp()
            self.publish(PROMOTER_GROUP, "PullRequest", 2)
            self.clock.advance(POLL_SECONDS)
            self.clock.advance(seconds)
            self.changes.stop()
            self.publish(PROMOTER_GROUP, "PullRequest", number)
            self.outdated.clear()
            self.begin()
            self.clock.advance(SPREAD_SECONDS)
            self.assertEqual(self.outdated, REQUESTS)
            self.clock.advance(SETTLED_SECONDS)
            self.assertEqual(self.outdated, REQUESTS * 2)

    def test_paths_of_the_changed_kind(self) -> None:
        """All of that kind's, in each namespace, and no other's; soon, and once more when every server knows it."""
        self.publish(PROMOTER_GROUP, "PullRequest", 2)
        self.clock.advance(POLL_SECONDS)
        self.assertEqual(self.outdated, [])
        self.clock.advance(SPREAD_SECONDS)
        self.assertEqual(self.outdated, REQUESTS)
        self.clock.advance(SETTLED_SECONDS)
        self.assertEqual(self.outdated, REQUESTS * 2)
        self.poll()
        self.poll()
        self.assertEqual(self.outdated, REQUESTS * 2)

    def test_not_all_at_once(self) -> None:
        """Each path has a moment of its own within the first seconds."""
        self.numbers = iter((0.1, 0.5, 0.9, 0.5))
        self.publish(PROMOTER_GROUP, "PullRequest", 2)
        self.clock.advance(POLL_SECONDS)
        self.clock.advance(SPREAD_SECONDS / 2)
        self.assertEqual(self.outdated, REQUESTS[:1])
        self.clock.advance(SPREAD_SECONDS / 2)
        self.assertEqual(self.outdated, REQUESTS)

    def test_one_line_says_why(self) -> None:
        """It names the kinds, however many paths they have."""
        told: list[str] = []
        observer = lambda event: told.append(event.get("kinds", ""))  # noqa: E731
        globalLogPublisher.addObserver(observer)
        self.addCleanup(globalLogPublisher.removeObserver, observer)
        self.publish(PROMOTER_GROUP, "PullRequest", 2)
        self.publish(PROMOTER_GROUP, "PromotionStrategy", 2)
        self.poll()
        self.assertEqual([kinds for kinds in told if kinds], ["PromotionStrategy, PullRequest"])

    def test_another_version_of_the_server(self) -> None:
        """Other documents, in which the kinds are as they were: nothing reads differently."""
        self.cluster.release = 2
        self.publish(PROMOTER_GROUP, "Unknown", 2)
        self.poll()
        self.assertEqual(self.outdated, [])

    def test_a_kind_that_comes_later(self) -> None:
        """That it is installed is no change; nor that it was missing, unless it comes back as another one."""
        self.cluster.schemas.pop((PROMOTER_GROUP, "PullRequest"))
        self.poll()
        self.publish(PROMOTER_GROUP, "PullRequest", 1)
        self.poll()
        self.assertEqual(self.outdated, [])
        self.cluster.schemas.pop((PROMOTER_GROUP, "PullRequest"))
        self.poll()
        self.publish(PROMOTER_GROUP, "PullRequest", 2)
        self.poll()
        self.assertEqual(self.outdated, REQUESTS)

    def test_a_path_that_comes_later(self) -> None:
        """A kind that is reflected only now was known by its schema before: its first change is noticed."""
        late = ListPath("Unknown", PROMOTER_GROUP, VERSION, "unknowns")
        self.paths = [*self.paths, late]
        self.publish(PROMOTER_GROUP, "Unknown", 2)
        self.poll()
        self.assertEqual(self.outdated, [late])

    def test_a_change_after_a_change(self) -> None:
        """The second one's lists take the place of those that are still due for the first: never more than two."""
        self.publish(PROMOTER_GROUP, "PromotionStrategy", 2)
        self.clock.advance(POLL_SECONDS)
        self.clock.advance(SPREAD_SECONDS)
        self.publish(PROMOTER_GROUP, "PromotionStrategy", 3)
        self.clock.advance(SETTLED_SECONDS - SPREAD_SECONDS)
        self.assertEqual(len(self.outdated), 1)
        self.poll()
        self.clock.advance(SETTLED_SECONDS)
        self.assertEqual(self.outdated, [STRATEGIES] * 3)

    def test_a_cluster_that_cannot_be_asked(self) -> None:
        """What was known stays, so that a change behind an outage is noticed after it."""
        self.cluster.failure = Unreachable(Outcome.UNREACHABLE, "nobody there")
        self.poll()
        self.cluster.failure = None
        self.publish(KARGO_GROUP, "Stage", 2)
        self.clock.pump([1.0] * 130)
        self.assertIn(STAGES, self.outdated)

    def test_no_openapi(self) -> None:
        """A cluster that has none, or does not let itself be asked, outdates nothing."""
        for failure in (ApiError(404, "NotFound", "no such path"), ApiError(403, "Forbidden", "not for you")):
            self.cluster.failure = failure
            self.poll()
            self.poll()
        self.assertEqual(self.outdated, [])

    def test_stop(self) -> None:
        """Nothing is asked, and nothing is due; idempotent."""
        self.publish(PROMOTER_GROUP, "PullRequest", 2)
        self.clock.advance(POLL_SECONDS)
        self.changes.stop()
        self.changes.stop()
        self.assertEqual(self.clock.getDelayedCalls(), [])
        self.assertEqual(self.outdated, [])

"""Reflectors, client and simulated API server together, in memory and on a clock: what is recorded is what is there."""

from __future__ import annotations

import random
from typing import Any

import orjson
from treq.testing import RequestTraversalAgent
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from promoter_view.kubernetes.client.client import KubernetesClient
from promoter_view.kubernetes.connection.cluster import ClusterConfig
from promoter_view.kubernetes.kinds import PROMOTER_KINDS
from promoter_view.kubernetes.paths import list_paths
from promoter_view.kubernetes.reflecting.reflectors import Reflectors, mirror_of, rules_of
from promoter_view.metrics import Metrics
from promoter_view.records import ABSENT
from promoter_view.simulator.kubernetes.apiserver import ApiServer
from promoter_view.simulator.kubernetes.cluster import ObjectStore
from promoter_view.simulator.kubernetes.faults import Cut, ErrorEvent, Garbage, Refuse, Shuffle, Silence, StreamEnd
from tests.kubernetes.fakes import PATH, PULL_REQUEST, JournalRecorder
from tests.support.runtimes import a_runtime

KINDS = (PULL_REQUEST, next(kind for kind in PROMOTER_KINDS if kind.kind == "CommitStatus"))


class SimulatorTests(SynchronousTestCase):
    """Two kinds of a simulated cluster, mirrored."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.clock.advance(1_700_000_000)
        self.random = random.Random(7)
        self.cluster = ObjectStore(clock=self.clock, random=self.random)
        self.cluster.add_namespaces("team")
        for kind in KINDS:
            self.cluster.install(kind)
        self.api = ApiServer(self.cluster, clock=self.clock, random=self.random, bookmark_interval=60)
        self.recorder = JournalRecorder()
        self.metrics = Metrics()
        self.names = iter(f"pr-{number}" for number in range(10_000))

    def begin(self, **options: Any) -> None:
        self.agent = RequestTraversalAgent(self.api)
        client = KubernetesClient(self.clock, ClusterConfig("http://cluster.example"), agent=self.agent)
        self.reflectors = Reflectors(
            list_paths(KINDS, [], None),
            rules_of(KINDS),
            clusters={"": client},
            recorder=self.recorder,
            runtime=a_runtime(self.clock, metrics=self.metrics, random=self.random),
            **options,
        )
        self.reflectors.start()
        self.addCleanup(self.reflectors.stop)
        self.pass_time(1)

    def pass_time(self, seconds: float) -> None:
        """Lets bytes flow and timers fire."""
        for _ in range(int(seconds * 10)):
            for _ in range(4):
                self.agent.flush()
            self.clock.advance(0.1)
        self.agent.flush()

    def create(self, count: int = 1) -> None:
        for _ in range(count):
            metadata = {"name": next(self.names), "namespace": "team"}
            document = {"apiVersion": PULL_REQUEST.api_version, "kind": "PullRequest", "metadata": metadata, "spec": {}}
            self.cluster.create(PULL_REQUEST, "team", document)

    def delete(self, name: str) -> None:
        self.cluster.delete(PULL_REQUEST, "team", name)

    def recorded(self) -> dict[str, Any]:
        state = self.recorder.state.items()
        return {key.name: orjson.loads(found.body) for key, found in state if key.kind == "PullRequest"}

    def there(self) -> dict[str, Any]:
        found = {document["metadata"]["name"]: document for document in self.cluster.objects(PULL_REQUEST)}
        for document in found.values():
            document["metadata"].pop("managedFields", None)
        return orjson.loads(orjson.dumps(found))

    def relists(self, reason: str) -> float:
        return self.metrics.reflector_relists.labels("PullRequest", reason)._value.get()

    def outcomes(self, outcome: str) -> float:
        return self.metrics.reflector_outcomes.labels("PullRequest", outcome)._value.get()

    def check(self) -> None:
        self.assertEqual(self.recorded(), self.there())

    def test_follows(self) -> None:
        """What was there, and each change after it, is recorded."""
        self.create(30)
        self.begin()
        self.check()
        self.create(5)
        self.delete("pr-3")
        self.pass_time(1)
        self.check()
        self.assertEqual(self.relists("initial"), 1)

    def test_pages(self) -> None:
        """Without WatchList the same comes in pages."""
        self.create(1100)
        self.begin(watch_list=False)
        self.pass_time(2)
        self.check()
        self.delete("pr-7")
        self.pass_time(1)
        self.check()

    def test_items_out_of_order(self) -> None:
        """A first list whose items come out of resourceVersion order is killed half-way and made again in full."""
        self.create(20)
        self.api.faults.on_request(Shuffle(), verb="watchlist", times=None)
        self.api.faults.on_event(Cut(), path=PATH.url, skip=7, times=None)
        self.api.faults.on_request(Refuse(500), path=PATH.url, verb="list", times=None)
        self.begin()
        self.successResultOf(self.reflectors.stop())
        self.assertGreater(self.outcomes("reset"), 0)
        self.assertEqual((self.recorded(), self.recorder.position(PATH)), ({}, None))
        self.api.faults.clear()
        self.begin()
        self.check()

    def test_restart(self) -> None:
        """A restart goes on from the recorded positions, without any list of a path."""
        self.create(5)
        self.begin()
        self.successResultOf(self.reflectors.stop())
        self.create(5)
        self.delete("pr-1")
        self.metrics = Metrics()
        self.begin()
        self.check()
        self.assertEqual(self.relists("initial"), 0)

    def strike(self, fault: Any, seconds: float = 60) -> None:
        """A fault strikes an open watch; whatever happens meanwhile is caught up with."""
        self.create(5)
        self.begin()
        self.api.faults.on_event(fault, path=PATH.url)
        self.create(3)
        self.delete("pr-2")
        self.pass_time(seconds)
        self.create(2)
        self.pass_time(5)
        self.check()

    def test_faults_of_a_stream(self) -> None:
        """Each way in which a watch can break leads back to the right state, under its name."""
        faults: list[tuple[Any, str]] = [
            (Cut(), "reset"),
            (Cut(mid_line=False), "reset"),
            (StreamEnd(), "clean_end"),
            (Garbage(b"nonsense\n"), "not_json"),
            (ErrorEvent(410, "Expired"), "expired"),
            (ErrorEvent(500, "InternalError"), "error_event"),
            (ErrorEvent(429, "TooManyRequests", retry_after_seconds=5), "error_event"),
        ]
        for fault, outcome in faults:
            self.setUp()
            self.strike(fault)
            self.assertEqual(self.outcomes(outcome), 1, fault)

    def test_silence(self) -> None:
        """A watch in which not even bookmarks come is given up and taken up again from its position."""
        self.strike(Silence(), seconds=200)
        self.assertEqual(self.outcomes("silent"), 1)

    def test_restored_backup(self) -> None:
        """A cluster that was set back is listed again, as one that is behind our position."""
        self.create(3)
        self.begin()
        backup = self.cluster.backup()
        self.create(5)
        self.pass_time(1)
        self.cluster.restore(backup)
        self.api.drop_watches()
        self.pass_time(20)
        self.check()
        self.assertEqual(self.relists("restored"), 1)

    def test_compacted_while_away(self) -> None:
        """A position that the cluster no longer holds means one list, whose differences alone are recorded."""
        self.create(3)
        self.begin()
        self.successResultOf(self.reflectors.stop())
        self.delete("pr-1")
        self.create(1)
        self.cluster.compact()
        self.recorder.journal.clear()
        self.begin()
        self.check()
        self.assertEqual(self.relists("expired"), 1)
        changes = [entry[:2] for entry in self.recorder.journal if entry[0] in ("ADDED", "MODIFIED", "DELETED")]
        self.assertEqual(changes, [("ADDED", "pr-3"), ("DELETED", "pr-1")])

    def test_crd_comes_and_goes(self) -> None:
        """A kind that is not installed is empty and waited for; one that is taken away is emptied."""
        self.cluster.uninstall(PULL_REQUEST)
        self.begin()
        self.pass_time(2)
        self.assertEqual(self.recorder.positions[PATH.id], ABSENT)
        self.cluster.install(PULL_REQUEST)
        self.create(2)
        self.pass_time(15)
        self.check()
        self.cluster.uninstall(PULL_REQUEST)
        self.pass_time(15)
        self.assertEqual(self.recorded(), {})
        self.assertEqual(self.recorder.positions[PATH.id], ABSENT)

    def test_forbidden_keeps_the_last_state(self) -> None:
        """A right that is taken away leaves what was recorded; the other kind goes on."""
        self.create(3)
        self.begin()
        self.api.faults.on_request(Refuse(403, "Forbidden"), path=PATH.url, times=5)
        self.api.drop_watches()
        self.pass_time(2)
        self.assertEqual(len(self.recorded()), 3)
        states = {status.path.kind: status for status in self.reflectors.statuses()}
        self.assertIn("forbidden: 403", states["PullRequest"].last_error)
        self.assertEqual(states["CommitStatus"].state, "watching")
        self.pass_time(30)
        self.create(1)
        self.pass_time(1)
        self.check()

    def test_lag(self) -> None:
        """The lag of a kind is the time since it was last heard of: bookmarks keep it below their interval."""

        def lag() -> float:
            text = self.metrics.render().decode()
            [line] = [line for line in text.splitlines() if line.startswith(name)]
            return float(line.split()[-1])

        name = 'promoter_view_reflector_lag_seconds{kind="PullRequest"}'
        self.begin()
        self.pass_time(30)
        self.assertTrue(29 < lag() < 32)
        self.pass_time(45)
        self.assertTrue(lag() < 31)
        self.cluster.uninstall(PULL_REQUEST)
        self.pass_time(600)
        self.assertEqual(lag(), 0, "what is not installed cannot lag")

    def test_mirror(self) -> None:
        """What a log mirrors names each path and the rules by which its objects are cleaned."""
        paths = list_paths(PROMOTER_KINDS, ["team"], None)
        shown = mirror_of("c", paths, rules_of(PROMOTER_KINDS, show_web_request_bodies=True))
        hidden = mirror_of("c", paths, rules_of(PROMOTER_KINDS))
        changed = [path.kind for path in paths if shown.paths[path.id] != hidden.paths[path.id]]
        self.assertEqual(changed, ["WebRequestCommitStatus"])

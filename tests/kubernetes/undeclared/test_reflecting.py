"""Undeclared kinds are taken up one by one, as records of the log, and let go where they are gone or too much."""

from __future__ import annotations

from typing import Any
from unittest import mock

from twisted.internet.defer import Deferred, succeed
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from promoter_view.kubernetes.outcomes import Outcome, Unreachable
from promoter_view.kubernetes.paths import list_paths
from promoter_view.kubernetes.reflecting.needs import Need
from promoter_view.kubernetes.undeclared.bounds import Bounds
from promoter_view.kubernetes.undeclared.classification import MAX_KINDS, Taken
from promoter_view.kubernetes.undeclared.reflecting import UndeclaredReflectors, UndeclaredScope
from promoter_view.log.recorder import LogRecorder
from promoter_view.metrics import Metrics
from promoter_view.records import Change, KindsChanged, Mirror, Snapshot, UndeclaredKind
from promoter_view.views.joining.sources import Sources
from tests.kubernetes.undeclared.clusters import Cluster
from tests.kubernetes.undeclared.kinds import GATE, OWNED, PLURALS, RELATED
from tests.support.runtimes import a_runtime

MINUTE = 66.0
BOUNDS = Bounds(objects=5, kept_bytes=10_000, listed_bytes=100_000, changes_a_second=1.0, changes_at_once=3.0)
FREE = Taken(frozenset(), frozenset())


class DurableLog:
    """Takes everything at once."""

    def __init__(self) -> None:
        self.entries: list[Any] = []

    def append(self, entries: Any) -> Deferred[None]:
        self.entries += entries
        return succeed(None)


class UndeclaredReflectorsTests(SynchronousTestCase):
    """One cluster, one log, one term of writing after the other."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.cluster = Cluster(GATE)
        self.log = DurableLog()
        self.metrics = Metrics()
        self.term: UndeclaredReflectors | None = None
        self.recorder = self.past()
        self.addCleanup(self.end)

    def past(self, *kinds: UndeclaredKind) -> LogRecorder:
        """A recorder of a log that has taken these up."""
        past = Snapshot(0, Mirror("", {}), 0, False, {}, {}, {}, kinds=kinds)
        return LogRecorder(self.log, past=past, metrics=self.metrics)  # type: ignore[arg-type]

    def begin(self, *, taken: Taken = FREE, bounds: Bounds = BOUNDS) -> UndeclaredReflectors:
        """A term that goes on with what the recorder has."""
        scope = UndeclaredScope(taken, lambda kind: list_paths((kind,), (), None), (Need("Root", frozenset({"Root"})),))
        self.term = UndeclaredReflectors(
            scope,
            cluster=self.cluster,
            recorder=self.recorder,
            runtime=a_runtime(self.clock, metrics=self.metrics),
            bounds=bounds,
        )
        self.kept = self.term.kept()
        self.term.start()
        self.settle()
        return self.term

    def end(self) -> None:
        if self.term is not None:
            self.successResultOf(self.term.stop())
            self.term = None

    def settle(self, seconds: float = 0.0) -> None:
        self.clock.advance(seconds)
        for _ in range(20):
            self.clock.advance(0.01)

    def told(self) -> list[Any]:
        """What was appended: names of kinds, and types and names of objects."""
        return [
            [kind.kind for kind in entry.kinds] if isinstance(entry, KindsChanged) else f"{entry.type} {entry.key.name}"
            for entry in self.log.entries
            if isinstance(entry, KindsChanged | Change)
        ]

    def sample(self, outcome: str) -> float | None:
        return self.metrics.registry.get_sample_value("promoter_view_undeclared_kinds", {"outcome": outcome})

    def lag(self) -> float | None:
        return self.metrics.registry.get_sample_value("promoter_view_reflector_lag_seconds", {"kind": GATE})

    def test_a_kind_is_taken_up_before_its_objects(self) -> None:
        """Its record comes first, then each object; from then on it is watched."""
        self.cluster.holds(GATE, "a", "b", spec={"webhookToken": "s3cr3t"})
        term = self.begin()
        self.assertEqual(self.told(), [[GATE], "ADDED a", "ADDED b"])
        self.assertFalse(any(b"s3cr3t" in entry.body for entry in self.log.entries if isinstance(entry, Change)))
        self.cluster.change(GATE, "a", 11, spec={"key": "new"})
        self.settle()
        self.assertEqual(self.told()[3:], ["MODIFIED a"])
        self.assertEqual(term.line(), f"taken up: {GATE}")
        self.assertEqual(self.sample("taken_up"), 1)
        self.assertEqual([status.state for status in term.statuses()], ["watching"])

    def test_a_kind_that_comes_later(self) -> None:
        """A minute later at most; those that are there are not disturbed."""
        self.begin()
        self.cluster.kinds.append(RELATED)
        self.cluster.holds(RELATED, "back")
        self.settle(MINUTE)
        self.assertEqual(self.told(), [[GATE], [GATE, RELATED], "ADDED back"])

    def test_a_restart_goes_on(self) -> None:
        """What the log has taken up stays without a record; its paths are named, and listed again."""
        self.begin()
        self.end()
        self.log.entries.clear()
        self.recorder = self.past(*self.recorder.kinds)
        self.begin()
        self.assertEqual(self.told(), [])
        self.assertEqual([path.kind for path in self.kept], [GATE])

    def test_what_is_declared_meanwhile(self) -> None:
        """It is let go before anything else is recorded: what was made by other rules is shown no more."""
        self.begin()
        self.end()
        self.log.entries.clear()
        self.begin(taken=Taken(frozenset({GATE}), frozenset()))
        self.assertEqual(self.told(), [[]])
        self.assertEqual(self.kept, [])

    def test_rules_that_are_others(self) -> None:
        """A kind that was cleaned by other rules is let go, and taken up anew."""
        self.begin()
        self.end()
        old = [kind._replace(rules="older") for kind in self.recorder.kinds]
        self.recorder = self.past(*old)
        self.log.entries.clear()
        self.begin()
        self.assertEqual(self.told(), [[], [GATE]])

    def test_a_kind_that_is_gone(self) -> None:
        """Its objects leave when its path is found absent; it is let go when discovery has missed it twice."""
        self.cluster.holds(GATE, "a")
        self.begin()
        self.cluster.kinds.clear()
        self.cluster.streams.popitem()[1].give()
        self.settle(5)
        self.settle(10)
        self.assertEqual(self.told()[2:], ["DELETED a"])
        self.settle(MINUTE)
        self.assertEqual(self.told()[3:], [])
        self.settle(MINUTE)
        self.assertEqual(self.told()[3:], [[]])
        self.assertEqual(self.term.statuses(), ())
        self.cluster.kinds.append(GATE)
        self.settle(MINUTE)
        self.assertEqual(self.told()[4:], [[GATE], "ADDED a"])

    def test_a_kind_that_comes_back_before_its_leaving_is_shown(self) -> None:
        """Views follow the log, and so late: what they forget of the kind that went is not the new one's lag."""
        view = Sources((), metrics=self.metrics, warn=self.fail)
        self.cluster.holds(GATE, "a")
        self.begin()
        self.cluster.kinds.clear()
        self.settle(MINUTE)
        self.settle(MINUTE)
        self.assertIsNone(self.lag())
        self.cluster.kinds.append(GATE)
        self.settle(MINUTE)
        for entry in self.log.entries:
            if isinstance(entry, KindsChanged):
                view.take_up(entry.kinds)
        self.assertIsNotNone(self.lag())
        self.end()
        self.assertIsNone(self.lag())

    def test_what_is_missing_once_is_kept(self) -> None:
        """A server that has just started publishes custom resources late."""
        self.begin()
        self.cluster.without_schema.add(GATE)
        self.settle(MINUTE)
        self.cluster.without_schema.clear()
        self.settle(MINUTE)
        self.assertEqual(self.told(), [[GATE]])

    def test_one_that_may_not_be_read_holds_no_other_up(self) -> None:
        """It is named with the reason, counts by it, and is shown once it may be read."""
        self.cluster.kinds.append(OWNED)
        self.cluster.forbidden.add(OWNED)
        self.cluster.holds(OWNED, "x")
        term = self.begin()
        self.settle(2)
        self.assertEqual(term.line(), f"taken up: {GATE}; left out: {OWNED} (not permitted)")
        self.assertEqual((self.sample("taken_up"), self.sample("not_permitted")), (1, 1))
        self.cluster.forbidden.clear()
        self.settle(20)
        self.assertEqual(self.told()[-1:], ["ADDED x"])
        self.assertEqual(self.sample("not_permitted"), 0)

    def test_too_many_objects(self) -> None:
        """It is let go with all that was recorded of it, and stays so: the log holds nothing of it."""
        self.cluster.holds(GATE, *"abcdefgh")
        term = self.begin()
        self.settle(1)
        self.assertEqual(self.told()[-1], [])
        self.assertEqual(self.recorder.kinds, ())
        self.assertEqual(sum(line.startswith("ADDED") for line in map(str, self.told())), BOUNDS.objects)
        self.assertEqual(sum(line.startswith("DELETED") for line in map(str, self.told())), BOUNDS.objects)
        self.assertEqual(term.line(), f"taken up: none; left out: {GATE} (too many objects)")
        self.settle(3 * MINUTE)
        self.assertEqual(self.told()[-1], [])
        self.assertEqual(self.sample("too_many_objects"), 1)

    def test_too_many_changes(self) -> None:
        """A kind that ticks is let go as well."""
        self.cluster.holds(GATE, "a")
        term = self.begin()
        for number in range(5):
            self.cluster.change(GATE, "a", 11 + number, spec={"n": number})
            self.settle()
            if self.recorder.kinds == ():
                break
        self.settle(1)
        self.assertEqual(term.line(), f"taken up: none; left out: {GATE} (too many changes)")
        self.assertEqual(self.told()[-2:], ["DELETED a", []])

    def test_one_that_becomes_too_much_while_another_goes(self) -> None:
        """It stays out, though it was found well before the other one was let go."""
        self.cluster.kinds.append(RELATED)
        self.cluster.holds(GATE, *"abc")
        self.cluster.holds(RELATED, "x")
        term = self.begin()
        self.cluster.kinds.remove(GATE)
        self.settle(MINUTE)
        changes = [11, 12, 13, 14]

        def slice_is_over() -> bool:
            """The first slice is, and by then the other one has changed too often."""
            interrupted = bool(changes)
            while changes:
                version = changes.pop(0)
                self.cluster.change(RELATED, "x", version, spec={"n": version})
            return interrupted

        begin_slice = "promoter_view.kubernetes.undeclared.reflecting.begin_slice"
        with mock.patch(begin_slice, return_value=slice_is_over):
            self.settle(MINUTE)
        self.assertEqual(changes, [])
        self.assertEqual(self.recorder.kinds, ())
        self.assertEqual(self.told()[-4:], ["DELETED c", [RELATED], "DELETED x", []])
        self.assertEqual(term.line(), f"taken up: none; left out: {RELATED} (too many changes)")

    def test_a_list_that_is_too_long_is_read_no_further(self) -> None:
        """Its pages are counted as they come: nothing of it is recorded, and no more than the bound is held."""
        self.cluster.holds(GATE, *(f"n{number}" for number in range(5000)))
        term = self.begin()
        self.settle(1)
        self.assertEqual(self.told(), [[GATE], []])
        self.assertEqual(term.line(), f"taken up: none; left out: {GATE} (too many bytes)")

    def test_a_line_names_only_so_many(self) -> None:
        """However many kinds somebody makes."""
        more = {f"Kind{number:02}": f"kind{number:02}s" for number in range(40)}
        self.cluster.kinds += more
        with mock.patch.dict(PLURALS, more):
            term = self.begin()
            line = term.line()
        self.assertIn(" and 5 others", line)
        self.assertLess(len(line), 1500)
        self.assertEqual((self.sample("taken_up"), self.sample("too_many_kinds")), (MAX_KINDS, 25))

    def test_a_cluster_that_cannot_be_asked(self) -> None:
        """What is taken up stays; the line says why nothing more is known."""
        term = self.begin()
        self.cluster.failure = Unreachable(Outcome.UNREACHABLE, "nobody there")
        self.settle(MINUTE)
        self.assertEqual(term.line(), f"taken up: {GATE}; nobody there")
        self.assertEqual(self.told(), [[GATE]])

    def test_the_end_of_a_term(self) -> None:
        """Nothing is asked or recorded any more, whatever was under way; the metric is another replica's."""
        self.cluster.holds(GATE, *"abcdefgh")
        self.begin()
        self.end()
        asked = len(self.cluster.asked)
        self.settle(3 * MINUTE)
        self.assertEqual(len(self.cluster.asked), asked)
        self.assertEqual(self.clock.getDelayedCalls(), [])
        self.assertIsNone(self.sample("taken_up"))

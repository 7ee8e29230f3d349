"""A whole API on a real projector, a Clock and in-memory transports: what the tests of this folder talk to."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from twisted.internet.defer import Deferred, succeed
from twisted.internet.error import ConnectionDone
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure

from promoter_view.access.admission import Access, OpenAccess
from promoter_view.api.commits.resource import CommitResource
from promoter_view.api.events.resource import EventResource
from promoter_view.api.openapi.documents import OpenApi
from promoter_view.api.resource import ViewResource
from promoter_view.api.routes import Routes
from promoter_view.api.site import ApiEntrance, Resources
from promoter_view.api.warnings import Warn
from promoter_view.api.watching import ApiSettings
from promoter_view.boundaries import ViewReader
from promoter_view.journal.keeping import Journal
from promoter_view.journal.serving.views import EventViews
from promoter_view.journal.store import Retention
from promoter_view.kubernetes.kinds import REFLECTED_KINDS
from promoter_view.kubernetes.reflecting.reflectors import rules_of
from promoter_view.measures.measuring import Measuring
from promoter_view.measures.reading import measured
from promoter_view.measures.resource import MeasuresResource
from promoter_view.metrics import Metrics
from promoter_view.reading.commits.finder import CommitFinder
from promoter_view.reading.commits.following import CommitFollower
from promoter_view.reading.past.moments import Moments
from promoter_view.reading.past.pasts import Pasts
from promoter_view.reading.pump import Pump
from promoter_view.reading.sights import Sights
from promoter_view.records import Change, ChangeType, Entry, Mark, Mirror, ObjectKey, Position, Record
from promoter_view.slices import at_once, cooperator
from promoter_view.views.contents import Readings
from promoter_view.views.definition import ViewDefinition
from promoter_view.views.isolation import Isolation
from promoter_view.views.projector import Projector
from promoter_view.views.promotion_strategy.details import PROMOTION_STRATEGY_DETAILS
from promoter_view.web.health import HealthChecks
from promoter_view.web.limits import Limits
from promoter_view.web.server import HttpSite
from tests.support.clocks import Wall
from tests.support.journal.journals import DirectJournal
from tests.support.reading.kept_log import KeptLog
from tests.support.runtimes import a_runtime

VIEW = PROMOTION_STRATEGY_DETAILS.plural
BASE = f"/apis/view.promoter.argoproj.io/v1alpha1/{VIEW}"
TABLE = {"Accept": "application/json;as=Table;v=v1;g=meta.k8s.io"}
METADATA = {"Accept": "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io"}
METADATA_LIST = {"Accept": "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io"}
_PATH = "promotionstrategies"
_START = 1_000_000
_RULES = rules_of(REFLECTED_KINDS)
#: What its log mirrors.
MIRROR = Mirror("cluster", {_PATH: _RULES["PromotionStrategy"].digest})


def in_namespace(namespace: str) -> str:
    """The collection's path in a namespace."""
    return f"/apis/view.promoter.argoproj.io/v1alpha1/namespaces/{namespace}/{VIEW}"


def strategy(namespace: str, name: str, *, labels: Mapping[str, str] | None = None, note: Any = "") -> bytes:
    """A PromotionStrategy; ``note`` is what tells its states apart."""
    metadata = {
        "name": name,
        "namespace": namespace,
        "uid": f"uid-{namespace}-{name}",
        "creationTimestamp": "2026-11-01T00:00:00Z",
    }
    if labels is not None:
        metadata["labels"] = dict(labels)
    document = {
        "kind": "PromotionStrategy",
        "apiVersion": "promoter.argoproj.io/v1alpha1",
        "metadata": metadata,
        "spec": {"gitRepositoryRef": {"name": "app"}, "note": note},
    }
    return json.dumps(document, separators=(",", ":")).encode()


class Barrier:
    """An event log's barrier that the test holds up; ``waiting`` are those who asked, who may leave."""

    def __init__(self) -> None:
        self.waiting: list[Deferred[None]] = []

    def __call__(self) -> Deferred[None]:
        asked: Deferred[None] = Deferred(self.waiting.remove)
        self.waiting.append(asked)
        return asked

    def pass_all(self) -> None:
        """All that was durable when they asked is there."""
        while self.waiting:
            self.waiting.pop(0).callback(None)

    def fail_all(self, error: Exception) -> None:
        """It cannot be found out."""
        while self.waiting:
            self.waiting.pop(0).errback(Failure(error))


class World:
    """The views, what changes them, and the API above them."""

    def __init__(
        self,
        *,
        ready: bool = True,
        history_bytes: int = 1 << 24,
        access: Access | None = None,
        limits: Limits | None = None,
        sights: Callable[[ViewReader, Clock], Sights] | None = None,
        commit_sights: Callable[[ViewReader, Clock], Sights] | None = None,
        barrier: Callable[[], Deferred[None]] = lambda: succeed(None),
        definitions: Sequence[ViewDefinition] = (PROMOTION_STRATEGY_DETAILS,),
        max_series: int = 1000,
        warn: Warn = lambda view: "",
        keeps_log: bool = False,
    ) -> None:
        self.clock = Clock()
        self.clock.rightNow = 1_795_000_000.0
        self.wall = Wall(self.clock)
        self.metrics = Metrics()
        self.views = Projector(
            definitions,
            generation=0,
            history_bytes=history_bytes,
            metrics=self.metrics,
            warn=lambda line: None,
        )
        self.pump = Pump(self.views, reactor=self.clock, barrier=barrier)
        self.health = HealthChecks()
        self.openapi = OpenApi(lambda: definitions, version="0.2.0")
        self.offset = _START
        self.runtime = a_runtime(self.clock, wall=self.wall, metrics=self.metrics)
        everything = Sights(self.views, lambda: self.views.definitions, None, clock=self.clock)
        chosen_sights = everything if sights is None else sights(self.views, self.clock)
        self.kept = KeptLog()
        self.pasts = Pasts(
            self.views,
            self.kept if keeps_log else None,
            lambda: Projector(
                definitions, generation=0, history_bytes=1 << 24, metrics=Metrics(), warn=lambda line: None
            ),
            _RULES,
            generation=0,
            runtime=self.runtime,
            barrier=self.pump.newest,
        )
        self.resource = ViewResource(
            self.views,
            definitions,
            runtime=self.runtime,
            pump=self.pump,
            settings=ApiSettings(),
            sights=chosen_sights,
            moments=Moments(self.pasts, chosen_sights, now=self.runtime.now),
            warn=warn,
        )
        plurals = [definition.plural for definition in definitions]
        self.commits = CommitFollower(self.views, plurals, cooperator=cooperator(self.clock), metrics=self.metrics)
        finder_sights = everything if commit_sights is None else commit_sights(self.views, self.clock)
        finder = CommitFinder(
            self.views,
            plurals,
            self.commits,
            sights=finder_sights,
            readings=Readings(),
            reactor=self.clock,
        )
        commits = CommitResource(
            self.views, finder, pump=self.pump, moments=Moments(self.pasts, finder_sights, now=self.runtime.now)
        )
        self.journal = Journal(self.views, DirectJournal(), Retention(30 * 86400, 1 << 30), runtime=self.runtime)
        self.entries = EventViews(self.journal, self.clock)
        events = EventResource(
            self.entries, plurals, runtime=self.runtime, settings=ApiSettings(), sights=chosen_sights
        )
        routes = Routes(definitions, openapi=self.openapi, health=self.health, metrics=self.metrics, version="0.2.0")
        self.warnings: list[str] = []
        isolation = Isolation(self.metrics)
        measuring = Measuring(
            self.views,
            measured(definitions, self.views.memory),
            max_series=max_series,
            isolation=isolation,
            warn=self.warnings.append,
        )
        entrance = ApiEntrance(
            definitions,
            Resources(self.resource, commits, events),
            routes,
            MeasuresResource(self.views, measuring, pump=self.pump, wall=self.wall),
            runtime=self.runtime,
            access=access or OpenAccess(),
            limits=limits or Limits(),
        )
        self.site = HttpSite(entrance, reactor=self.clock, metrics=self.metrics)
        self.record(Mark(0, MIRROR, 0))
        if ready:
            self.become_ready()

    def become_ready(self) -> None:
        """The only list path has a position."""
        self.record(Position(_PATH, "1"))

    def record(self, entry: Entry) -> None:
        """One record, at the next offset."""
        self.offset += 1
        record = Record(self.offset, int(self.wall() * 1000), entry)
        self.kept.held.append(record)
        at_once(self.views.apply([record]))

    def put(self, namespace: str, name: str, *, labels: Mapping[str, str] | None = None, note: Any = "") -> None:
        """A strategy was added or modified."""
        body = strategy(namespace, name, labels=labels, note=note)
        self._change(ChangeType.MODIFIED, namespace, name, body)

    def delete(self, namespace: str, name: str) -> None:
        """A strategy is gone."""
        self._change(ChangeType.DELETED, namespace, name, b"")

    def _change(self, kind: ChangeType, namespace: str, name: str, body: bytes) -> None:
        key = ObjectKey("PromotionStrategy", namespace, name)
        self.record(Change(kind, key, body, str(self.offset), _PATH, str(self.offset)))

    def turn(self, seconds: float = 0) -> None:
        """Let what is due happen."""
        self.clock.advance(seconds)
        for _ in range(1000):
            if not any(call.getTime() <= self.clock.seconds() for call in self.clock.getDelayedCalls()):
                return
            self.clock.advance(0)
        raise AssertionError("the reactor never comes to rest")

    def open(self, path: str, headers: Mapping[str, str] | None = None, *, method: str = "GET") -> Client:
        """Send a request on a connection of its own."""
        client = Client(self)
        client.send(path, headers, method=method)
        return client

    def ask(self, path: str, headers: Mapping[str, str] | None = None, *, method: str = "GET") -> Answer:
        """Send a request and have the whole answer."""
        client = self.open(path, headers, method=method)
        for _ in range(1000):
            if client.complete:
                break
            self.turn()
        return client.answer()


def fleet(count: int = 5, **kept: Any) -> World:
    """A world of small strategies s0, s1, ... in namespace n, labelled with their number."""
    world = World(**kept)
    for number in range(count):
        world.put("n", f"s{number}", labels={"number": str(number)})
    return world


def large(count: int = 40) -> World:
    """A world whose list takes several slices."""
    world = World()
    for number in range(count):
        world.put("n", f"s{number:02}", note="x" * 10_000)
    return world


def sample(world: World, name: str) -> str:
    """A metric's first line with labels."""
    return next(line for line in world.metrics.render().decode().splitlines() if line.startswith(name + "{"))


class Client:
    """A connection; whatever the server writes is in ``transport``."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.transport = StringTransport()
        self.protocol = world.site.buildProtocol(None)
        self.protocol.makeConnection(self.transport)
        self._read = 0

    def send(self, path: str, headers: Mapping[str, str] | None = None, *, method: str = "GET") -> None:
        """A request."""
        lines = [f"{method} {path} HTTP/1.1", "Host: x", *(f"{k}: {v}" for k, v in (headers or {}).items())]
        self.protocol.dataReceived("\r\n".join([*lines, "", ""]).encode())

    def leave(self) -> None:
        """The connection is lost."""
        self.protocol.connectionLost(Failure(ConnectionDone()))

    def pause(self) -> None:
        """The transport is full."""
        self.transport.producer.pauseProducing()

    def resume(self) -> None:
        """The transport has drained."""
        self.transport.producer.resumeProducing()

    @property
    def complete(self) -> bool:
        """The answer has its end."""
        head, found, body = self.transport.value().partition(b"\r\n\r\n")
        if not found:
            return False
        length = _header(head, b"content-length")
        return len(body) >= int(length) if length else body.endswith(b"0\r\n\r\n")

    def answer(self) -> Answer:
        """What has come so far."""
        return Answer(self.transport.value())

    def events(self) -> list[dict[str, Any]]:
        """The watch events that have come since the last call."""
        self._world.turn()
        lines = self.answer().body.splitlines()
        fresh, self._read = lines[self._read :], len(lines)
        return [json.loads(line) for line in fresh]


class Answer:
    """A response taken apart."""

    def __init__(self, raw: bytes) -> None:
        self.head, _, body = raw.partition(b"\r\n\r\n")
        self.code = int(self.head.split()[1]) if self.head else 0
        self.chunked = self.header("transfer-encoding") == "chunked"
        self.body = _dechunk(body) if self.chunked else body

    def header(self, name: str) -> str:
        """A header's value, "" when it is not there."""
        return _header(self.head, name.encode()).decode()

    @property
    def document(self) -> dict[str, Any]:
        """The body as JSON."""
        return json.loads(self.body)

    @property
    def version(self) -> str:
        """A list's resourceVersion."""
        return self.document["metadata"]["resourceVersion"]

    @property
    def names(self) -> list[str]:
        """The names of a list's items."""
        return [item["metadata"]["name"] for item in self.document["items"]]


def brief(events: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """Events as (type, name); a bookmark has no name."""
    return [(event["type"], event["object"]["metadata"].get("name", "")) for event in events]


def version_of(event: dict[str, Any]) -> int:
    """The resourceVersion that an event leaves a client at."""
    return int(event["object"]["metadata"]["resourceVersion"])


def _header(head: bytes, name: bytes) -> bytes:
    for line in head.split(b"\r\n")[1:]:
        found, _, value = line.partition(b":")
        if found.lower() == name:
            return value.strip()
    return b""


def _dechunk(body: bytes) -> bytes:
    parts = []
    while body:
        size, _, rest = body.partition(b"\r\n")
        length = int(size, 16)
        parts.append(rest[:length])
        body = rest[length + 2 :]
    return b"".join(parts)

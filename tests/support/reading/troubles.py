"""A run of random changes and of whatever befalls a log, and what is then to be seen of each moment of it."""

from __future__ import annotations

import orjson

from promoter_view.log.offsets import milliseconds_of
from promoter_view.reading.past.asked import AskedMoment, moment_of
from promoter_view.records import CursorMoved, CursorPlace, Unreadable, UnreadObject
from promoter_view.views.history import Expired
from promoter_view.views.versions import LAST_PLACE, join, split
from promoter_view.web.errors import MomentGone
from tests.support.reading.recorded_run import PATHS, RecordedRun, a_projector, seen
from tests.support.views.oracle import key_of
from tests.support.views.world import family

#: No clock is believed that is so far ahead.
_UNBELIEVABLE = 30 * 365 * 86_400.0
#: What can happen: each is a method of TroubledRun, "killed" only where the log is a folder.
TROUBLES = (
    "changed",
    "dropped",
    "replaced",
    "unread",
    "noted",
    "restarted",
    "killed",
    "set_back",
    "set_ahead",
    "set_far_back",
    "disbelieved",
    "rolled",
    "rested",
    "asked",
    "copied",
    "defined_anew",
)


class TroubledRun(RecordedRun):
    """``asking`` is what reads moments while it goes on: it keeps some."""

    def __init__(self, bench, **chosen):
        #: What is known of each offset from here on has resourceVersions of today's generation.
        self.defined_at = 0
        super().__init__(bench, **chosen)
        self.list()

    def open(self, *mirror):
        """See RecordedRun."""
        super().open(*mirror)
        self.asking = self.pasts()

    def changed(self):
        """Some members change, now and then in the same moment."""
        for _ in range(self.random.randrange(1, 6)):
            self.bench.pass_(self.random.choice((0.0, 0.2, 3.0)))
            self.put(self._member() | {"serial": self.random.randrange(1 << 20)})

    def dropped(self):
        """A member is gone."""
        self.drop(self._member())

    def replaced(self):
        """A strategy is another one of that name."""
        root = family(self._name(), "ScmProvider")[0]
        self.put(root | {"metadata": root["metadata"] | {"uid": f"uid-{self.random.randrange(3)}"}})

    def unread(self):
        """A newer state of a member cannot be read."""
        key = key_of(self._member())
        self.append(Unreadable(key, UnreadObject("5", "no"), PATHS[key.kind], "5"))

    def noted(self):
        """A subscription has been told something."""
        self.bench.pass_(0.2)
        self.append(CursorMoved("s", CursorPlace(self.random.randrange(9), 0)))

    def restarted(self):
        """The process ends, and another begins."""
        self.restart()

    def killed(self):
        """The process is gone from one moment to the next."""
        self.bench.kill(self.log)
        self.open()

    def set_back(self):
        """The clock is set back."""
        self.bench.wall.step(-40)

    def set_far_back(self):
        """The clock is set back by more than all that happened."""
        self.bench.wall.step(-4000)

    def set_ahead(self):
        """The clock is set ahead."""
        self.bench.wall.step(self.random.choice((40, 4000)))

    def disbelieved(self):
        """The clock is decades ahead for a while."""
        self.bench.wall.step(_UNBELIEVABLE)
        self.changed()
        self.bench.wall.step(-_UNBELIEVABLE)

    def rolled(self):
        """So much changes at once that a segment is full, and the next begins with a snapshot."""
        self.put(self._member() | {"serial": "x" * 20_000})
        self.bench.pass_(1.0)

    def rested(self):
        """Nothing happens for a while."""
        self.bench.pass_(50.0)

    def copied(self):
        """The log goes on as a copy, of which nothing is known but its end."""
        self.bench.stop(self.log)
        copier = a_projector(generation=self.generation)
        self.bench.copy(copier)
        offset = copier.snapshot().offset
        self.told = [(offset, milliseconds_of(offset), seen(copier))]
        self.open()

    def defined_anew(self):
        """Another version of the program begins."""
        self.bench.stop(self.log)
        self.generation = (self.generation + 1) % 4
        self.bench.be_of(self.generation)
        self.defined_at = self.newest + 1
        self.open()

    def asked(self):
        """Somebody reads some moments; some are kept."""
        self.bench.pass_(0.2)
        self.check(self.asking, 4)

    def check(self, pasts, count):
        """So many moments by time, and as many by resourceVersion, are what was seen of them then."""
        now_ms = int(self.bench.wall() * 1000)
        for _ in range(count):
            self._check_version(pasts, *self.random.choice(self.told)[::2])
            time_ms = self._time()
            if time_ms < now_ms:  # else it is the newest one
                self._check_time(pasts, time_ms)

    def _check_version(self, pasts, offset, shown):
        try:
            past = self.now(pasts.at(moment_of(join(offset, self.generation, LAST_PLACE))))
        except (MomentGone, Expired):
            assert shown is None or offset < max(self.defined_at, self._begun())
        else:
            assert self._alike(seen(past.views), shown), f"offset {offset}"

    def _check_time(self, pasts, time_ms):
        offset, shown = self.expected(time_ms) or (0, None)
        try:
            past = self.now(pasts.at(AskedMoment("then", time_ms=time_ms)))
        except MomentGone:
            assert shown is None or time_ms < milliseconds_of(self._begun())
        else:
            assert self._alike(seen(past.views), shown), f"time {time_ms}, offset {offset}"
            assert past.span.since_ms <= time_ms

    def _alike(self, found, shown):
        """Whether both are the same to the byte.

        The place of what changed under an older generation is not known where a snapshot of that one is begun from.
        """
        return found == shown or self._placeless(found) == self._placeless(shown)

    def _placeless(self, found):
        return found and {view: [self._one(*bundle) for bundle in bundles] for view, bundles in found.items()}

    def _one(self, version, body):
        if split(version).offset >= self.defined_at:
            return version, body
        document = orjson.loads(body)
        del document["metadata"]["resourceVersion"]
        return split(version).offset, document

    def _begun(self):
        """The first offset of which a state can be had; 0: all of them."""
        return self.now(self.bench.past().points())[0]

    def _time(self):
        """A moment of what is known, often the latest one; also just before or behind a record."""
        times = [min(time_ms, milliseconds_of(offset)) for offset, time_ms, _ in self.told]
        return self.random.choice((self.random.choice(times), max(times))) + self.random.choice((-1, 0, 0, 1, 100))

    def _name(self):
        return self.random.choice(("shop", "till", "ledger"))

    def _member(self):
        return self.random.choice(family(self._name(), "ScmProvider"))

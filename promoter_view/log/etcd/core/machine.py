"""What a replica on etcd does next: loading, following, leading and dropping, as one state machine. Pure.

``receive`` takes an input and gives the actions that follow from it; the driver carries them out in order, and answers
those that ask for something with further inputs. The table of it all is docs/replica-states.md.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from twisted.logger import LogLevel

from promoter_view.kubernetes.client.backoff import Backoff
from promoter_view.log.errors import LogDamaged, LogUnusable
from promoter_view.log.etcd.client.faults import HOPELESS, EtcdError
from promoter_view.log.etcd.core import actions, inputs
from promoter_view.log.etcd.core.actions import Actions
from promoter_view.log.etcd.core.inputs import Input
from promoter_view.log.etcd.core.leadership import Leadership
from promoter_view.log.etcd.core.progress import Lag, Progress
from promoter_view.log.etcd.core.states import HEARD, WRITING, State
from promoter_view.log.etcd.replica import Canceled, Overtaken, Revision, Rewound

#: So long behind, while its watch is silent: the member that it watches through is slow, or cut off from the others.
SLOW_SECONDS = 5.0


class ReplicaCore(Leadership):
    """One replica. ``now`` is any clock that only goes forward, in seconds; ``random`` gives numbers in [0, 1)."""

    def __init__(self, identity: str, *, random: Callable[[], float]) -> None:
        super().__init__(identity)
        self._backoff = Backoff(random=random, first_seconds=0.05, limit_seconds=2.0)
        self._fed = False
        self.lag = Lag(0.0)
        self._answers: Mapping[type[Input], Callable[[Any], Actions]] = {
            inputs.Begin: self._begin,
            inputs.Loaded: self._loaded,
            inputs.Heard: self._heard,
            inputs.Read: self._read,
            inputs.Moved: self._moved,
            inputs.Applied: self._applied,
            inputs.Failed: self._failed,
            inputs.Surveyed: self._surveyed,
            inputs.Unanswered: self._unanswered,
            inputs.Stood: self._stood,
            inputs.Kept: self._kept,
            inputs.Lapsed: self._lapsed,
            inputs.Deposed: self._deposed,
            inputs.Marked: self._marked,
            inputs.Compacted: self._compacted,
            inputs.Stopped: self._stopped,
        }

    def receive(self, given: Input, now: float) -> Actions:
        """The actions that follow. They may be carried out while further inputs are received."""
        self._now = now
        if self.state not in HEARD[type(given)]:
            return ()
        return self._answers[type(given)](given)

    # -- loading and following

    def _begin(self, _: inputs.Begin) -> Actions:
        self.lag = Lag(self._now)
        return self._load(0.0)

    def _load(self, after: float) -> Actions:
        self.state = State.LOADING
        return (actions.Load(after),)

    def _watch(self, after: float) -> Actions:
        assert self.progress is not None
        return (actions.OpenWatch(self.progress.cluster, self.progress.revision, self.progress.offset, after),)

    def _loaded(self, given: inputs.Loaded) -> Actions:
        self._fed = self._fed or given.beginning.snapshot is not None
        self.progress = Progress.begin(given.beginning, given.survey, given.head)
        self.state = State.FOLLOWING if self.progress.caught_up else State.CATCHING_UP
        return (*self._serve(), *self._watch(0.0))

    def _heard(self, _: inputs.Heard) -> Actions:
        self._backoff.reset()
        self.faults = replace(self.faults, following=None)
        return ()

    def _read(self, given: inputs.Read) -> Actions:
        assert self.progress is not None
        if given.revision.head is None:
            return self._advance(given.revision)
        if self.progress.anew:
            error = Overtaken("another replica leads, and gave the bundles other resourceVersions")
            return (actions.RefuseReads(error),)
        self._fed = True
        return (actions.Apply(given.revision),)

    def _moved(self, given: inputs.Moved) -> Actions:
        if self.progress is None:  # the state was dropped meanwhile, and this was shown all the same
            self._seen = max(self._seen, given.offset)
        else:
            self.progress = self.progress.moved(given.offset)
        return ()

    def _applied(self, given: inputs.Applied) -> Actions:
        writes = self.state in WRITING
        following = self._advance(given.revision)
        acknowledged = (actions.Acknowledge(self.progress.offset),) if writes and self.progress is not None else ()
        return (*acknowledged, *self._serve(), *following)

    def _compacted(self, given: inputs.Compacted) -> Actions:
        assert self.progress is not None
        self.progress = replace(self.progress, first=max(self.progress.first, given.first))
        return ()

    def _advance(self, revision: Revision) -> Actions:
        assert self.progress is not None
        self.progress = self.progress.advanced(revision)
        self.lag = self.lag.advanced(revision.number)
        if self.state is State.CATCHING_UP and self.progress.caught_up:
            self.state = State.FOLLOWING
        looking = (actions.Look(),) if revision.leader_gone else ()
        return (*self._mark(), *looking)

    def _serve(self) -> Actions:
        return (actions.Serve(self.revision),) if self.is_live else ()

    # -- what goes wrong

    def _failed(self, given: inputs.Failed) -> Actions:
        error = given.error
        if isinstance(error, Overtaken | Rewound | LogDamaged) and self.progress is not None:
            return self._drop(error)
        hopeless = isinstance(error, EtcdError) and error.fault in HOPELESS
        if hopeless and self.progress is None and not self._fed:
            return self._fail(LogUnusable(f"etcd: {error}"))
        if isinstance(error, Canceled | EtcdError):
            return self._retry(error)
        return self._fail(error)

    def _retry(self, error: Exception) -> Actions:
        """Said once for each time of trouble, however often it is tried."""
        level = LogLevel.info if self.faults.following is None else LogLevel.debug
        note = actions.Note(f"etcd is not followed, retrying: {error}", level, "watch_ended")
        self.faults = replace(self.faults, following=f"etcd is not followed: {error}")
        after = self._backoff.next()
        return (note, *(self._load(after) if self.progress is None else self._watch(after)))

    def _drop(self, error: Exception) -> Actions:
        """The state is not true any more, and who leads cannot go on with it."""
        assert self.progress is not None
        self._seen = max(self._seen, self.progress.offset)
        self.progress = None
        self.lag = Lag(self.lag.known_at)
        words = f"{error}: this replica drops its state and starts again"
        note = actions.Note(words, LogLevel.warn, type(error).__name__.lower())
        stepping_down = self._step_down(str(error))
        # Nothing more is read before the key is given back, which the watch would tell of.
        return (note, *self._load(0.0), *stepping_down)

    def _fail(self, error: Exception) -> Actions:
        return (*self._end("the event log cannot continue"), actions.Fail(error))

    def _stopped(self, _: inputs.Stopped) -> Actions:
        return self._end("the log has stopped")

    def _end(self, reason: str) -> Actions:
        stepping_down = self._step_down(reason)
        self.state = State.ENDED
        return stepping_down

    # -- how things stand

    def _surveyed(self, given: inputs.Surveyed) -> Actions:
        survey = given.survey
        if survey.leader is not None:
            self.faults = replace(self.faults, clock=None)
        if self.progress is None:
            self.faults = replace(self.faults, leader=None)
            return ()
        rewound = self.progress.denied_by(survey)
        if rewound is not None:
            return self._drop(Rewound(rewound))
        self.lag = self.lag.surveyed(survey, self.progress.revision)
        return self._compare(survey, given.wall, self.progress) or self._turn(given.silent)

    def _turn(self, silent: bool) -> Actions:
        if self.lag.behind(self._now) <= SLOW_SECONDS or not silent:
            return ()
        words = "the watch is behind the other replicas: trying another member"
        return (actions.Note(words, LogLevel.debug, "slow_member"), actions.TurnToNext(), *self._retry(Canceled(words)))

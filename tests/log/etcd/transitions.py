"""Every state of a replica with every input: what follows by the code, as docs/replica-states.md prints it.

``python -m tests.log.etcd.transitions`` writes that page.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from promoter_view.log.errors import LogDamaged
from promoter_view.log.etcd.client.faults import EtcdError, Fault
from promoter_view.log.etcd.client.values import KeyValue
from promoter_view.log.etcd.core import actions, inputs
from promoter_view.log.etcd.core.machine import ReplicaCore
from promoter_view.log.etcd.core.states import State
from promoter_view.log.etcd.layout import Head
from promoter_view.log.etcd.loading import Beginning
from promoter_view.log.etcd.replica import Canceled, Overtaken, Revision, Rewound
from promoter_view.log.etcd.surveying import Survey
from promoter_view.log.etcd.transactions import Tail
from promoter_view.log.offsets import units
from promoter_view.records import Mirror
from tests.support.log.fakes import NOW

PAGE = Path(__file__).parents[3] / "docs" / "replica-states.md"
CLUSTER = 7
TERM = 20
LEASE = 100
FIRST = units(NOW)
SIX_YEARS = 6 * 365 * 86_400
ABOVE = """# States of a replica

If replicas share a log in etcd ([several replicas](replicas.md)), one state machine decides what each replica does. The
machine has no clock and no connection: `promoter_view/log/etcd/core/machine.py`. It receives an input (`inputs.py`),
changes its state (`states.py`), and requests actions from its driver (`actions.py`), in this order.

The second table lists which inputs the machine handles in which states. An input in another state comes too late, from
work that was given up, and the machine ignores it. `python -m tests.log.etcd.transitions` writes this page, and a test
compares it with the code.

| state | the replica is |
| --- | --- |
"""
TABLE = """
| input | detail | in the states | new state, if it changes | actions |
| --- | --- | --- | --- | --- |
"""


def head(offset, term=5, previous=0):
    return Head(previous, FIRST + offset, term, 0, 0, 0, Mirror("", {}), {}, ())


def survey(revision=10, *, head_at=10, leader=None, cluster=CLUSTER, seen=0, asked_at=NOW):
    """``leader`` is the revision that made the leader's key."""
    key = None if leader is None else KeyValue(b"leader", b"r", leader, leader, LEASE)
    put = None if head_at is None else KeyValue(b"head", b"h", 1, head_at, 0)
    return Survey(asked_at, seen, cluster, revision, put, key)


def revision(number, found=None, *, gone=False):
    return Revision(number, found, (), gone)


def loaded(at, *, anew=False):
    return inputs.Loaded(Beginning(at, FIRST + at, None, anew), survey(), head(10))


def surveyed(*, wall=NOW, silent=False, **how):
    return inputs.Surveyed(survey(**how), wall, silent)


def stood(leader=TERM, *, tail=None, lease=LEASE):
    return inputs.Stood(lease, survey(TERM, leader=leader), tail or Tail(10, head(10)), NOW, 3)


AHEAD = Tail(13, head(13))
#: What leads to each state.
WAYS = {
    State.NEW: (),
    State.LOADING: (inputs.Begin(),),
    State.CATCHING_UP: (inputs.Begin(), loaded(5)),
    State.FOLLOWING: (inputs.Begin(), loaded(10)),
    State.STANDING: (inputs.Begin(), loaded(10), surveyed()),
    State.ELECTED: (inputs.Begin(), loaded(10), surveyed(), stood(tail=AHEAD)),
    State.MARKING: (inputs.Begin(), loaded(10), surveyed(), stood()),
    State.LEADING: (inputs.Begin(), loaded(10), surveyed(), stood(), inputs.Marked()),
    State.ENDED: (inputs.Begin(), inputs.Stopped()),
}


class Case(NamedTuple):
    """An input, in the circumstances that it makes a difference in."""

    words: str
    given: inputs.Input
    first: tuple[inputs.Input, ...] = ()
    later: float = 0.0


BEHIND = {"revision": 30, "head_at": 30, "leader": TERM}
CASES = (
    Case("", inputs.Begin()),
    Case("a state with more to apply", loaded(5)),
    Case("all that there is", loaded(10)),
    Case("", inputs.Heard()),
    Case("records", inputs.Read(revision(11, head(11)))),
    Case("another key", inputs.Read(revision(11))),
    Case("the leader's key is gone", inputs.Read(revision(11, gone=True))),
    Case("", inputs.Moved(FIRST + 10)),
    Case("not all that was awaited", inputs.Applied(revision(9, head(9)))),
    Case("all that was awaited", inputs.Applied(revision(13, head(13)))),
    Case("the first of a term", inputs.Applied(revision(TERM + 1, head(TERM + 1, TERM)))),
    Case("overtaken by compaction", inputs.Failed(Overtaken("compacted"))),
    Case("etcd was restored", inputs.Failed(Rewound("restored"))),
    Case("the log is damaged", inputs.Failed(LogDamaged("damaged"))),
    Case("the watch has ended", inputs.Failed(Canceled("ended"))),
    Case("etcd does not answer", inputs.Failed(EtcdError(Fault.UNREACHABLE, "refused"))),
    Case("etcd does not admit this user", inputs.Failed(EtcdError(Fault.FORBIDDEN, "denied"))),
    Case("anything else", inputs.Failed(RuntimeError("a fault of ours"))),
    Case("the key of the last term", surveyed(revision=TERM, leader=TERM)),
    Case("the key of a later term", surveyed(revision=25, leader=25)),
    Case("no leader's key", surveyed(revision=25)),
    Case("no leader's key, clock not believed", surveyed(revision=25, wall=NOW + SIX_YEARS)),
    Case("another etcd", surveyed(cluster=8)),
    Case("an earlier revision than was read", surveyed(revision=8, seen=10)),
    Case("a silent watch, behind for 6 s", surveyed(silent=True, **BEHIND), (surveyed(**BEHIND),), 6.0),
    Case("for a moment", inputs.Unanswered("refused")),
    Case("for 11 s", inputs.Unanswered("refused"), (), 11.0),
    Case("won, all is applied", stood()),
    Case("won, with more to apply", stood(tail=AHEAD)),
    Case("won, on another head than was read", stood(tail=Tail(10, head(9)))),
    Case("another replica won", stood(lease=LEASE + 1)),
    Case("", inputs.Kept(NOW)),
    Case("", inputs.Lapsed()),
    Case("", inputs.Deposed("head is another one")),
    Case("", inputs.Marked()),
    Case("", inputs.Compacted(FIRST + 1)),
    Case("", inputs.Stopped()),
)


class Transition(NamedTuple):
    """What followed."""

    case: Case
    state: State
    becomes: State
    actions: actions.Actions


def core_in(state):
    core = ReplicaCore("replica", random=lambda: 0.5)
    for given in WAYS[state]:
        core.receive(given, NOW)
    assert core.state is state
    return core


def transition(case, state):
    core = core_in(state)
    for given in case.first:
        core.receive(given, NOW)
    actions = core.receive(case.given, NOW + case.later)
    return Transition(case, state, core.state, actions)


def transitions():
    return [transition(case, state) for case in CASES for state in State]


def rows(found, heard):
    """One for all states that answer alike."""
    alike = {}
    for each in found:
        if each.state in heard[type(each.case.given)]:
            becomes = "" if each.becomes is each.state else each.becomes.name
            asked = ", ".join(type(action).__name__ for action in each.actions)
            key = (type(each.case.given).__name__, each.case.words, becomes, asked)
            alike.setdefault(key, []).append(each.state.name)
    for (name, words, becomes, asked), states in alike.items():
        yield f"| {name} | {words} | {', '.join(states)} | {becomes} | {asked} |\n"


def page(heard):
    states = "".join(f"| {state.name} | {state.value} |\n" for state in State)
    return ABOVE + states + TABLE + "".join(rows(transitions(), heard))


if __name__ == "__main__":
    from promoter_view.log.etcd.core.states import HEARD

    PAGE.write_text(page(HEARD), encoding="utf-8")

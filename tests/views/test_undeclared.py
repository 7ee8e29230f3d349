"""Undeclared kinds as members: who belongs, where they stand, and that every reader of the log agrees."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from promoter_view.kubernetes.kinds import PROMOTER_GROUP, Kind
from promoter_view.records import KindsChanged, Mark, UndeclaredKind
from promoter_view.views.definition import ViewDefinition
from promoter_view.views.history import Expired
from promoter_view.views.joining.facts import check_definition
from promoter_view.views.joining.relations import OwnedBy
from promoter_view.views.known import DEFINITIONS
from promoter_view.views.projector import MAX_DEPARTED, Projector
from promoter_view.views.promotion_strategy.details import PROMOTION_STRATEGY_DETAILS
from promoter_view.views.undeclared import taking_up
from tests.support.views.oracle import LABEL
from tests.support.views.world import (
    MIRROR,
    VIEW,
    Document,
    World,
    delete,
    key_of,
    put,
    reference,
    replayed,
    shown,
    state,
    strategy,
    thing,
)

GATE = UndeclaredKind("ChatApprovalCommitStatus", "chats", "v1alpha1", "chatApprovalCommitStatuses", True, "r")
RELATED = UndeclaredKind("RevertCommit", "revertcommits", "v1alpha1", "revertCommits", True, "r")
OWNED = UndeclaredKind("Forecast", "forecasts", "v1alpha1", "forecasts", False, "r")
EVERY = (GATE, OWNED, RELATED)


def undeclared(
    kind: UndeclaredKind, name: str, *, of: str = "", owner: Document | None = None, label: str = "", **status: Any
) -> Document:
    """An object of such a kind in namespace "a"."""
    metadata: Document = {"name": name, "namespace": "a", "uid": f"uid-{kind.kind}-{name}"}
    if owner is not None:
        metadata["ownerReferences"] = [reference(owner)]
    if label:
        metadata["labels"] = {LABEL: label}
    spec = {"promotionStrategyRef": {"name": of}} if of else {}
    api_version = f"{PROMOTER_GROUP}/{kind.version}"
    return {"apiVersion": api_version, "kind": kind.kind, "metadata": metadata, "spec": spec, "status": status}


def definition(projector: Projector) -> ViewDefinition:
    """That of the bundles, as it is now."""
    return projector.definitions[VIEW]


ROOT = strategy()
POLICY = thing("ChangeTransferPolicy", "dev", owner=ROOT)
CHAT = undeclared(GATE, "chat", of="shop")
OBJECTS = [
    ROOT,
    POLICY,
    CHAT,
    undeclared(RELATED, "back", of="shop"),
    undeclared(OWNED, "by-root", owner=ROOT),
    undeclared(OWNED, "by-policy", owner=POLICY),
    undeclared(OWNED, "by-gate", owner=CHAT),
    undeclared(OWNED, "by-label", label="shop"),
    undeclared(OWNED, "stray"),
    undeclared(OWNED, "anothers", owner=thing("GitRepository", "x"), label="other"),
    thing("CommitStatus", "checked", owner=CHAT),
]


def test_what_belongs() -> None:
    """Gates and others by the name of the strategy, the rest by owner, else by label; and what such a gate controls."""
    world = World()
    world.feed(KindsChanged(EVERY))
    world.put(*OBJECTS)
    assert world.names(GATE.field) == ["chat"]
    assert world.names(RELATED.field) == ["back"]
    assert world.names(OWNED.field) == ["by-gate", "by-label", "by-policy", "by-root"]
    assert world.names("commitStatuses") == ["checked"]


def test_where_they_stand() -> None:
    """Behind all that is declared of the strategy, by name, and before its repository."""
    found = taking_up(PROMOTION_STRATEGY_DETAILS, (RELATED, OWNED, GATE))
    fields = [member.field for member in found.members]
    declared = [member.field for member in PROMOTION_STRATEGY_DETAILS.members]
    at = declared.index("gitRepository")
    assert fields == [*declared[:at], GATE.field, OWNED.field, RELATED.field, *declared[at:]]
    check_definition(found)
    assert found.fields == PROMOTION_STRATEGY_DETAILS.fields | {GATE.field, OWNED.field, RELATED.field}


def test_what_is_declared_is_not_taken_up() -> None:
    """A log may have been written by a program that did not know a kind, or a field, that is known now."""
    known = GATE._replace(kind="GitCommitStatus")
    taken = GATE._replace(field="commitStatuses")
    elsewhere = GATE._replace(kind="Stage")
    assert taking_up(PROMOTION_STRATEGY_DETAILS, (known, taken, elsewhere)) is PROMOTION_STRATEGY_DETAILS
    assert taking_up(PROMOTION_STRATEGY_DETAILS, (known, OWNED)).taken_up == (OWNED,)


def test_a_view_without_a_place_for_them_has_none() -> None:
    """Stages are another group's."""
    assert taking_up(DEFINITIONS[1], EVERY) is DEFINITIONS[1]


def test_only_gates_control_commit_statuses() -> None:
    """Of the undeclared kinds those whose name ends so, and which name their strategy: nothing hangs on itself."""
    sibling = GATE._replace(kind="SiblingCommitStatus", field="siblings", names_root=False)
    found = taking_up(PROMOTION_STRATEGY_DETAILS, (GATE, RELATED, sibling))
    [statuses] = (member for member in found.members if member.kind == "CommitStatus")
    [before] = (member for member in PROMOTION_STRATEGY_DETAILS.members if member.kind == "CommitStatus")
    owned = [relation for relation in statuses.relations if isinstance(relation, OwnedBy)]
    known = [relation for relation in before.relations if isinstance(relation, OwnedBy)]
    assert [relation.parents for relation in owned] == [(*relation.parents, GATE.kind) for relation in known]


def test_their_resources_are_known() -> None:
    """By which they are listed, and reviewed."""
    found = taking_up(PROMOTION_STRATEGY_DETAILS, (GATE,))
    assert found.resource(GATE.kind) == Kind(GATE.kind, "chats", PROMOTER_GROUP, "v1alpha1")
    assert found.resource("GitRepository") in found.resources
    assert found.resource(GATE.kind) in found.resources


def test_a_new_kind_is_an_ordinary_change() -> None:
    """Taking it up changes no bundle; each of its objects is one MODIFIED, from which a watch goes on."""
    world = World()
    world.put(ROOT)
    before = world.end()
    world.feed(KindsChanged((GATE,)))
    assert world.changes(before) == []
    world.put(CHAT)
    [change] = world.changes(before)
    assert change.before is not None
    assert change.after is not None
    assert world.bundle()[GATE.field] == [CHAT]
    assert world.projector.horizon < before


def test_a_kind_that_is_let_go_takes_its_members_along() -> None:
    """As one change of each bundle that had some, even where its objects are still there; it may come back."""
    world = World()
    world.feed(KindsChanged((GATE,)))
    world.put(ROOT, strategy("other"), CHAT, thing("CommitStatus", "checked", owner=CHAT))
    before = world.end()
    world.metrics.reflector_events.labels(GATE.kind, "ADDED").inc()
    world.feed(KindsChanged(()))
    assert [change.key.name for change in world.changes(before)] == ["shop"]
    assert GATE.field not in world.bundle()
    assert world.names("commitStatuses") == []
    assert GATE.kind not in world.metrics.render().decode()
    world.feed(KindsChanged((GATE,)))
    assert world.bundle()[GATE.field] == [CHAT]
    assert world.names("commitStatuses") == ["checked"]


def test_what_is_not_taken_up_is_in_no_bundle() -> None:
    """Its objects may be in the log: they are kept, and shown to nobody."""
    world = World()
    world.put(*OBJECTS)
    assert not {GATE.field, RELATED.field, OWNED.field} & world.bundle().keys()
    assert world.names("commitStatuses") == []


def test_definitions_are_those_of_now() -> None:
    """Others where the set has changed, the same ones while it has not."""
    world = World()
    declared = definition(world.projector)
    assert declared == PROMOTION_STRATEGY_DETAILS
    world.feed(KindsChanged((GATE,)))
    one = definition(world.projector)
    world.put(ROOT)
    same = definition(world.projector)
    assert one is same
    assert one.taken_up == (GATE,)
    assert world.projector.kinds == (GATE,)


def test_rules_that_are_others_build_anew() -> None:
    """A mark of other rules of cleaning drops the bundles, and not what is taken up."""
    world = World()
    world.feed(KindsChanged((GATE,)))
    world.put(ROOT, CHAT)
    world.feed(Mark(0, MIRROR, 0))
    assert world.bundle()[GATE.field] == [CHAT]


def test_kinds_that_have_gone_are_remembered() -> None:
    """While history may hold their members, so that readers are asked about for them; not once they are back."""
    world = World()
    world.feed(KindsChanged(EVERY), KindsChanged((GATE,)))
    found = definition(world.projector)
    assert (found.taken_up, found.departed) == ((GATE,), (OWNED, RELATED))
    assert found.resource(OWNED.kind) == Kind(OWNED.kind, "forecasts", PROMOTER_GROUP, "v1alpha1")
    world.feed(KindsChanged((GATE, RELATED)))
    found = definition(world.projector)
    assert (found.taken_up, found.departed) == ((GATE, RELATED), (OWNED,))
    restored = definition(World().restarted(world.projector.snapshot()))
    assert restored.departed == (), "a snapshot is where history begins"


def test_kinds_that_come_and_go_for_ever_end_history() -> None:
    """Readers cannot be asked about ever more kinds: beyond a bound watches start over, and a line says why."""
    world = World()
    world.put(ROOT)
    before = world.end()
    for number in range(MAX_DEPARTED + 1):
        world.feed(KindsChanged((OWNED._replace(kind=f"K{number}", field=f"k{number}"),)))
    assert world.changes(before) == []
    world.feed(KindsChanged(()))
    with pytest.raises(Expired):
        world.changes(before)
    found = definition(world.projector)
    assert found.departed == ()
    assert "undeclared kinds came and went" in world.warnings[-1]
    assert world.changes(world.end()) == []


_KINDS = st.lists(st.sampled_from(EVERY), unique=True).map(lambda kinds: KindsChanged(tuple(sorted(kinds))))
_PUTS = st.sampled_from(OBJECTS).map(lambda document: put(key_of(document), orjson.dumps(document)))
_DELETES = st.sampled_from(OBJECTS).map(lambda document: delete(key_of(document)))


@given(st.lists(st.one_of(_KINDS, _PUTS, _PUTS, _PUTS, _DELETES), max_size=30))
def test_all_who_read_the_log_agree(entries: list[Any]) -> None:
    """Whenever kinds come and go: a client's changes add up, a restart from a snapshot has the same, in any order."""
    world = World()
    begun, end = world.projector.list(VIEW), world.end()
    world.feed(*entries)
    now = state(world.projector)
    assert replayed(begun, world.changes(end)) == now
    snapshot = world.projector.snapshot()
    assert shown(World().restarted(snapshot).list(VIEW)) == now
    again = World()
    again.feed(KindsChanged(snapshot.kinds))
    again.feed(*(put(key, found.body) for key, found in snapshot.objects.items()))
    assert [(key, body.split(b'"resourceVersion"')[1][25:]) for key, (_, body) in state(again.projector).items()] == [
        (key, body.split(b'"resourceVersion"')[1][25:]) for key, (_, body) in now.items()
    ]

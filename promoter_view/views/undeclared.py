"""A definition with the undeclared kinds that the log has taken up: which members they are, and of whom. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from promoter_view.records import UndeclaredKind
from promoter_view.views.definition import DECLARED, Member, Undeclared, ViewDefinition
from promoter_view.views.joining.relations import OwnedBy, Relation


def taking_up(
    definition: ViewDefinition, kinds: Sequence[UndeclaredKind], departed: Sequence[UndeclaredKind] = ()
) -> ViewDefinition:
    """``definition``, which has taken up none, with those kinds as members; ``departed`` were.

    But for those that it declares, or whose field it has: the log may have been written by who did not know them.
    """
    undeclared = definition.undeclared
    taken_up = tuple(kind for kind in kinds if _is_free(kind, definition))
    if undeclared is None or not (taken_up or departed):
        return definition
    definition = replace(definition, departed=tuple(kind for kind in departed if _is_free(kind, definition)))
    parents = [kind.kind for kind in taken_up if kind.names_root]
    found = [_member(kind, undeclared, definition, parents) for kind in sorted(taken_up, key=_field)]
    declared = [replace(member, relations=_grown(member.relations, parents)) for member in definition.members]
    at = next(place for place, member in enumerate(declared) if member.field == undeclared.before)
    return replace(definition, members=(*declared[:at], *found, *declared[at:]), taken_up=taken_up)


def _member(kind: UndeclaredKind, undeclared: Undeclared, definition: ViewDefinition, parents: Sequence[str]) -> Member:
    root = definition.root.kind
    how = f"name the {root}" if kind.names_root else f"the {root} or one of its members controls"
    return Member(
        kind.field,
        kind.kind,
        undeclared.naming if kind.names_root else _grown(undeclared.owned, parents),
        description=f"Objects of {kind.kind}, by name, that {how}. This program does not know the kind: strings that "
        'could be secret are "<redacted>". Left out if there are none.',
    )


def _grown(relations: Sequence[Relation], parents: Sequence[str]) -> tuple[Relation, ...]:
    """With those of the parents that the relations claim already, not knowing them."""
    return tuple(_with_parents(relation, parents) for relation in relations)


def _with_parents(relation: Relation, parents: Sequence[str]) -> Relation:
    if not isinstance(relation, OwnedBy) or not relation.claiming:
        return relation
    claimed = (parent for parent in parents if parent.endswith(relation.claiming))
    return replace(relation, parents=(*relation.parents, *claimed))


def _is_free(kind: UndeclaredKind, definition: ViewDefinition) -> bool:
    return kind.kind not in DECLARED and kind.field not in definition.fields


def _field(kind: UndeclaredKind) -> str:
    return kind.field

"""How an object belongs to another: relations that are declared, each read from both of its ends. Pure.

A parent publishes *anchors*, a child has *ties*, and a child hangs on each parent that has an anchor equal to one of
its ties. Neither end needs the other to be there, so the order in which they arrive does not matter.
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from promoter_view.views.fields import Fields, Path

_SEPARATORS = re.compile("[^A-Za-z0-9]+")
_LABEL_VALUE_LENGTH = 63


class JoinToken(NamedTuple):
    """What an anchor and a tie are compared by. ``how`` names the relation; ``namespace`` "" means cluster scope."""

    how: str
    namespace: str
    value: str


class Relation(Protocol):
    """One way for a child to hang on a parent. ``parents`` are kinds; empty means the root's."""

    @property
    def parents(self) -> tuple[str, ...]:
        """The kinds on which such a child may hang."""

    def anchors(self, parent: Fields, child_kind: str) -> list[JoinToken]:
        """What ``parent`` offers to children of that kind."""

    def ties(self, child: Fields) -> list[JoinToken]:
        """What ``child`` hangs on."""


def label_value(name: str) -> str:
    """A name as GitOps Promoter's controllers write it into a label: two names may share one value (promoter.md)."""
    return _SEPARATORS.sub("-", name)[-_LABEL_VALUE_LENGTH:].lstrip("-")


def token(how: str, namespace: str, value: str) -> list[JoinToken]:
    """A token, or none for an empty value, on which nothing can hang. Interned: both ends hold equal strings."""
    return [JoinToken(how, sys.intern(namespace), sys.intern(value))] if value else []


@dataclass(frozen=True, slots=True)
class OwnedBy:
    """By the child's controller ownerReference, its uid, in the parent's namespace.

    ``claiming``: the end of the names of further kinds of the group that control such children, "" for none. Nothing
    hangs on those; a child has its tie to one all the same, so that declaring its kind later moves no other child.
    """

    parents: tuple[str, ...]
    group: str
    claiming: str = ""

    def claims(self, child: Fields) -> bool:
        """Whether the child has a controller of such a kind at all, wherever that owner is."""
        return bool(self._owners(child))

    def anchors(self, parent: Fields, child_kind: str) -> list[JoinToken]:  # noqa: ARG002
        """The parent's uid."""
        return token(f"owner:{parent.key.kind}", parent.key.namespace, parent.text(("metadata", "uid")))

    def ties(self, child: Fields) -> list[JoinToken]:
        """The uid of the first controller of such a kind."""
        for kind, uid in self._owners(child)[:1]:
            return token(f"owner:{kind}", child.key.namespace, uid)
        return []

    def _owners(self, child: Fields) -> list[tuple[str, str]]:
        owners = child.controllers()
        return [(owner.kind, owner.uid) for owner in owners if owner.group == self.group and self._is_owner(owner.kind)]

    def _is_owner(self, kind: str) -> bool:
        return kind in self.parents or (self.claiming != "" and kind.endswith(self.claiming) and kind != self.claiming)


@dataclass(frozen=True, slots=True)
class LabelledLikeRoot:
    """By a label whose value is the root's label value, for a child that ``unless`` does not claim.

    The value is ambiguous: a child belongs to every root that has it.
    """

    label: str
    unless: OwnedBy
    parents: tuple[str, ...] = ()

    def anchors(self, parent: Fields, child_kind: str) -> list[JoinToken]:  # noqa: ARG002
        """The root's label value."""
        return token(f"label:{self.label}", parent.key.namespace, label_value(parent.key.name))

    def ties(self, child: Fields) -> list[JoinToken]:
        """The child's value of that label."""
        value = child.text(("metadata", "labels", self.label))
        return [] if self.unless.claims(child) else token(f"label:{self.label}", child.key.namespace, value)


@dataclass(frozen=True, slots=True)
class NamesRoot:
    """By a field of the child that holds the root's name."""

    path: Path
    parents: tuple[str, ...] = ()

    def anchors(self, parent: Fields, child_kind: str) -> list[JoinToken]:  # noqa: ARG002
        """The root's name."""
        return token("names-root", parent.key.namespace, parent.key.name)

    def ties(self, child: Fields) -> list[JoinToken]:
        """The name in the child's field."""
        return token("names-root", child.key.namespace, child.text(self.path))


@dataclass(frozen=True, slots=True)
class FieldIs:
    """A condition on one field of a parent: its string equals ``value``, or does not when ``negated``."""

    path: Path
    value: str
    negated: bool = False

    def holds(self, parent: Fields) -> bool:
        """Whether it is so."""
        return (parent.text(self.path) == self.value) is not self.negated


@dataclass(frozen=True, slots=True)
class NamedBy:
    """By a field of the parent that holds the child's name, in its namespace or in cluster scope."""

    parents: tuple[str, ...]
    path: Path
    when: FieldIs | None = None
    cluster_scoped: bool = False

    def anchors(self, parent: Fields, child_kind: str) -> list[JoinToken]:
        """The name in the parent's field, where ``when`` holds."""
        if self.when is not None and not self.when.holds(parent):
            return []
        namespace = "" if self.cluster_scoped else parent.key.namespace
        return token(f"name:{child_kind}", namespace, parent.text(self.path))

    def ties(self, child: Fields) -> list[JoinToken]:
        """The child's own name."""
        return token(f"name:{child.key.kind}", child.key.namespace, child.key.name)

"""How Freight and Applications belong to a Stage, and which Promotions and which Freight count. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import NamedTuple, TypeVar

from promoter_view.decoded import mapping, text
from promoter_view.stages.assessment import registered_checks
from promoter_view.stages.authorization import authorization_of
from promoter_view.stages.checks import ARGO_CD_UPDATE, read_wanted
from promoter_view.stages.freight import origin_of, read_requests
from promoter_view.views.fields import Fields
from promoter_view.views.joining.relations import JoinToken, token

_Found = TypeVar("_Found")


@dataclass(frozen=True, slots=True)
class FreightInUse:
    """By the newest entry of the Stage's freightHistory, which names one piece of Freight for each Warehouse."""

    parents: tuple[str, ...] = ()

    def anchors(self, parent: Fields, child_kind: str) -> list[JoinToken]:  # noqa: ARG002
        """The names of the Freight that the Stage has."""
        newest = parent.objects(("status", "freightHistory"))[:1]
        pieces = [piece for entry in newest for piece in mapping(entry, "items").values()]
        return _tokens("freight", ((parent.key.namespace, text(piece, "name")) for piece in pieces))

    def ties(self, child: Fields) -> list[JoinToken]:
        """The Freight's own name."""
        return token("freight", child.key.namespace, child.key.name)


@dataclass(frozen=True, slots=True)
class FreightRequested:
    """By its origin, of which the Stage requests Freight."""

    parents: tuple[str, ...] = ()

    def anchors(self, parent: Fields, child_kind: str) -> list[JoinToken]:  # noqa: ARG002
        """The Warehouses that the Stage names."""
        requested = {each.origin for each in read_requests(parent.document) if each.warehouse}
        return _tokens("requested", ((parent.key.namespace, origin) for origin in sorted(requested)))

    def ties(self, child: Fields) -> list[JoinToken]:
        """The Freight's own Warehouse."""
        named = text(child.document, "origin", "name")
        return token("requested", child.key.namespace, origin_of(child.document)) if named else []


@dataclass(frozen=True, slots=True)
class NewestFreight:
    """The ``most`` that were found last, in any order."""

    most: int

    def read(self, member: Fields) -> str:
        """When it was found: RFC 3339 in UTC sorts as text."""
        return text(member.document, "discoveredAt") or text(member.document, "metadata", "creationTimestamp")

    def choose(self, found: Sequence[tuple[str, _Found]]) -> list[_Found]:
        """See Choice."""
        return [each for _, each in sorted(found, key=itemgetter(0))[-self.most :]]


@dataclass(frozen=True, slots=True)
class AuthorizesStage:
    """By the annotation with which an Application lets Stages change it. A malformed one names none."""

    parents: tuple[str, ...] = ()

    def anchors(self, parent: Fields, child_kind: str) -> list[JoinToken]:  # noqa: ARG002
        """The Stage's project, which is its namespace, and its name."""
        return token("authorizes", parent.key.namespace, parent.key.name)

    def ties(self, child: Fields) -> list[JoinToken]:
        """The Stages that it names."""
        return _tokens("authorizes", authorization_of(child.document).stages)


@dataclass(frozen=True, slots=True)
class NamedByHealthCheck:
    """By a health check that the Stage's last Promotion has registered.

    ``default_namespace`` is that of Applications that a check names without one.
    """

    default_namespace: str
    parents: tuple[str, ...] = ()

    def anchors(self, parent: Fields, child_kind: str) -> list[JoinToken]:  # noqa: ARG002
        """The Applications that are to be checked."""
        return _tokens("checked", self._wanted(parent))

    def ties(self, child: Fields) -> list[JoinToken]:
        """The Application's own name."""
        return token("checked", child.key.namespace, child.key.name)

    def _wanted(self, stage: Fields) -> Iterator[tuple[str, str]]:
        for check in registered_checks(stage.document):
            wanted = read_wanted(mapping(check).get("config"), default_namespace=self.default_namespace)
            if text(check, "uses") == ARGO_CD_UPDATE and not isinstance(wanted, str):
                yield from ((each.namespace, each.name) for each in wanted)


class _Course(NamedTuple):
    """When a Promotion was made and when it ended: RFC 3339 in UTC sorts as text; "" for what has not been."""

    created: str
    ended: str


@dataclass(frozen=True, slots=True)
class UnendedAndLast:
    """Promotions that have not ended and the last ``most`` that have, in the order of their creation, then by name."""

    most: int
    phases: frozenset[str] = frozenset(("Succeeded", "Failed", "Errored", "Aborted"))

    def read(self, member: Fields) -> _Course:
        """One that was aborted before it began may have no time of its end: then that of its creation counts."""
        created = member.text(("metadata", "creationTimestamp"))
        if member.text(("status", "phase")) not in self.phases:
            return _Course(created, "")
        return _Course(created, member.text(("status", "finishedAt")) or created or "-")

    def choose(self, found: Sequence[tuple[_Course, _Found]]) -> list[_Found]:
        """In the order of creation, which is the order of the queue."""
        in_order = sorted(found, key=lambda each: each[0].created)
        ended = sorted(
            (place for place, (course, _) in enumerate(in_order) if course.ended),
            key=lambda place: in_order[place][0].ended,
        )
        passed_over = frozenset(ended[: -self.most])
        return [each for place, (_, each) in enumerate(in_order) if place not in passed_over]


def _tokens(how: str, named: Iterable[tuple[str, str]]) -> list[JoinToken]:
    return [each for namespace, name in named for each in token(how, namespace, name)]

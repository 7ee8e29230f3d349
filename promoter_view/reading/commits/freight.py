"""Freight as the members of a Stage's bundle tell of it: what it has, is to have, and had. Pure, and total."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

from promoter_view.decoded import mapping, mappings, text
from promoter_view.reading.commits.carried import CommitRole, NamedCommit
from promoter_view.reading.commits.question import CommitQuestion
from promoter_view.reading.commits.relations import NOT_RELATED, CommitRelation, Related

_MOST_SUBJECT = 300
_SUCCEEDED = "Succeeded"
_ENDED = frozenset((_SUCCEEDED, "Failed", "Errored", "Aborted"))
_MOST_ARTIFACTS = 200


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of Freight: its name and alias, its commits, and the tags, digests and versions of its artifacts."""

    name: str
    alias: str = ""
    commits: tuple[NamedCommit, ...] = ()
    words: tuple[str, ...] = ()

    def is_meant(self, question: CommitQuestion) -> bool:
        """Whether it, or something of it, is asked for."""
        return question.names(self.name) or any(self.meant(question)) or self._has_word(question)

    def meant(self, question: CommitQuestion) -> Iterator[NamedCommit]:
        """The commits of it that are asked for."""
        return (commit for commit in self.commits if question.names(commit.sha))

    def of(self, shas: Collection[str]) -> Iterator[NamedCommit]:
        """The commits of it that have one of those shas."""
        return (commit for commit in self.commits if commit.sha in shas)

    def _has_word(self, question: CommitQuestion) -> bool:
        return any(question.means(word) or question.names(word) for word in self.words)


@dataclass(frozen=True, slots=True, eq=False)
class StageFreight:
    """``entries``: what the Stage has, and what it had, the newest first; ``current``: what is being promoted."""

    entries: tuple[tuple[Piece, ...], ...]
    current: tuple[Piece, ...]

    @property
    def pieces(self) -> Iterator[Piece]:
        """All of it."""
        return chain(self.current, *self.entries)


@dataclass(frozen=True, slots=True, eq=False)
class PromotedFreight:
    """What a Promotion brings; ``finished`` is RFC 3339, "" until then."""

    name: str
    ended: bool
    succeeded: bool
    finished: str
    pieces: tuple[Piece, ...]


def read_stage(stage: Mapping[str, Any]) -> StageFreight:
    """Of the Stage itself."""
    status = mapping(stage, "status")
    entries = tuple(tuple(_collection(entry)) for entry in mappings(status, "freightHistory"))
    current = mapping(status, "currentPromotion", "freight")
    return StageFreight(entries, tuple(_pieces([current])))


def read_promotion(promotion: Mapping[str, Any]) -> PromotedFreight:
    """Of a Promotion."""
    status = mapping(promotion, "status")
    named = [{"name": text(promotion, "spec", "freight")}, mapping(status, "freight")]
    phase = text(status, "phase")
    return PromotedFreight(
        text(promotion, "metadata", "name"),
        phase in _ENDED,
        phase == _SUCCEEDED,
        text(status, "finishedAt"),
        (*_pieces(named), *_collection(mapping(status, "freightCollection"))),
    )


def read_freight(freight: Mapping[str, Any]) -> Piece:
    """Of the Freight itself."""
    return _piece(freight, text(freight, "metadata", "name"), text(freight, "alias"))


def relate_stage(stage: StageFreight, promotions: Sequence[PromotedFreight], names: frozenset[str]) -> Related:
    """What the Freight of those names is to the Stage. ``promotions`` come in the order of their creation."""
    if any(_holds(entry, names) for entry in stage.entries[:1]):
        return Related(CommitRelation.LIVE, _finished(promotions, names))
    if _holds(stage.current, names) or any(not each.ended and _holds(each.pieces, names) for each in promotions):
        return Related(CommitRelation.NEXT)
    newer = next((piece.name for entry in stage.entries[:1] for piece in entry), "")
    if any(_holds(entry, names) for entry in stage.entries[1:]):
        return Related(CommitRelation.DELIVERED, _finished(promotions, names), newer)
    tried = [place for place, each in enumerate(promotions) if _holds(each.pieces, names)]
    if tried and any(each.succeeded for each in promotions[tried[-1] + 1 :]):
        return Related(CommitRelation.OVERTAKEN, by=newer)
    return NOT_RELATED


def _holds(pieces: Iterable[Piece], names: frozenset[str]) -> bool:
    return any(piece.name in names for piece in pieces)


def _finished(promotions: Sequence[PromotedFreight], names: frozenset[str]) -> str:
    """When the newest Promotion that brought it ended."""
    found = [each.finished for each in promotions if each.succeeded and _holds(each.pieces, names)]
    return found[-1] if found else ""


def _collection(found: Mapping[str, Any]) -> Iterator[Piece]:
    return _pieces(mapping(found, "items").values())


def _pieces(found: Iterable[Any]) -> Iterator[Piece]:
    return (_piece(each, text(each, "name")) for each in found if text(each, "name"))


def _piece(found: Mapping[str, Any], name: str, alias: str = "") -> Piece:
    commits = [*mappings(found, "commits")][:_MOST_ARTIFACTS]
    words = [text(commit, "tag") for commit in commits]
    for image in [*mappings(found, "images")][:_MOST_ARTIFACTS]:
        words += (text(image, "tag"), text(image, "digest"))
    words += (text(chart, "version") for chart in [*mappings(found, "charts")][:_MOST_ARTIFACTS])
    return Piece(name, alias, tuple(_commit(each) for each in commits), tuple(filter(None, words)))


def _commit(found: Mapping[str, Any]) -> NamedCommit:
    subject = next(iter(text(found, "message").splitlines()), "")[:_MOST_SUBJECT]
    return NamedCommit(
        text(found, "id"), CommitRole.FREIGHT, subject, text(found, "author"), "", text(found, "repoURL")
    )

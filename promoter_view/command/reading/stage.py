"""A Stage's details as frozen values: what it has and had, what could come, what its Promotions came to. Pure.

What is of the wrong shape counts as absent, so nothing here raises.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, NamedTuple

from promoter_view.decoded import mapping, mappings, moment, text, texts
from promoter_view.stages.health import Health
from promoter_view.views.stage.columns import freight_name
from promoter_view.views.stage.reading import ComingFreight, read_auto, read_availability, read_next


class ToldFreight(NamedTuple):
    """A piece of Freight by its name, and as people call it."""

    name: str
    called: str

    def matches(self, wanted: str) -> bool:
        """Whether it is what somebody asks for: by its alias, or by its name or the beginning of that."""
        return wanted == self.called or self.name.startswith(wanted)


class ToldPromotion(NamedTuple):
    """A Promotion: of which Freight, its phase and message, when it ended."""

    name: str
    freight: ToldFreight
    phase: str
    message: str = ""
    ended: datetime | None = None


@dataclass(frozen=True, slots=True)
class ToldStage:
    """A Stage. ``freight``: what it has, ``past``: what it had; ``coming``: what is newer, ``next``: first of that.

    ``promotions`` in the order of their creation. ``current`` is the one under way, ``last`` the last that ended.
    """

    namespace: str
    name: str
    state: str = Health.UNKNOWN
    since: datetime | None = None
    message: str = ""
    promoting: bool = False
    freight: tuple[ToldFreight, ...] = ()
    past: tuple[ToldFreight, ...] = ()
    coming: tuple[ComingFreight, ...] = ()
    next: tuple[ComingFreight, ...] = ()
    promotions: tuple[ToldPromotion, ...] = ()
    current: ToldPromotion | None = None
    last: ToldPromotion | None = None

    @property
    def title(self) -> str:
        """Namespace and name."""
        return f"{self.namespace}/{self.name}"


def read_stage(document: Mapping[str, Any]) -> ToldStage:
    """Of StageDetails."""
    status, stage = mapping(document, "status"), mapping(document, "stage", "status")
    freight = tuple(
        ToldFreight(text(each, "metadata", "name"), freight_name(each)) for each in mappings(document, "freight")
    )
    auto = read_auto(status)
    coming = tuple(
        replace(each, auto=auto.get(each.warehouse, ""))
        for each in read_availability(mapping(document, "availability"))
    )
    names = {each.name: each.called for each in freight} | {each.name: each.called for each in coming}
    promotions = tuple(_promotion(each, names) for each in mappings(document, "promotions"))
    known = {each.name: each for each in promotions}
    return ToldStage(
        namespace=text(document, "metadata", "namespace"),
        name=text(document, "metadata", "name"),
        state=text(status, "state") or text(document, "health", "status") or Health.UNKNOWN,
        since=moment(status, "since"),
        message=text(status, "message") or "; ".join(texts(document, "health", "issues")[:1]),
        promoting=status.get("promoting") is True,
        freight=freight,
        past=tuple(_past(stage, names)),
        coming=coming,
        next=read_next(status),
        promotions=promotions,
        current=_of_stage(mapping(stage, "currentPromotion"), known, names),
        last=_of_stage(mapping(stage, "lastPromotion"), known, names),
    )


def _past(stage: Mapping[str, Any], names: Mapping[str, str]) -> Iterator[ToldFreight]:
    for entry in list(mappings(stage, "freightHistory"))[1:]:
        for piece in mapping(entry, "items").values():
            yield _called(text(piece, "name"), names)


def _called(name: str, names: Mapping[str, str]) -> ToldFreight:
    return ToldFreight(name, names.get(name) or name[:7])


def _promotion(found: Mapping[str, Any], names: Mapping[str, str]) -> ToldPromotion:
    status = mapping(found, "status")
    freight = _called(text(found, "spec", "freight"), names)
    name, phase = text(found, "metadata", "name"), text(status, "phase") or "Pending"
    return ToldPromotion(name, freight, phase, text(status, "message"), moment(status, "finishedAt"))


def _of_stage(
    found: Mapping[str, Any], known: Mapping[str, ToldPromotion], names: Mapping[str, str]
) -> ToldPromotion | None:
    """As the Stage's status names it; what that lacks the Promotion itself says."""
    name = text(found, "name")
    if not name:
        return None
    whole = known.get(name) or ToldPromotion(name, _called("", names), "Running")
    freight, status = text(found, "freight", "name"), mapping(found, "status")
    return ToldPromotion(
        name,
        _called(freight, names) if freight else whole.freight,
        text(status, "phase") or whole.phase,
        text(status, "message") or whole.message,
        moment(found, "finishedAt") or moment(status, "finishedAt") or whole.ended,
    )

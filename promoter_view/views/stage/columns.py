"""What ``kubectl get stagedetails`` shows: columns, and a bundle's cells. Pure.

The cells are made for a terminal: one line each, a bounded width, ``<none>`` for what is not there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from promoter_view.decoded import mapping, mappings, text, texts
from promoter_view.views.ages import age
from promoter_view.views.contents import BundleContents, Contents
from promoter_view.views.definition import Cell, Column
from promoter_view.views.status.messages import clipped

NONE = "<none>"
_SHORT_NAME = 7
_MOST_FREIGHT = 4
_MOST_CHARACTERS = 120

_FREIGHT, _APPLICATION = "Freight", "Application"

COLUMNS: tuple[Column, ...] = (
    Column("Stage", "string", "name", "The name of the Stage and of its details."),
    Column("Freight", "string", "", "The Stage's current Freight, by alias.", 0, _FREIGHT),
    Column("Health", "string", "", "Healthy, Progressing, Unknown, Unhealthy or NotApplicable."),
    Column("Apps", "string", "", "Its healthy Applications, and all its Applications.", 0, _APPLICATION),
    Column("Last Promotion", "string", "", "The newest Promotion and its phase."),
    Column("Age", "date", "", "Time since the Stage was created."),
    Column("Issues", "string", "", "Why it is not healthy.", 1, _APPLICATION),
    Column("Next", "string", "", "The newest Freight that could be promoted to it, and why not yet.", 1, _FREIGHT),
)


class Judged(NamedTuple):
    """An Application by (namespace, name), and what is said of its health."""

    key: tuple[str, str]
    health: str


def cells(contents: Contents) -> Sequence[Cell]:
    """What makes the cells of a bundle, in the order of ``COLUMNS``."""
    return (
        lambda: contents.name,
        lambda: _freight(contents.each("freight", freight_name)),
        lambda: contents.status(read_state) or contents.one("health", read_status) or NONE,
        lambda: "{}/{}".format(*application_counts(contents)),
        lambda: contents.root(_last_promotion),
        lambda: age(contents.created),
        lambda: contents.one("health", _issues),
        lambda: contents.status(_next),
    )


def application_counts(contents: Contents) -> tuple[int, int]:
    """How many Applications are healthy, and how many there are: those shown, and those that are checked.

    Where the Stage's health checks have a verdict it counts, else Argo CD's own.
    """
    states = dict(contents.each("applications", _own_health))
    states |= dict(contents.one("health", _verdicts))
    return sum(state == "Healthy" for state in states.values()), len(states)


def application_steps(contents: BundleContents) -> Iterator[None]:
    """Reads what ``application_counts`` wants, an Application a step."""
    return contents.steps("applications", _own_health)


def read_state(status: Mapping[str, Any]) -> str:
    """The Stage's state, as its status says it."""
    return text(status, "state")


def read_status(health: Mapping[str, Any]) -> str:
    """The Stage's state, as its health says it."""
    return text(health, "status")


def _own_health(application: Mapping[str, Any]) -> Judged:
    return Judged(_name(application.get("metadata")), text(application, "status", "health", "status"))


def _verdicts(health: Mapping[str, Any]) -> tuple[Judged, ...]:
    return tuple(Judged(_name(each), text(each, "status")) for each in mappings(health, "checks"))


def freight_name(freight: Mapping[str, Any]) -> str:
    """How people call a piece of Freight: by its alias, else by the beginning of its name."""
    return text(freight, "alias") or text(freight, "metadata", "name")[:_SHORT_NAME]


def _freight(names: list[str]) -> str:
    shown = ",".join(names[:_MOST_FREIGHT])
    more = len(names) - _MOST_FREIGHT
    return _clipped(f"{shown} + {more} more..." if more > 0 else shown) or NONE


def _last_promotion(stage: Mapping[str, Any]) -> str:
    """Of a Stage with Targets the PromotionRequest, in whose place its Promotions are."""
    status = mapping(stage, "status")
    current = mapping(status, "currentPromotion") or mapping(status, "currentPromotionRequest")
    newest = current or mapping(status, "lastPromotion") or mapping(status, "lastPromotionRequest")
    phase = text(newest, "status", "phase") or text(newest, "phase") or ("Running" if current else "")
    return _clipped(" ".join(filter(None, (text(newest, "name"), phase)))) or NONE


def _issues(health: Mapping[str, Any]) -> str:
    told = texts(health, "issues")
    if not told:
        return NONE
    more = f" + {len(told) - 1} more..." if len(told) > 1 else ""
    return _clipped(" ".join(told[0].split())) + more


def _next(status: Mapping[str, Any]) -> str:
    return _clipped("; ".join(_coming(each) for each in mappings(status, "next"))) or NONE


def _coming(found: Mapping[str, Any]) -> str:
    """``wise-owl``, or ``wise-owl: soaks in test, for 1h0m0s`` of one that the Stage may not take yet."""
    name = text(found, "alias") or text(found, "freight")[:_SHORT_NAME]
    return name if text(found, "state") == "Available" else f"{name}: {text(found, 'message')}"


def _name(value: Any) -> tuple[str, str]:
    return text(value, "namespace"), text(value, "name")


def _clipped(words: str) -> str:
    return clipped(words, _MOST_CHARACTERS)

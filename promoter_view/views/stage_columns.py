"""What ``kubectl get stagedetails`` shows: columns, and a bundle's cells. Pure.

The cells are made for a terminal: one line each, a bounded width, ``<none>`` for what is not there.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from promoter_view.decoded import mapping, mappings, text
from promoter_view.views.ages import age
from promoter_view.views.definition import Column

NONE = "<none>"
_SHORT_NAME = 7
_MOST_FREIGHT = 4
_MOST_CHARACTERS = 120

_FREIGHT, _APPLICATION = "Freight", "Application"

COLUMNS: tuple[Column, ...] = (
    Column("Stage", "string", "name", "The Stage's name, which is also that of its details."),
    Column("Freight", "string", "", "The Freight that it has, by alias.", 0, _FREIGHT),
    Column("Health", "string", "", "Healthy, Progressing, Unknown or Unhealthy.", 0, _APPLICATION),
    Column("Apps", "string", "", "Its Applications that are healthy, of all.", 0, _APPLICATION),
    Column("Last Promotion", "string", "", "The newest Promotion that it knows of, and its phase."),
    Column("Age", "date", "", "Time since the Stage was created."),
    Column("Issues", "string", "", "Why it is not healthy.", 1, _APPLICATION),
)


def cells(bundle: Mapping[str, Any]) -> list[Any]:
    """The cells of a decoded bundle, in the order of ``COLUMNS``."""
    healthy, known = application_counts(bundle)
    return [
        text(bundle, "metadata", "name"),
        _freight(bundle),
        text(bundle, "health", "status") or NONE,
        f"{healthy}/{known}",
        _last_promotion(bundle),
        age(text(bundle, "metadata", "creationTimestamp")),
        _issues(bundle),
    ]


def application_counts(bundle: Mapping[str, Any]) -> tuple[int, int]:
    """How many Applications are healthy, and how many there are: those shown, and those that are checked.

    Where the Stage's health checks have a verdict it counts, else Argo CD's own.
    """
    own = {
        _name(each.get("metadata")): text(each, "status", "health", "status")
        for each in mappings(bundle, "applications")
    }
    verdicts = {_name(each): text(each, "status") for each in mappings(bundle, "health", "checks")}
    states = {**own, **verdicts}
    return sum(state == "Healthy" for state in states.values()), len(states)


def freight_name(freight: Mapping[str, Any]) -> str:
    """How people call a piece of Freight: by its alias, else by the beginning of its name."""
    return text(freight, "alias") or text(freight, "metadata", "name")[:_SHORT_NAME]


def _freight(bundle: Mapping[str, Any]) -> str:
    names = [freight_name(each) for each in mappings(bundle, "freight")]
    shown = ",".join(names[:_MOST_FREIGHT])
    more = len(names) - _MOST_FREIGHT
    return _clipped(f"{shown} + {more} more..." if more > 0 else shown) or NONE


def _last_promotion(bundle: Mapping[str, Any]) -> str:
    status = mapping(bundle, "stage", "status")
    current, last = mapping(status, "currentPromotion"), mapping(status, "lastPromotion")
    newest = current or last
    phase = text(newest, "status", "phase") or ("Running" if current else "")
    return _clipped(" ".join(filter(None, (text(newest, "name"), phase)))) or NONE


def _issues(bundle: Mapping[str, Any]) -> str:
    issues = mapping(bundle, "health").get("issues")
    told = [issue for issue in issues if isinstance(issue, str)] if isinstance(issues, list) else []
    if not told:
        return NONE
    more = f" + {len(told) - 1} more..." if len(told) > 1 else ""
    return _clipped(" ".join(told[0].split())) + more


def _name(value: Any) -> tuple[str, str]:
    return text(value, "namespace"), text(value, "name")


def _clipped(words: str) -> str:
    return words if len(words) <= _MOST_CHARACTERS else words[: _MOST_CHARACTERS - 3] + "..."

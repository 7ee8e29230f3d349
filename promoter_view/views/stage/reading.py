"""``availability`` and ``status.next`` of StageDetails read back: the one reader for pages and commands. Pure.

What is of another shape counts as absent.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from promoter_view.decoded import mappings, moment, text, texts
from promoter_view.views.stage.availability import FreightState

_SHORT_NAME = 7
_STATES = {state.value: state for state in FreightState}


@dataclass(frozen=True, slots=True)
class ComingFreight:
    """Freight that a Stage does not have. ``called``: by its alias, else by the beginning of its name.

    ``since``: the Stage may take it; ``until``: it soaks. ``auto``: Enabled or Held, "" where no policy is known of.
    """

    name: str
    called: str
    warehouse: str
    state: FreightState
    message: str
    found: datetime | None = None
    since: datetime | None = None
    until: datetime | None = None
    verified_in: frozenset[str] = frozenset()
    approved_for: frozenset[str] = frozenset()
    auto: str = ""

    @property
    def soaks_until(self) -> datetime | None:
        """When it has soaked for long enough, of one that soaks."""
        return self.until if self.state is FreightState.WAITING else None

    def is_available(self, now: datetime) -> bool:
        """Whether the Stage may take it at that time."""
        soaked = self.state is FreightState.WAITING and self.until is not None and self.until <= now
        return soaked or self.state is FreightState.AVAILABLE


def read_availability(availability: Mapping[str, Any]) -> tuple[ComingFreight, ...]:
    """All that is told of, the newest first."""
    return tuple(_coming(each, "name") for each in mappings(availability, "freight"))


def read_next(status: Mapping[str, Any]) -> tuple[ComingFreight, ...]:
    """What comes next, of each Warehouse."""
    return tuple(_coming(each, "freight") for each in mappings(status, "next"))


def read_auto(status: Mapping[str, Any]) -> Mapping[str, str]:
    """By Warehouse Enabled or Held, where a policy promotes its Freight."""
    return {each.warehouse: each.auto for each in read_next(status) if each.auto}


def _coming(found: Mapping[str, Any], name: str) -> ComingFreight:
    return ComingFreight(
        name=text(found, name),
        called=text(found, "alias") or text(found, name)[:_SHORT_NAME],
        warehouse=text(found, "warehouse"),
        state=_STATES.get(text(found, "state"), FreightState.QUEUED),
        message=text(found, "message"),
        found=moment(found, "discoveredAt"),
        since=moment(found, "since"),
        until=moment(found, "until"),
        verified_in=frozenset(texts(found, "verifiedIn")),
        approved_for=frozenset(texts(found, "approvedFor")),
        auto=text(found, "autoPromotion"),
    )

"""What a change of a Stage means to people: Promotions that begin and end, Freight that comes, health. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from promoter_view.dashboard.events import Event, Item
from promoter_view.dashboard.stages.rows import Deed, StageRow


def compare_stages(before: StageRow | None, after: StageRow | None) -> Iterator[Item]:
    """What happened between the two."""
    if before is None or after is None:
        if before is not None or after is not None:
            yield Item(Event.CREATED if before is None else Event.DELETED)
        return
    if after.current is not None and _name(before.current) != after.current.name:
        yield Item(Event.STARTED, by=after.current.name, subject=after.current.freight)
    if after.last is not None and (_name(before.last), _phase(before.last)) != (after.last.name, after.last.phase):
        yield _ended(before, after, after.last)
    if before.state is not after.state:
        yield Item(Event.STATE, before=before.state.word, after=after.state.word, subject=after.issue)


def _ended(before: StageRow, after: StageRow, last: Deed) -> Item:
    if last.phase != "Succeeded":
        return Item(Event.FAILED, by=f"{last.name} {last.phase}", subject=last.message)
    return Item(Event.PROMOTED, before=", ".join(before.freight), after=", ".join(after.freight), subject=last.name)


def _name(deed: Deed | None) -> str:
    return deed.name if deed is not None else ""


def _phase(deed: Deed | None) -> str:
    return deed.phase if deed is not None else ""

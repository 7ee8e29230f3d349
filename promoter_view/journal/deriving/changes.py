"""The happenings of one change of one bundle, of whichever view. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from promoter_view.journal.deriving.stages import read_stage_story, stage_happened, stage_steps
from promoter_view.journal.deriving.strategies import happened, read_story, story_steps
from promoter_view.journal.entries import EventType, Happening
from promoter_view.records import Bundle, BundleChange
from promoter_view.views.contents import BundleContents, Readings
from promoter_view.views.promotion_strategy.details import PROMOTION_STRATEGY_DETAILS
from promoter_view.views.stage.details import STAGE_DETAILS


class _Way(NamedTuple):
    """How the bundles of a view are told of: read in steps, then read, then compared."""

    steps: Callable[[BundleContents], Iterator[None]]
    read: Callable[[BundleContents], Any]
    compare: Callable[[Any, Any], Iterator[Happening]]


WAYS: Mapping[str, _Way] = {
    PROMOTION_STRATEGY_DETAILS.plural: _Way(story_steps, read_story, happened),
    STAGE_DETAILS: _Way(stage_steps, read_stage_story, stage_happened),
}


def read_steps(change: BundleChange, readings: Readings) -> Iterator[None]:
    """Reads what ``derive`` wants of it, a member a step."""
    for bundle in (change.before, change.after):
        if bundle is not None:
            yield from WAYS[change.key.view].steps(BundleContents(bundle, readings))


def derive(change: BundleChange, readings: Readings) -> Iterator[Happening]:
    """What happened. A bundle that is made anew under the same name is one that went and one that came."""
    before, after, way = change.before, change.after, WAYS[change.key.view]
    if before is not None and after is not None and before.uid == after.uid:
        yield from way.compare(_story(before, way, readings), _story(after, way, readings))
        return
    if before is not None:
        yield Happening(EventType.DELETED)
    if after is not None:
        yield Happening(EventType.CREATED)


def _story(bundle: Bundle, way: _Way, readings: Readings) -> Any:
    return way.read(BundleContents(bundle, readings))

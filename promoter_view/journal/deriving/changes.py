"""The happenings of one change of one bundle, of whichever view. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from promoter_view.journal.deriving.stages import read_stage_story, stage_happened, stage_steps
from promoter_view.journal.deriving.strategies import happened, read_story, story_steps
from promoter_view.journal.entries import EventType, Happening
from promoter_view.records import BundleChange
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


def derive_steps(change: BundleChange, readings: Readings, found: list[Happening]) -> Iterator[None]:
    """Adds what happened to ``found``, once all is read, a member a step.

    A bundle that is made anew under the same name is one that went and one that came.
    """
    before, after, way = change.before, change.after, WAYS[change.key.view]
    if before is None or after is None or before.uid != after.uid:
        found += [Happening(EventType.DELETED)] if before is not None else []
        found += [Happening(EventType.CREATED)] if after is not None else []
        return
    was, now = (BundleContents(bundle, readings) for bundle in (before, after))
    yield from way.steps(was)
    yield from way.steps(now)
    found += way.compare(way.read(was), way.read(now))

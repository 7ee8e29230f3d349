"""What the dashboard has read of bundles: its activity, its rows and its pages share it. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from promoter_view.dashboard.stages.rows import StageRow, read_stage_row, stage_row_steps
from promoter_view.dashboard.strategies.environments import Strategy, read_policy, read_specs, read_strategy
from promoter_view.records import Bundle
from promoter_view.views.contents import BundleContents, Readings
from promoter_view.views.promotion_strategy.summary import POLICIES
from promoter_view.views.stage.details import STAGE_DETAILS

#: Bundles that are kept as they were read: both sides of a change, for the few that want the same one in turn.
_KEPT_BUNDLES = 8


class Reading:
    """Reads bundles. ``contents`` gives one to be read member by member, ``strategy`` and ``stage_row`` all that the
    activity and the rows want of it; ``readings`` is what was read of members.
    """

    def __init__(self, readings: Readings | None = None) -> None:
        self._readings = readings or Readings()
        self.contents = lru_cache(maxsize=_KEPT_BUNDLES)(self._contents)
        self.strategy = lru_cache(maxsize=_KEPT_BUNDLES)(self._strategy)
        self.stage_row = lru_cache(maxsize=_KEPT_BUNDLES)(self._stage_row)

    def steps(self, bundle: Bundle | None) -> Iterator[None]:
        """Reads what ``strategy`` wants of a bundle, a member a step."""
        if bundle is None:
            return
        contents = self.contents(bundle)
        if bundle.key.view == STAGE_DETAILS:
            yield from stage_row_steps(contents)
        else:
            yield from contents.steps(POLICIES, read_policy)
            contents.root(read_specs)
            yield

    def _contents(self, bundle: Bundle) -> BundleContents:
        return BundleContents(bundle, self._readings)

    def _strategy(self, bundle: Bundle) -> Strategy:
        return read_strategy(self.contents(bundle), read_policy)

    def _stage_row(self, bundle: Bundle) -> StageRow:
        return read_stage_row(self.contents(bundle))

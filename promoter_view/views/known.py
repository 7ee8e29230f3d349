"""The views that this program has. All are always projected, whatever is served, so that no option moves a place."""

from __future__ import annotations

from promoter_view.views.definition import ViewDefinition
from promoter_view.views.promotion_strategy_details import PROMOTION_STRATEGY_DETAILS

DEFINITIONS: tuple[ViewDefinition, ...] = (PROMOTION_STRATEGY_DETAILS,)

"""The views that this program has. All are always projected, whatever is served, so that no option moves a place."""

from __future__ import annotations

from promoter_view.views.definition import ViewDefinition
from promoter_view.views.promotion_strategy.details import PROMOTION_STRATEGY_DETAILS
from promoter_view.views.stage.details import stage_details


def definitions(argocd_namespace: str = "argocd") -> tuple[ViewDefinition, ...]:
    """``argocd_namespace`` is that of Applications which a Stage's health check names without one."""
    return PROMOTION_STRATEGY_DETAILS, stage_details(argocd_namespace)


#: Those of a program without options.
DEFINITIONS = definitions()

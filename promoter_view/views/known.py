"""The views that this program has. All are always projected, whatever is served, so that no option moves a place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from promoter_view.views.definition import ViewDefinition
from promoter_view.views.promotion_strategy.details import PROMOTION_STRATEGY_DETAILS
from promoter_view.views.stage.details import STAGE_DETAILS, stage_details

#: Where the dashboard has the page of a bundle, below its root.
PAGES = {PROMOTION_STRATEGY_DETAILS.plural: "strategies", STAGE_DETAILS: "stages"}


def definitions(argocd_namespace: str = "argocd", dashboard_url: str = "") -> tuple[ViewDefinition, ...]:
    """``argocd_namespace`` is that of Applications which a Stage's health check names without one.

    ``dashboard_url``: where people find the dashboard, for the addresses of pages; "" where they are not told.
    """
    found = PROMOTION_STRATEGY_DETAILS, stage_details(argocd_namespace)
    return tuple(_with_page(each, dashboard_url) for each in found) if dashboard_url else found


def _with_page(definition: ViewDefinition, dashboard_url: str) -> ViewDefinition:
    pages = f"{dashboard_url.rstrip('/')}/{PAGES[definition.plural]}"
    status = definition.status
    return definition if status is None else replace(definition, status=replace(status, pages=pages))


#: Those of a program without options.
DEFINITIONS = definitions()
#: The fields by which the bundles of a view can be selected, beside name and namespace, by plural.
SELECTORS: Mapping[str, tuple[str, ...]] = {each.plural: each.selectors for each in DEFINITIONS}
#: The words that ``status.state`` of a view's bundles may be, by plural.
STATES: Mapping[str, tuple[str, ...]] = {
    each.plural: () if each.status is None else each.status.states for each in DEFINITIONS
}

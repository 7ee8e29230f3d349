"""What ``--role`` makes of the program: what is reflected, how bundles come of it, and which views the API serves."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from promoter_view.kubernetes.cleaning import CleaningRules
from promoter_view.kubernetes.kinds import PROMOTER_GROUP, REFLECTED_KINDS
from promoter_view.kubernetes.paths import list_paths, reflected_paths
from promoter_view.kubernetes.supervise import rules_of
from promoter_view.records import ListPath
from promoter_view.settings import Settings
from promoter_view.views.bundles import Drafts, View
from promoter_view.views.definition import ViewDefinition
from promoter_view.views.reflected import ReflectedView, reflected_kind


@dataclass(frozen=True, slots=True)
class Role:
    """``rules`` are by kind. ``aggregated``: what is reflected is an aggregated API, which may be away."""

    paths: Sequence[ListPath]
    rules: Mapping[str, CleaningRules]
    make_view: Callable[[ViewDefinition], Drafts]
    served: Sequence[ViewDefinition]
    aggregated: bool


def role_of(settings: Settings, definitions: Sequence[ViewDefinition]) -> Role:
    """As a dashboard only the bundles of the definitions are reflected, as they come; else what they are joined of."""
    if settings.role == "dashboard":
        paths = tuple(path for each in definitions for path in _paths_of(each, settings))
        bare = {each.kind: CleaningRules(reflected_kind(each), keep_version=False) for each in definitions}
        return Role(paths, bare, ReflectedView, (), aggregated=True)
    paths = reflected_paths(settings.namespace, settings.instance_id, settings.argocd_namespace)
    rules = rules_of(REFLECTED_KINDS, show_web_request_bodies=settings.show_web_request_bodies)
    return Role(paths, rules, View, definitions, aggregated=False)


def _paths_of(definition: ViewDefinition, settings: Settings) -> Sequence[ListPath]:
    """Bundles have the labels of their roots, and only the promoter's own are of an instance."""
    instance = settings.instance_id if definition.root.group == PROMOTER_GROUP else None
    return list_paths((reflected_kind(definition),), settings.namespace, instance)

"""What ``--role`` makes of the program: what is reflected, how bundles come of it, and which views the API serves."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from promoter_view.kubernetes.cleaning import CleaningRules
from promoter_view.kubernetes.kinds import (
    APPLICATION,
    KARGO_KINDS,
    PROJECT_CONFIG,
    PROMOTER_GROUP,
    PROMOTER_KINDS,
    REFLECTED_KINDS,
    Kind,
)
from promoter_view.kubernetes.paths import list_paths, reflected_paths
from promoter_view.kubernetes.reflecting.needs import Need
from promoter_view.kubernetes.reflecting.reflectors import rules_of
from promoter_view.kubernetes.undeclared.classification import Taken
from promoter_view.kubernetes.undeclared.reflecting import UndeclaredScope
from promoter_view.program.command_line.settings import Settings
from promoter_view.records import ListPath
from promoter_view.views.bundles import Drafts, View
from promoter_view.views.definition import DECLARED, ViewDefinition
from promoter_view.views.promotion_strategy.details import PROMOTION_STRATEGY_DETAILS
from promoter_view.views.reflected import ReflectedView, reflected_kind

#: What Promotions are run from.
_RUN = frozenset(kind.kind for kind in (*KARGO_KINDS, APPLICATION))


@dataclass(frozen=True, slots=True)
class Role:
    """``rules`` are by kind; ``shown`` are the views that ``--views`` names, ``served`` those of them the API serves.

    ``needs``: for which kinds a right is waited for. ``aggregated``: what is reflected is an aggregated API, which may
    be away. ``undeclared`` is there where kinds are looked for that no view declares.
    """

    paths: Sequence[ListPath]
    rules: Mapping[str, CleaningRules]
    make_view: Callable[[ViewDefinition], Drafts]
    shown: Sequence[ViewDefinition]
    served: Sequence[ViewDefinition]
    needs: Sequence[Need]
    aggregated: bool
    undeclared: UndeclaredScope | None = None


def role_of(settings: Settings, definitions: Sequence[ViewDefinition]) -> Role:
    """As a dashboard only the bundles of the definitions are reflected, as they come; else what they are joined of."""
    shown = tuple(each for each in definitions if each.plural in settings.program.views)
    if settings.program.role == "dashboard":
        paths = tuple(path for each in shown for path in _paths_of(each, settings))
        bare = {each.kind: CleaningRules(reflected_kind(each), keep_version=False) for each in shown}
        needs = tuple(Need(each.kind, frozenset((each.kind,))) for each in shown)
        make_view = partial(ReflectedView, declared_only=settings.access.member_authorization)
        return Role(paths, bare, make_view, shown, (), needs, aggregated=True)
    kinds = _kinds(settings, shown)
    paths = reflected_paths(
        kinds,
        settings.cluster.namespace,
        settings.cluster.instance_id,
        settings.argocd.namespace,
        argocd_elsewhere=settings.argocd.kubeconfig is not None,
    )
    rules = rules_of(
        kinds,
        show_web_request_bodies=settings.cluster.show_web_request_bodies,
        argocd_namespace=settings.argocd.namespace[0],
    )
    needs = _needs(shown, settings)
    undeclared = _undeclared(definitions, needs, settings) if _has_strategies(shown) else None
    return Role(paths, rules, View, shown, shown, needs, aggregated=False, undeclared=undeclared)


def past_rules(role: Role, settings: Settings) -> Mapping[str, CleaningRules]:
    """Today's of all kinds that an old log may hold, whatever is reflected now."""
    declared = rules_of(
        REFLECTED_KINDS,
        show_web_request_bodies=settings.cluster.show_web_request_bodies,
        argocd_namespace=settings.argocd.namespace[0],
    )
    return declared | dict(role.rules)


def _has_strategies(shown: Sequence[ViewDefinition]) -> bool:
    return any(each.plural == PROMOTION_STRATEGY_DETAILS.plural for each in shown)


def _undeclared(
    definitions: Sequence[ViewDefinition], needs: Sequence[Need], settings: Settings
) -> UndeclaredScope | None:
    """Names are taken whatever is shown: a log knows kinds by their names alone, and OpenAPI the views' beside them."""
    if not settings.cluster.discover_kinds:
        return None
    reach = settings.cluster
    views = (name for each in definitions for name in (each.kind, each.list_kind))
    fields = frozenset(field for each in definitions for field in each.fields)
    return UndeclaredScope(
        Taken(frozenset((*DECLARED, *views)), fields),
        lambda kind: list_paths((kind,), reach.namespace, reach.instance_id),
        needs,
    )


def _kinds(settings: Settings, shown: Sequence[ViewDefinition]) -> tuple[Kind, ...]:
    """What the views that are shown are made of, and what a shard's Promotions are: for others no right is needed.

    Policies nothing is made of: without the right to read them no Promotion is made by itself, and all else goes on.
    """
    wanted = frozenset(kind for each in shown for kind in _kinds_of(each))
    if settings.argocd.shard is not None:
        wanted |= _RUN
    strategies = PROMOTER_KINDS if PROMOTION_STRATEGY_DETAILS.root.kind in wanted else ()
    policies = (PROJECT_CONFIG,) if settings.argocd.auto_promotion else ()
    return (*strategies, *(kind for kind in (*KARGO_KINDS, APPLICATION) if kind.kind in wanted), *policies)


def _needs(shown: Sequence[ViewDefinition], settings: Settings) -> tuple[Need, ...]:
    """Each view its root and members; what Promotions are made of is needed whatever is shown."""
    views = tuple(Need(each.root.kind, _kinds_of(each)) for each in shown)
    return views if settings.argocd.shard is None else (*views, Need("", _RUN))


def _kinds_of(definition: ViewDefinition) -> frozenset[str]:
    return frozenset((definition.root.kind, *(member.kind for member in definition.members)))


def _paths_of(definition: ViewDefinition, settings: Settings) -> Sequence[ListPath]:
    """Bundles have the labels of their roots, and only the promoter's own are of an instance."""
    instance = settings.cluster.instance_id if definition.root.group == PROMOTER_GROUP else None
    return list_paths((reflected_kind(definition),), settings.cluster.namespace, instance)

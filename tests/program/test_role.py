"""What each role reflects and serves."""

from __future__ import annotations

from promoter_view.kubernetes.kinds import Kind
from promoter_view.kubernetes.reflecting.needs import Need
from promoter_view.program.command_line.parsing import settings
from promoter_view.program.role import Role, role_of
from promoter_view.records import ObjectKey
from promoter_view.slices import outcome
from promoter_view.views.bundles import View
from promoter_view.views.fields import Fields
from promoter_view.views.known import definitions
from promoter_view.views.promotion_strategy.details import PROMOTION_STRATEGY_DETAILS
from promoter_view.views.reflected import ReflectedView

DEFINITIONS = (PROMOTION_STRATEGY_DETAILS,)
GROUP = "/apis/view.promoter.argoproj.io/v1alpha1"


def role(name: str, **given: str) -> Role:
    chosen = settings({"role": name, "views": "promotionstrategydetails", **given}, {})
    return role_of(chosen, definitions(chosen.argocd.namespace[0]))


def test_roles_that_join() -> None:
    """The cluster's own kinds are reflected, and joined; the API serves every view."""
    for name in ("all", "apiserver"):
        found = role(name)
        assert (found.served, found.make_view, found.aggregated) == (DEFINITIONS, View, False)
        assert "/apis/promoter.argoproj.io/v1alpha1/pullrequests" in [path.url for path in found.paths]
        assert all(rules.keep_version for rules in found.rules.values())


def test_dashboard() -> None:
    """Only the views are reflected, as they come and without their resourceVersions; there is no API of its own."""
    found = role("dashboard")
    assert [path.id for path in found.paths] == [f"{GROUP}/promotionstrategydetails"]
    assert (found.served, found.aggregated) == ((), True)
    assert isinstance(found.make_view(PROMOTION_STRATEGY_DETAILS), ReflectedView)
    assert [rules.keep_version for rules in found.rules.values()] == [False]


def test_dashboard_that_asks_about_members() -> None:
    """It leaves out fields of kinds that it does not know: about these it could ask nobody."""
    for options, shown in (({}, True), ({"member-authorization": "true", "dashboard-auth": "token"}, False)):
        view = role("dashboard", **options).make_view(PROMOTION_STRATEGY_DETAILS)
        metadata = {"name": "shop", "namespace": "a", "uid": "u"}
        document = {"metadata": metadata, "promotionStrategy": {"a": 1}, "novelties": [1]}
        [key] = view.put(Fields(ObjectKey("PromotionStrategyDetails", "a", "shop"), document), b"")
        draft = outcome(view.draft(key))
        assert draft is not None
        assert (b',"novelties":' in draft.tail) is shown


def test_dashboard_of_some_namespaces_and_an_instance() -> None:
    """What is left out of reflecting is left out here, by namespace and by the label that bundles have of roots."""
    found = role("dashboard", **{"namespace": "a,b", "instance-id": "blue"})
    selector = "?labelSelector=promoter.argoproj.io/instance-id=blue"
    assert [path.id for path in found.paths] == [
        f"{GROUP}/namespaces/{namespace}/promotionstrategydetails{selector}" for namespace in ("a", "b")
    ]


def test_views() -> None:
    """What only a view needs that is not shown is not reflected; both are projected whatever is shown."""
    groups = {"promoter.argoproj.io": "promotionstrategydetails", "kargo.akuity.io": "stagedetails"}
    for views in (["promotionstrategydetails"], ["stagedetails"], ["promotionstrategydetails", "stagedetails"]):
        found = role("all", views=",".join(views))
        assert [each.plural for each in found.shown] == [each.plural for each in found.served] == views
        assert {groups.get(path.group, "stagedetails") for path in found.paths} == set(views)
        dashboard = role("dashboard", views=",".join(views))
        assert [path.plural for path in dashboard.paths] == [each.plural for each in dashboard.shown] == views
    shard = role("all", **{"views": "promotionstrategydetails", "argocd-shard": "blue"})
    assert {path.group for path in shard.paths} == {"promoter.argoproj.io", "kargo.akuity.io", "argoproj.io"}


def test_what_each_view_needs() -> None:
    """Root and members; Warehouses only where Promotions are run, and then whatever is shown."""
    strategies, stages = role("all", views="promotionstrategydetails,stagedetails").needs
    assert (strategies.root, len(strategies.kinds)) == ("PromotionStrategy", 15)
    assert stages == Need("Stage", frozenset({"Stage", "Promotion", "Freight", "Application"}))
    *_, shard = role("all", **{"argocd-shard": "blue"}).needs
    assert shard == Need("", stages.kinds | {"Warehouse"})
    [bundles] = role("dashboard").needs
    assert bundles == Need("PromotionStrategyDetails", frozenset({"PromotionStrategyDetails"}))


def test_where_applications_live() -> None:
    """Another default namespace of Applications is another rule for Stages, so that all bundles are built anew."""
    here, there = role("all", views="stagedetails"), role("all", **{"views": "stagedetails", "argocd-namespace": "x"})
    differing = [kind for kind, rules in here.rules.items() if rules.digest != there.rules[kind].digest]
    assert differing == ["Stage"]


def test_undeclared_kinds_are_looked_for_where_strategies_are_shown() -> None:
    """By the option, in the namespaces and of the instance that count for all others; no name of ours is free."""
    found = role("all", **{"discover-kinds": "true", "namespace": "a,b", "instance-id": "blue"}).undeclared
    assert found is not None
    selector = "?labelSelector=promoter.argoproj.io/instance-id=blue"
    paths = found.paths(Kind("Novelty", "novelties"))
    assert [path.id for path in paths] == [
        f"/apis/promoter.argoproj.io/v1alpha1/namespaces/{namespace}/novelties{selector}" for namespace in ("a", "b")
    ]
    assert {"Stage", "PromotionStrategyDetails", "StageDetailsList", "GitRepository"} <= found.taken.kinds
    assert {"metadata", "commitStatuses", "promotionStrategy"} <= found.taken.fields
    assert role("all").undeclared is None
    assert role("all", **{"discover-kinds": "true", "views": "stagedetails"}).undeclared is None

"""What is read of bundles to measure them: the state of each environment, and what was counted of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from promoter_view.measures.exposition import labels
from promoter_view.measures.measuring import Measured
from promoter_view.measures.stages import STAGE_FAMILIES, StageSeries
from promoter_view.measures.strategies import STRATEGY_FAMILIES, MeasuredEnvironment, StrategySeries
from promoter_view.records import Bundle, BundleKey
from promoter_view.views.contents import BundleContents, Contents, Readings
from promoter_view.views.definition import ViewDefinition
from promoter_view.views.promotion_strategy.details import PROMOTION_STRATEGY_DETAILS
from promoter_view.views.promotion_strategy.estimates.hops import UNKNOWN_HOP, strategy_hops
from promoter_view.views.promotion_strategy.estimates.stalled import stalled_at
from promoter_view.views.promotion_strategy.order import read_order
from promoter_view.views.promotion_strategy.order_gate import HISTORIES, POLICIES
from promoter_view.views.promotion_strategy.restores import RESTORES, read_restore
from promoter_view.views.promotion_strategy.state.reading import read_environment
from promoter_view.views.promotion_strategy.tally.environment import Tally, Written, read_tally
from promoter_view.views.promotion_strategy.tally.fold import Observed, tally
from promoter_view.views.promotion_strategy.tally.live_commits import by_branch, read_live_commits
from promoter_view.views.stage.columns import read_state
from promoter_view.views.stage.details import STAGE_DETAILS

_NOTHING = Tally()


def measured(definitions: Sequence[ViewDefinition]) -> Sequence[Measured]:
    """How the bundles of those views are measured."""
    strategies = Measured(
        PROMOTION_STRATEGY_DETAILS.plural, "promotion strategies", STRATEGY_FAMILIES, StrategyMeasures().measure
    )
    stages = Measured(STAGE_DETAILS, "Stages", STAGE_FAMILIES, measure_stage)
    plurals = {each.plural for each in definitions}
    return [each for each in (strategies, stages) if each.view in plurals]


class StrategyMeasures:
    """Measures promotion strategies."""

    def __init__(self) -> None:
        self._readings = Readings()
        self._tallies: dict[BundleKey, Mapping[str, Written]] = {}

    def measure(self, bundle: Bundle) -> StrategySeries:
        """The series of a bundle."""
        contents = BundleContents(bundle, self._readings)
        tallies = self._tallies[bundle.key] = tally(self._tallies.get(bundle.key, {}), _observed(contents))
        return StrategySeries(tuple(_environments(contents, tallies)))


def measure_stage(bundle: Bundle) -> StageSeries:
    """The series of a Stage's bundle."""
    found = labels({"namespace": bundle.key.namespace, "stage": bundle.key.name})
    return StageSeries(found, BundleContents(bundle, Readings()).status(read_state))


def _observed(contents: Contents) -> Observed:
    policies, histories = contents.each(POLICIES, read_live_commits), contents.each(HISTORIES, read_live_commits)
    restores = contents.each(RESTORES, read_restore)
    return Observed(contents.root(read_order), by_branch(policies), by_branch(histories), restores)


def _environments(contents: Contents, tallies: Mapping[str, Written]) -> Iterator[MeasuredEnvironment]:
    hops = strategy_hops(contents)
    for each in contents.environments(read_environment):
        found = {"namespace": contents.namespace, "strategy": contents.name, "environment": each.name}
        counted = read_tally(tallies.get(each.branch, ())) or _NOTHING
        stalled = stalled_at(each.state, each.since, hops.get(each.branch, UNKNOWN_HOP))
        since = 0 if each.since is None else int(each.since.timestamp())
        yield MeasuredEnvironment(
            labels(found), each.state, since, counted, None if stalled is None else stalled.timestamp()
        )

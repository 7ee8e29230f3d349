"""What is read of bundles to measure them: the state of each environment, and what was counted of it."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from datetime import datetime

from promoter_view.measures.exposition import labels
from promoter_view.measures.measuring import Measured
from promoter_view.measures.stages import STAGE_FAMILIES, StageSeries
from promoter_view.measures.strategies import STRATEGY_FAMILIES, MeasuredEnvironment, StrategySeries
from promoter_view.records import Bundle, BundleKey, Memory
from promoter_view.views.contents import BundleContents, Readings
from promoter_view.views.definition import ViewDefinition
from promoter_view.views.promotion_strategy.details import PROMOTION_STRATEGY_DETAILS
from promoter_view.views.promotion_strategy.estimates.deliveries import choose_pasts, read_delivered
from promoter_view.views.promotion_strategy.estimates.hops import UNKNOWN_HOP, hop_to, strategy_hops
from promoter_view.views.promotion_strategy.estimates.stalled import stalled_at
from promoter_view.views.promotion_strategy.order import read_order
from promoter_view.views.promotion_strategy.order_gate import HISTORIES, POLICIES
from promoter_view.views.promotion_strategy.state.reading import read_environment
from promoter_view.views.promotion_strategy.tally.environment import Tally, read_tally
from promoter_view.views.stage.columns import read_state
from promoter_view.views.stage.details import STAGE_DETAILS

#: What is remembered of a bundle now; None of one that is not there.
Remembered = Callable[[BundleKey], Memory | None]
_NOTHING = Tally()


def measured(definitions: Sequence[ViewDefinition], remembered: Remembered) -> Sequence[Measured]:
    """How the bundles of those views are measured."""
    strategies, stages = StrategyMeasures(remembered), StageMeasures()
    found = (
        Measured(
            PROMOTION_STRATEGY_DETAILS.plural,
            "promotion strategies",
            STRATEGY_FAMILIES,
            strategies.measure,
        ),
        Measured(STAGE_DETAILS, "Stages", STAGE_FAMILIES, stages.measure),
    )
    plurals = {each.plural for each in definitions}
    return [each for each in found if each.view in plurals]


class StrategyMeasures:
    """Measures promotion strategies."""

    def __init__(self, remembered: Remembered) -> None:
        self._remembered = remembered
        self._readings = Readings()

    def measure(self, bundle: Bundle) -> Generator[None, None, StrategySeries]:
        """The series of a bundle: a member that was not read yet, or an environment, a step."""
        memory, contents = self._remembered(bundle.key), BundleContents(bundle, self._readings)
        yield from self._steps(contents)
        tallies, usual = {} if memory is None else memory.tallies, strategy_hops(contents)
        found = []
        for each in contents.environments(read_environment):
            named = {"namespace": bundle.key.namespace, "strategy": bundle.key.name, "environment": each.name}
            stalled = stalled_at(each.state, each.since, usual.get(each.branch, UNKNOWN_HOP))
            counted = read_tally(tallies.get(each.branch, ())) or _NOTHING
            times = (_seconds(each.since) or 0, counted, _seconds(stalled))
            found.append(MeasuredEnvironment(labels(named), each.state, *times))
            yield
        return StrategySeries(tuple(found))

    def _steps(self, contents: BundleContents) -> Iterator[None]:
        yield from contents.environment_steps(read_environment)
        yield from contents.steps(POLICIES, read_delivered)
        yield from contents.steps(HISTORIES, read_delivered)
        told = choose_pasts(contents.each(POLICIES, read_delivered), contents.each(HISTORIES, read_delivered))
        for vertex in contents.root(read_order).vertices:
            hop_to(vertex, told)
            yield


class StageMeasures:
    """Measures Stages."""

    def __init__(self) -> None:
        self._readings = Readings()

    def measure(self, bundle: Bundle) -> Generator[None, None, StageSeries]:
        """The series of a bundle."""
        yield
        found = labels({"namespace": bundle.key.namespace, "stage": bundle.key.name})
        return StageSeries(found, BundleContents(bundle, self._readings).status(read_state))


def _seconds(moment: datetime | None) -> int | None:
    return None if moment is None else int(moment.timestamp())

"""What the engine asks of the steps of one Promotion: their expressions evaluated, their decisions, their defaults."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from promoter_view.kubernetes.selectors import LabelSelector
from promoter_view.promotions.automatic.marks import is_automatic
from promoter_view.promotions.objects import KnownObjects
from promoter_view.promotions.state.execution import Execution, PlannedStep
from promoter_view.promotions.steps.step import Step, StepContext, StepResult
from promoter_view.promotions.values import Promotion
from promoter_view.stages.application import Application
from promoter_view.stages.authorization import StageKey

if TYPE_CHECKING:
    from promoter_view.promotions.engine import StepRuns
    from promoter_view.promotions.steps.step import Applications


class Expressions(Protocol):
    """The expressions of one Promotion. ``execution`` is the run as far as it has come."""

    def holds(self, step: PlannedStep, execution: Execution) -> bool:
        """The value of a step's ``if``. Errors: CannotEvaluate (promotions/engine.py)."""

    def configure(self, step: PlannedStep, execution: Execution) -> Any:
        """A step's config. Errors: CannotEvaluate."""


class Lookups:
    """The Applications that steps ask for, and which: a change of those is a reason to run the step again.

    ``asked`` are names, ``selected`` namespaces and what selects in them.
    """

    def __init__(self, known: KnownObjects) -> None:
        self._known = known
        self.asked: set[tuple[str, str]] = set()
        self.selected: set[tuple[str, LabelSelector]] = set()
        self._confirmed: set[tuple[str, str]] = set()
        self._confirmed_namespaces: set[str] = set()

    def get(self, namespace: str, name: str) -> Application | None:
        """See Applications."""
        self.asked.add((namespace, name))
        return self._known.application(namespace, name)

    def unconfirmed(self) -> tuple[set[tuple[str, str]], set[str]]:
        """The names and the namespaces asked for that this did not give before."""
        listed = {namespace for namespace, _ in self.selected}
        names, namespaces = self.asked - self._confirmed, listed - self._confirmed_namespaces
        self._confirmed |= names
        self._confirmed_namespaces |= namespaces
        return names, namespaces

    @property
    def installed(self) -> bool:
        """Whether there can be Applications: Argo CD's CRD is there."""
        return self._known.has_applications

    def select(self, namespace: str, selector: LabelSelector) -> Sequence[Application]:
        """See Applications."""
        self.selected.add((namespace, selector))
        return [each for each in self._known.applications(namespace) if selector.matches(each.labels)]


class PromotionSteps:
    """The steps of one Promotion. ``steps`` are those that there are, by their ``uses``."""

    def __init__(
        self,
        steps: Mapping[str, Step],
        expressions: Expressions,
        *,
        stage: StageKey,
        promotion: Promotion,
        applications: Lookups,
        default_namespace: str,
    ) -> None:
        self._steps = steps
        self._expressions = expressions
        self._stage = stage
        self._promotion = promotion
        self._applications = applications
        self._default_namespace = default_namespace

    def known(self, uses: str) -> bool:
        """See StepRuns."""
        return uses in self._steps

    @property
    def names(self) -> Sequence[str]:
        """See StepRuns."""
        return sorted(self._steps)

    def holds(self, step: PlannedStep, execution: Execution) -> bool:
        """See StepRuns."""
        return self._expressions.holds(step, execution)

    def configure(self, step: PlannedStep, execution: Execution) -> Any:
        """See StepRuns."""
        return self._expressions.configure(step, execution)

    def run(self, step: PlannedStep, config: Any, execution: Execution, now: float) -> StepResult:
        """See StepRuns."""
        context = StepContext(
            stage=self._stage,
            promotion=self._promotion.name,
            alias=step.alias,
            config=config,
            applications=self._applications if self._applications.installed else None,
            default_namespace=self._default_namespace,
            now=now,
            actor="" if is_automatic(self._promotion) else self._promotion.actor,
            output=execution.state.get(step.alias),
        )
        return self._steps[step.uses].run(context)

    def timeout_seconds(self, uses: str) -> float:
        """See StepRuns."""
        return self._steps[uses].timeout_seconds

    def error_threshold(self, uses: str) -> int:
        """See StepRuns."""
        return self._steps[uses].error_threshold


if TYPE_CHECKING:
    _runs: type[StepRuns] = PromotionSteps
    _applications: type[Applications] = Lookups

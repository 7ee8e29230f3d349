"""The expressions of one Promotion: what names and functions mean in its variables, conditions and configs. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from promoter_view.decoded import mapping, text
from promoter_view.promotions.engine import CannotEvaluate
from promoter_view.promotions.expressions.evaluator import evaluate
from promoter_view.promotions.expressions.functions import FUNCTIONS
from promoter_view.promotions.expressions.json_texts import from_document
from promoter_view.promotions.expressions.library.durations import SECOND
from promoter_view.promotions.expressions.library.moments import Moment, moved
from promoter_view.promotions.expressions.metadata import ProjectObjects, metadata_functions
from promoter_view.promotions.expressions.parser import ExpressionParser
from promoter_view.promotions.expressions.scope import Budget, Scope
from promoter_view.promotions.expressions.steps_told import told_functions, told_names
from promoter_view.promotions.expressions.templates import render, render_text
from promoter_view.promotions.expressions.values import ExpressionError, Function, Struct, kind_of
from promoter_view.promotions.state.execution import Execution, PlannedStep
from promoter_view.promotions.steps.artifacts import FreightArtifacts
from promoter_view.promotions.values import Promotion, Stage


class PromotionExpressions:
    """Evaluates them anew each time: ``execution`` is the run as far as it has come.

    ``promotion`` has taken its Freight; ``alias`` is that Freight's, "" for none. ``ui_url`` is
    where Kargo's UI is, "" where nobody said. ``now`` is in seconds since 1970.
    """

    def __init__(
        self,
        parser: ExpressionParser,
        *,
        stage: Stage,
        promotion: Promotion,
        alias: str,
        objects: ProjectObjects,
        ui_url: str,
        now: float,
    ) -> None:
        self._parser = parser
        self._stage = stage
        self._promotion = promotion
        self._alias = alias
        self._objects = objects
        self._ui_url = ui_url
        self._now = Moment(int(now) * SECOND)

    def holds(self, step: PlannedStep, execution: Execution) -> bool:
        """The value of a step's ``if``: a bool, else it is an error. Errors: CannotEvaluate."""
        try:
            scope = self._scope(step, execution)
            found = render_text(step.condition, self._evaluation(scope))
        except ExpressionError as error:
            raise CannotEvaluate(str(error)) from error
        if not isinstance(found, bool):
            raise CannotEvaluate(f"it must evaluate to a boolean, got {kind_of(found)}")
        return found

    def configure(self, step: PlannedStep, execution: Execution) -> Any:
        """A step's config, with the value of each expression in it. Errors: CannotEvaluate."""
        try:
            return render(step.config, self._evaluation(self._scope(step, execution)))
        except ExpressionError as error:
            raise CannotEvaluate(f"config: {error}") from error

    def _scope(self, step: PlannedStep, execution: Execution) -> Scope:
        """What a step's ``if`` and config see: all there is. Its variables see no functions about steps."""
        functions = {**FUNCTIONS, **self._holdings().functions(), **metadata_functions(self._objects)}
        functions["now"] = Function(self._moment, 0, 1)
        names = {"ctx": self._context(step), "vars": {}}
        scope = self._with_variables(Scope(names, functions, Budget()), self._promotion.variables)
        scope = Scope({**scope.names, **told_names(step.alias, execution)}, functions, scope.budget)
        scope = self._with_variables(scope, step.variables)
        return Scope(scope.names, {**functions, **told_functions(step.alias, execution)}, scope.budget)

    def _moment(self, zone: Any = None) -> Moment:
        """The time of this pass, in a zone."""
        return self._now if zone is None else moved(self._now, zone)

    def _with_variables(self, scope: Scope, declared: Iterable[Mapping[str, Any]]) -> Scope:
        """Variables in their order: a later one may use the earlier, and goes over one of its name."""
        for variable in declared:
            name = text(variable, "name")
            try:
                value = from_document(render_text(text(variable, "value"), self._evaluation(scope)))
            except ExpressionError as error:
                raise ExpressionError(f"variable {name}: {error}") from error
            names = {**scope.names, "vars": {**scope.names["vars"], name: value}}
            scope = Scope(names, scope.functions, scope.budget)
        return scope

    def _evaluation(self, scope: Scope) -> Any:
        return lambda expression: evaluate(self._parser.parse(expression, scope.budget), scope)

    def _holdings(self) -> FreightArtifacts:
        items = mapping(self._promotion.collection, "items")
        return FreightArtifacts(
            requested=[request.warehouse for request in self._stage.requested],
            warehouses=lambda name: self._objects("Warehouse", name),
            freight=[mapping(item) for item in items.values()],
        )

    def _context(self, step: PlannedStep) -> Struct:
        promotion = self._promotion
        return _struct(
            "ctx",
            {
                "project": promotion.namespace,
                "stage": promotion.stage,
                "promotion": promotion.name,
                "uiBaseUrl": self._ui_url,
                "targetFreight": _struct(
                    "ctx.targetFreight",
                    {
                        "name": text(promotion.taken, "name") or promotion.freight,
                        "alias": self._alias,
                        "origin": {"kind": "Warehouse", "name": text(promotion.taken, "origin", "name")},
                    },
                ),
                "meta": _struct(
                    "ctx.meta",
                    {
                        "promotion": _struct(
                            "ctx.meta.promotion",
                            {"actor": promotion.actor, "rollback": promotion.is_rollback},
                        ),
                        "step": _struct("ctx.meta.step", {"alias": step.alias}),
                    },
                ),
            },
        )


def _struct(name: str, fields: Mapping[str, Any]) -> Struct:
    return Struct(name, fields, fields)

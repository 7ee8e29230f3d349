"""The expressions of one Promotion's steps: which environment each is evaluated in. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from promoter_view.argocd.engine import CannotEvaluate
from promoter_view.argocd.execution import Execution, PlannedStep

if TYPE_CHECKING:
    from promoter_view.argocd.steps_of import Expressions


class PromotionExpressions:
    """Values without expressions are themselves."""

    def holds(self, step: PlannedStep, execution: Execution) -> bool:  # noqa: ARG002
        """See Expressions."""
        found = _plain(step.condition)
        raise CannotEvaluate(f"must evaluate to a boolean, got {type(found).__name__}")

    def configure(self, step: PlannedStep, execution: Execution) -> Any:  # noqa: ARG002
        """See Expressions."""
        return _plain(step.config)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(found) for name, found in value.items()}
    if isinstance(value, list):
        return [_plain(found) for found in value]
    if isinstance(value, str) and "${{" in value:
        raise CannotEvaluate(f"expressions are not supported: {value[:100]}")
    return value


if TYPE_CHECKING:
    _: type[Expressions] = PromotionExpressions

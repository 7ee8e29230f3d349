"""What expressions of a step are told of the run: outputs, statuses, and of the task that the step is of. Pure.

A step that came of a task is called ``task::step``: to it the others of that task are known by ``step``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from promoter_view.promotions.expressions.json_texts import from_document
from promoter_view.promotions.expressions.values import ExpressionError, Function, Struct, text_of
from promoter_view.promotions.state.execution import Execution, StepRecord

_SEPARATOR = "::"


def told_names(alias: str, execution: Execution) -> dict[str, Any]:
    """``outputs``, ``stepMetas``, and ``task`` where the step came of one."""
    outputs = from_document(execution.state)
    metas = {record.alias: _meta(record) for record in execution.records}
    namespace = _namespace(alias)
    if not namespace:
        return {"outputs": outputs, "stepMetas": metas}
    own = {_short(name): output for name, output in outputs.items() if _namespace(name) == namespace}
    return {"outputs": outputs, "stepMetas": metas, "task": {"outputs": own}}


def told_functions(alias: str, execution: Execution) -> dict[str, Function]:
    """The functions about the other steps, for conditions and configs."""
    failed = execution.has_fault_besides(alias)
    return {
        "always": Function(lambda: True, 0, 0),
        "success": Function(lambda: not failed, 0, 0),
        "failure": Function(lambda: failed, 0, 0),
        "status": Function(lambda name: _status(text_of(name), _namespace(alias), execution)),
    }


def _status(name: str, namespace: str, execution: Execution) -> str:
    """Of the step of that alias in the namespace; by its whole alias also of one in another."""
    if not name:
        raise ExpressionError("an alias must not be empty")
    wanted = name if _SEPARATOR in name or not namespace else f"{namespace}{_SEPARATOR}{name}"
    record = execution.record(wanted)
    return "" if record is None else record.status


def _namespace(alias: str) -> str:
    """The task's alias, "" for a step that came of none."""
    parts = alias.split(_SEPARATOR)
    return parts[0] if len(parts) == 2 else ""


def _short(alias: str) -> str:
    return alias.rpartition(_SEPARATOR)[2] if _namespace(alias) else alias


def _meta(record: StepRecord) -> Struct:
    fields: Mapping[str, Any] = {
        "Alias": record.alias,
        "Status": record.status,
        "StartedAt": record.started_at or None,
        "FinishedAt": record.finished_at or None,
        "ErrorCount": record.error_count,
        "Message": record.message,
        "ContinueOnError": record.continue_on_error,
    }
    return Struct("a step's metadata", fields, {name[0].lower() + name[1:]: value for name, value in fields.items()})

"""What of Kargo's Promotions and Stages is kept: what pages show, and what the steps that we run are made of. Pure.

The config of any other step (headers and bodies of ``http``, messages), its output and its variables are redacted.
Fails closed: of what is not shaped as the CRD has it all values go.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from promoter_view.decoded import mappings, text
from promoter_view.kubernetes.redaction import Json, each, inside, redact, replace, within
from promoter_view.stages.steps import OWN_STEPS

_VALUE = within({"value"})
#: ``vars.name``; anything else that is done with ``vars`` may be about any of them.
_NAMED = re.compile(r"\bvars\.([A-Za-z_]\w*)")
_UNNAMED = re.compile(r"\bvars\b(?!\.[A-Za-z_])")


def redact_promotion(document: Json) -> Json:
    """A Promotion."""
    own = frozenset(_own_aliases(document))
    cleaned = replace(document, "spec", _template)
    return replace(cleaned, "status", lambda status: _run(status, own))


def redact_stage(document: Json) -> Json:
    """A Stage. What its Promotions put out is in them."""
    spec = inside("promotionTemplate", inside("spec", _template))
    verification = inside("verification", inside("args", each(_VALUE)))
    cleaned = replace(document, "spec", lambda found: verification(inside("vars", each(_VALUE))(spec(found))))
    for name in ("currentPromotion", "lastPromotion"):
        promotion = inside("status", lambda status: _run(status, frozenset()))
        cleaned = replace(cleaned, "status", inside(name, promotion))
    return cleaned


def _template(spec: Any) -> Any:
    """Steps with their variables, and the variables of all of them."""
    if not isinstance(spec, dict):
        return redact(spec)
    cleaned = replace(spec, "steps", each(_step))
    return replace(cleaned, "vars", _Needed(cleaned.get("steps")).kept)


def _step(step: Any) -> Any:
    """Its ``if`` is evaluated here whatever the step is, and with it the variables that it names."""
    if _is_own(step):
        return step
    if not isinstance(step, dict):
        return redact(step)
    return replace(within({"config"})(step), "vars", _Needed(step.get("if")).kept)


def _run(status: Any, own: frozenset[str]) -> Any:
    """The state of a run, and the health checks that it has registered. ``own``: the aliases of the steps of ours."""
    if not isinstance(status, dict):
        return redact(status)
    return replace(replace(status, "state", lambda state: _outputs(state, own)), "healthChecks", each(_check))


def _outputs(state: Any, own: frozenset[str]) -> Any:
    if not isinstance(state, dict):
        return redact(state)
    return {alias: output if alias in own else redact(output) for alias, output in state.items()}


def _check(check: Any) -> Any:
    return check if _is_own(check) else within({"config"})(check)


def _is_own(step: Any) -> bool:
    return isinstance(step, dict) and isinstance(uses := step.get("uses"), str) and uses in OWN_STEPS


def _own_aliases(promotion: Json) -> Iterator[str]:
    """By ``as``, else by the place among the steps, counted from 1."""
    for place, step in enumerate(mappings(promotion, "spec", "steps"), 1):
        if _is_own(step):
            yield text(step, "as") or f"step-{place}"


class _Needed:
    """The variables that are named by what is left of steps, or of one of them, and those that these name in turn."""

    def __init__(self, asking: Any) -> None:
        self._names: set[str] = set()
        self._all = False
        self._note(asking)

    def kept(self, variables: Any) -> Any:
        """The list with the values of the others redacted. One can only be made of those that stand before it."""
        if not isinstance(variables, list):
            return redact(variables)
        return [self._variable(variable) for variable in reversed(variables)][::-1]

    def _variable(self, variable: Any) -> Any:
        name = text(variable, "name")
        if not isinstance(variable, dict) or not (self._all or name in self._names):
            return _VALUE(variable)
        self._note(variable.get("value"))
        return variable

    def _note(self, value: Any) -> None:
        for found in _texts(value):
            self._names.update(_NAMED.findall(found))
            self._all = self._all or _UNNAMED.search(found) is not None


def _texts(value: Any) -> Iterator[str]:
    """The strings in a value, without recursion: it may be nested deep."""
    waiting = [value]
    while waiting:
        found = waiting.pop()
        if isinstance(found, str):
            yield found
        elif isinstance(found, dict | list):
            waiting.extend(found.values() if isinstance(found, dict) else found)

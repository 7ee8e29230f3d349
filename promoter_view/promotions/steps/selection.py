"""Which Applications an entry of a step's config means: by name, or by labels. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from promoter_view.decoded import mapping, mappings, text
from promoter_view.kubernetes.selectors import LabelSelector, SelectorError, parse_label_selector
from promoter_view.promotions.steps.step import Applications
from promoter_view.stages.application import Application
from promoter_view.stages.authorization import StageKey, refusal

#: What label keys and values are made of; more would be read as selector syntax.
_PLAIN = re.compile(r"[-A-Za-z0-9_./]*")


class StepError(Exception):
    """A step cannot go on; the message says why. It may be tried again within the step's error threshold."""


@dataclass(frozen=True, slots=True)
class ApplicationSelection:
    """An entry of ``apps``: a name, or else a selector as it stands in the config."""

    namespace: str
    name: str = ""
    selector: Mapping[str, Any] | None = None


def read_selection(app: Mapping[str, Any], default_namespace: str) -> ApplicationSelection:
    """The selection of an entry that its schema has found valid."""
    namespace = text(app, "namespace") or default_namespace
    return ApplicationSelection(namespace, text(app, "name"), mapping(app, "selector") if "selector" in app else None)


def resolve(selection: ApplicationSelection, applications: Applications) -> Sequence[Application]:
    """The Applications meant: one at least. Errors: StepError where there is none, or the selector cannot be read.

    Those that are being deleted are none: an error where one is named, and a selector does not select them.
    """
    if selection.selector is None:
        found = applications.get(selection.namespace, selection.name)
        if found is None:
            where = f'"{selection.name}" in namespace "{selection.namespace}"'
            raise StepError(f"unable to find Argo CD Application {where}")
        if found.departure:
            raise StepError(f"Argo CD Application {found} {found.departure}")
        return [found]
    selector = build_selector(selection.selector)
    matching = applications.select(selection.namespace, selector)
    staying = [one for one in matching if not one.departure]
    if not staying:
        where = f'namespace "{selection.namespace}" ({selector})'
        gone = f"; {len(matching)} that match are being deleted" if matching else ""
        raise StepError(f"no Argo CD Applications found matching selector in {where}{gone}")
    return staying


def authorized(
    selection: ApplicationSelection, found: Sequence[Application], stage: StageKey
) -> tuple[Sequence[Application], int]:
    """Those that the Stage may change, and how many of a selector it may not. Errors: StepError where that is all."""
    refusals = [refusal(application, stage) for application in found]
    allowed = [application for application, why in zip(found, refusals, strict=True) if not why]
    if allowed:
        return allowed, len(found) - len(allowed)
    if selection.selector is None:
        raise StepError(f"Argo CD {refusals[0]}")
    count = f"found {len(found)} Application(s) matching selector in namespace {selection.namespace}"
    raise StepError(f"{count}, but none are authorized for Stage {stage}: {refusals[0]}")


def build_selector(selector: Mapping[str, Any]) -> LabelSelector:
    """A LabelSelector of the Kubernetes API as requirements. Errors: StepError."""
    labels = mapping(selector, "matchLabels")
    terms = [_term(str(key), "In", [str(value)]) for key, value in labels.items()]
    for expression in mappings(selector, "matchExpressions"):
        values = expression.get("values")
        terms.append(_term(text(expression, "key"), text(expression, "operator"), values or []))
    try:
        return parse_label_selector(",".join(terms))
    except SelectorError as error:
        raise StepError(f"error building the selector of Argo CD Applications: {error}") from error


def _term(key: str, operator: str, values: Iterable[str]) -> str:
    values = list(values)
    odd = next((part for part in (key, *values) if not _PLAIN.fullmatch(part)), None)
    if odd is not None:
        raise StepError(f'error building the selector of Argo CD Applications: "{odd[:60]}" is no label key or value')
    takes_values = operator in _SETS
    if takes_values is not bool(values):
        rule = "needs values" if takes_values else "takes no values"
        raise StepError(f"error building the selector of Argo CD Applications: operator {operator} of {key} {rule}")
    return f"{key} {_SETS[operator]} ({','.join(values)})" if takes_values else f"{_PRESENCE[operator]}{key}"


_SETS = {"In": "in", "NotIn": "notin"}
_PRESENCE = {"Exists": "", "DoesNotExist": "!"}


def unauthorized_note(count: int) -> str:
    """Words on the Applications of selectors that are left alone; "" for none."""
    return f"{count} Application(s) matching a selector are not authorized and left alone" if count else ""

"""The annotation of a Stage by which Kargo's pages link to its Applications in Argo CD. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson

from promoter_view.decoded import mapping, mappings, text
from promoter_view.promotions.values import Promotion

ANNOTATION = "kargo.akuity.io/argocd-context"
_STEPS = frozenset({"argocd-update", "argocd-wait"})


def applications_of(promotion: Promotion) -> list[tuple[str, str]]:
    """(namespace, name) of each Application that its steps put out or its health checks name, each once, in order."""
    return list(dict.fromkeys(_named(promotion)))


def argocd_context(promotion: Promotion) -> str | None:
    """The annotation's value after that Promotion has succeeded; None where it has to do with no Application."""
    found = [{"name": name, "namespace": namespace} for namespace, name in applications_of(promotion)]
    return orjson.dumps(found).decode() if found else None


def _named(promotion: Promotion) -> Iterator[tuple[str, str]]:
    for step in promotion.plan:
        if step.uses in _STEPS:
            yield from _apps(promotion.execution.state.get(step.alias))
    for check in promotion.execution.health_checks:
        yield from _apps(mapping(check, "config"))


def _apps(parent: Any) -> Iterator[tuple[str, str]]:
    for each in mappings(parent, "apps"):
        if text(each, "name"):
            yield text(each, "namespace"), text(each, "name")

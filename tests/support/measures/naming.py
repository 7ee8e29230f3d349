"""Which metrics and labels an expression of Prometheus names, and which there are."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from promoter_view.metrics import Metrics
from tests.support.measures.bundles import STAGES, bundle, environment, strategy
from tests.support.measures.scraping import Shelf, families, measuring

#: What Prometheus itself puts on what it scrapes in a cluster.
TARGET = frozenset({"job", "instance", "namespace", "pod", "metrics_path"})
_METRIC = re.compile(r"\b((?:promoter_view|apiserver|process)_\w+|up)\b(?:\{([^}]*)\})?")
_MATCHED = re.compile(r'(\w+)\s*(?:=~|!=|!~|=)\s*"')
_GROUPED = re.compile(r"\b(?:by|on|ignoring|without|group_left|group_right)\s*\(([^)]*)\)")


@dataclass(frozen=True)
class Named:
    """What an expression names: of each metric the labels by which it is chosen, and by which labels it is grouped."""

    metrics: Mapping[str, frozenset[str]]
    grouped: frozenset[str]


def named(expression: str) -> Named:
    """What it names."""
    metrics: dict[str, frozenset[str]] = {}
    for name, matchers in _METRIC.findall(expression):
        metrics[name] = metrics.get(name, frozenset()) | set(_MATCHED.findall(matchers))
    groups = (label.strip() for found in _GROUPED.findall(expression) for label in found.split(","))
    return Named(metrics, frozenset(filter(None, groups)))


def scraped() -> Mapping[str, frozenset[str]]:
    """The labels of each metric that the program has, by the name by which it is scraped."""
    found: dict[str, frozenset[str]] = {"up": frozenset()}
    for collector in Metrics().registry._collector_to_names:
        for family in collector.collect():
            labels = frozenset(getattr(collector, "_labelnames", ()))
            found |= _samples(family.name, family.type, labels)
    shelf = Shelf(strategy("shop", environment("dev")), bundle("test", [("status", {"state": "Healthy"})], view=STAGES))
    for family in families(measuring(shelf, [])).values():
        found |= _samples(family.name, family.type, frozenset().union(*(each.labels for each in family.samples)))
    return found


def unknown(expressions: Iterable[str]) -> list[str]:
    """What of these expressions names something that is not there."""
    there = scraped()
    return [line for expression in expressions for line in _unknown(expression, there)]


def _unknown(expression: str, there: Mapping[str, frozenset[str]]) -> Iterable[str]:
    found = named(expression)
    if not found.metrics:
        yield f"no metric: {expression}"
    known = TARGET.union(*(there.get(name, frozenset()) for name in found.metrics))
    for name, labels in found.metrics.items():
        if name not in there:
            yield f"{name} is no metric"
        for label in labels - there.get(name, frozenset()) - TARGET:
            yield f"{name} has no label {label}"
    for label in found.grouped - known:
        yield f"nothing has the label {label}: {expression}"


def _samples(name: str, kind: str, labels: frozenset[str]) -> dict[str, frozenset[str]]:
    if kind == "counter":
        return {f"{name}_total": labels}
    if kind == "histogram":
        return {f"{name}_bucket": labels | {"le"}, f"{name}_sum": labels - {"le"}, f"{name}_count": labels - {"le"}}
    return {name: labels}

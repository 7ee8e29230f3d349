"""Views that are measured, and what Prometheus reads of that."""

from __future__ import annotations

from collections.abc import Sequence

from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families

from promoter_view.measures.measuring import Measuring
from promoter_view.measures.reading import measured
from promoter_view.metrics import Metrics
from promoter_view.records import Bundle, BundleKey, Memory
from promoter_view.views.isolation import Isolation
from promoter_view.views.known import DEFINITIONS

NOW = 1_795_000_000


class Shelf:
    """Views that hold just these bundles."""

    def __init__(self, *bundles: Bundle) -> None:
        self.bundles = bundles
        self.memories: dict[BundleKey, Memory] = {}

    def list(self, view: str) -> Sequence[Bundle]:
        """Those of one view."""
        return [each for each in self.bundles if each.key.view == view]


def measuring(shelf: Shelf, lines: list[str], max_series: int = 10_000) -> Measuring:
    """What measures them; ``lines`` gets its warnings."""
    return Measuring(
        shelf,  # type: ignore[arg-type]
        measured(DEFINITIONS, shelf.memories.get),
        max_series=max_series,
        isolation=Isolation(Metrics()),
        warn=lines.append,
    )


def families(found: Measuring) -> dict[str, Metric]:
    """What Prometheus reads, by name."""
    return {each.name: each for each in text_string_to_metric_families(b"".join(found.pieces(NOW)).decode())}


def samples(found: Metric, **labels: str) -> dict[str, float]:
    """The values of those samples that have these labels, by the label that is left."""
    chosen = (each for each in found.samples if labels.items() <= each.labels.items())
    return {"/".join(set(each.labels.values()) - set(labels.values())): each.value for each in chosen}

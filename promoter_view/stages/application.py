"""An Argo CD Application as what is decided from it: sources, revisions, operation, times. Pure, and total.

It is read from a document as the cluster has it, or as the log has it (cleaned: status.reconciledAt is clamped there,
so that it is fresh or absent).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from promoter_view.decoded import items, mapping, mappings, parse_time, text
from promoter_view.stages.hydration import Hydration, read_hydration, synced_source

#: The info item of an operation that says which Promotion started it.
PROMOTION_INFO = "kargo.akuity.io/promotion"
#: Characters of an operation's message that are said.
_MOST_SAID = 300
#: Conditions that make what the rest of the status says worthless.
ERROR_CONDITIONS = frozenset({"ComparisonError", "InvalidSpecError"})


@dataclass(frozen=True, slots=True)
class OperationState:
    """status.operationState. ``finished_at`` is "" while it runs, ``promotion`` None where no Promotion started it.

    ``revisions`` are those that were synced; None without a result.
    """

    phase: str
    message: str
    finished_at: str
    promotion: str | None
    revisions: tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class Application:
    """``document`` is what it was read from: a write starts from that, and what is not named here is in it alone.

    ``sources`` are what Argo CD syncs to: of spec.sourceHydrator the hydrated branch, else spec.sources where there are
    any, else spec.source alone, else none; ``has_sources`` tells that spec.sources counts. ``hydration`` is None where
    the manifests are not hydrated. ``is_pending``: the top-level ``operation`` is there, which Argo CD has not finished
    taking, and ``pending_promotion`` started that. ``revisions`` are those of the sync status. ``errors`` are the error
    conditions as words, in order. Texts are "" where there are none.
    """

    document: Mapping[str, Any]
    namespace: str
    name: str
    deleted_since: str
    sources: Sequence[Mapping[str, Any]]
    has_sources: bool
    hydration: Hydration | None
    is_pending: bool
    pending_promotion: str | None
    operation: OperationState | None
    health: str
    health_message: str
    sync: str
    revisions: tuple[str, ...]
    reconciled_at: str
    errors: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"

    @property
    def labels(self) -> Mapping[str, str]:
        """Its labels."""
        found = mapping(self.document, "metadata", "labels")
        return {name: value for name, value in found.items() if isinstance(value, str)}

    @property
    def departure(self) -> str:
        """That it is being deleted, as words; "" where it is not. Argo CD begins no operation on it any more."""
        return f"is being deleted since {self.deleted_since}" if self.deleted_since else ""

    @property
    def dry_revision(self) -> str:
        """The dry commit that it is at; "" where that is not known, or nothing is hydrated."""
        return "" if self.hydration is None else self.hydration.dry_of(self.revisions[0])

    def revision_for(self, wanted: str) -> str:
        """The revision that it has to be at for one that is wanted: they differ where that is a dry commit."""
        return wanted if self.hydration is None else self.hydration.revision_for(wanted)

    @property
    def finished_at(self) -> str:
        """When the last operation ended; "" where none has, or one still runs."""
        return "" if self.operation is None else self.operation.finished_at

    @property
    def operation_message(self) -> str:
        """What Argo CD says of the operation under way, as the end of a sentence: that a sync window holds it, say."""
        if self.operation is None or self.operation.finished_at:
            return ""
        message = " ".join(self.operation.message.split())
        return f" ({message[:_MOST_SAID]}{'...' if len(message) > _MOST_SAID else ''})" if message else ""

    @property
    def is_stale(self) -> bool:
        """Whether Argo CD has not looked at it since its last operation ended. Whole seconds: equal is fresh."""
        ended = parse_time(self.finished_at)
        looked = parse_time(self.reconciled_at)
        return ended is not None and (looked is None or looked < ended)


def read_application(document: Mapping[str, Any]) -> Application:
    """Reads a decoded Application."""
    metadata, spec, status = (mapping(document, part) for part in ("metadata", "spec", "status"))
    hydration = read_hydration(spec, status)
    return Application(
        document=document,
        namespace=text(metadata, "namespace"),
        name=text(metadata, "name"),
        deleted_since=text(metadata, "deletionTimestamp"),
        sources=_sources(spec),
        has_sources=hydration is None and bool(spec.get("sources")),
        hydration=hydration,
        is_pending=isinstance(document.get("operation"), dict),
        pending_promotion=_promotion(document),
        operation=_operation(status.get("operationState")),
        health=text(status, "health", "status"),
        health_message=text(status, "health", "message"),
        sync=text(status, "sync", "status"),
        revisions=_revisions(mapping(status, "sync")),
        reconciled_at=text(status, "reconciledAt"),
        errors=tuple(
            f'"{item["type"]}" condition: {text(item, "message")}'
            for item in mappings(status, "conditions")
            if text(item, "type") in ERROR_CONDITIONS
        ),
    )


def _sources(spec: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """What is no object in the list reads as empty. spec.sourceHydrator counts before the others, as in Argo CD."""
    hydrator = mapping(spec, "sourceHydrator")
    if hydrator:
        return [synced_source(hydrator)]
    one = mapping(spec, "source")
    return [mapping(source) for source in items(spec, "sources")] or ([one] if one else [])


def _operation(state: Any) -> OperationState | None:
    if not isinstance(state, dict):
        return None
    result = state.get("syncResult")
    return OperationState(
        phase=text(state, "phase"),
        message=text(state, "message"),
        finished_at=text(state, "finishedAt"),
        promotion=_promotion(state),
        revisions=_revisions(result) if isinstance(result, dict) else None,
    )


def _promotion(parent: Mapping[str, Any]) -> str | None:
    """The Promotion that started the operation in there. The first such info item counts."""
    items = mappings(parent, "operation", "info")
    return next((text(item, "value") for item in items if item.get("name") == PROMOTION_INFO), None)


def _revisions(result: Mapping[str, Any]) -> tuple[str, ...]:
    """Of a sync status or a sync result: ``revisions`` where there are any, else ``revision`` alone."""
    return tuple(text(revision) for revision in items(result, "revisions")) or (text(result, "revision"),)

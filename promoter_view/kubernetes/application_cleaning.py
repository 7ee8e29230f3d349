"""What of an Argo CD Application is kept: what health and promotions turn on; nothing secret, nothing that ticks.

Argo CD reconciles each Application every few minutes and writes that down: some hundred updates a second in a large
fleet, in which nothing has changed. What is left of those here are the same bytes, so they end before the log. Fails
closed: of what is not shaped as the CRD has it nothing is kept. Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import Any

from promoter_view.contacts import CONTACT_ANNOTATIONS
from promoter_view.decoded import mapping, text

AUTHORIZED_STAGE = "kargo.akuity.io/authorized-stage"
#: By it an operation says which Promotion began it.
PROMOTION_INFO = "kargo.akuity.io/promotion"

#: Which Stage may promote to it, and whom to ask about it.
_ANNOTATIONS = (AUTHORIZED_STAGE, *CONTACT_ANNOTATIONS)

_Json = dict[str, Any]
_Rule = Callable[[Any], Any]

#: Both change with every reconciliation, for the CRD has no status subresource.
_TICKING = frozenset({"resourceVersion", "generation"})
#: Helm values, parameters and plugin environments can carry secrets.
_SOURCE = ("repoURL", "path", "chart", "ref", "targetRevision")
_BRANCH = ("repoURL", "targetBranch", "path")
_SHAS = ("drySHA", "hydratedSHA")


def reduce_application(document: _Json) -> _Json:
    """The Application as it is kept. ``status.reconciledAt`` is there only where it is not before the end of the last
    operation, and then reads as that end: nothing else is ever asked of it.
    """
    kept: _Json = {name: found for name, found in document.items() if name in ("apiVersion", "kind")}
    kept["metadata"] = _metadata(document["metadata"])
    for name, rule in (("spec", _spec), ("operation", _operation), ("status", _status)):
        if isinstance(document.get(name), dict):
            kept[name] = rule(document[name])
    return kept


def _metadata(metadata: _Json) -> _Json:
    kept = {name: value for name, value in metadata.items() if name not in _TICKING}
    annotations = mapping(kept.pop("annotations", None))
    told = {name: annotations[name] for name in _ANNOTATIONS if annotations.get(name) is not None}
    return {**kept, "annotations": told} if told else kept


def _only(names: Collection[str]) -> _Rule:
    """An object's fields of those names, of which none is an object or a list."""

    def rule(found: Any) -> Any:
        if not isinstance(found, dict):
            return None
        return {name: found[name] for name in names if not isinstance(found.get(name, {}), dict | list)}

    return rule


def _each(rule: _Rule) -> _Rule:
    return lambda found: [rule(item) for item in found if isinstance(item, dict)] if isinstance(found, list) else None


def _fields(rules: Mapping[str, _Rule]) -> _Rule:
    """An object's fields that have a rule, as their rules leave them; those of which it leaves nothing are left out."""

    def rule(found: Any) -> Any:
        if not isinstance(found, dict):
            return None
        kept = ((name, rules[name](value)) for name, value in found.items() if name in rules)
        return {name: value for name, value in kept if value is not None}

    return rule


def _texts(found: Any) -> Any:
    return [item for item in found if isinstance(item, str)] if isinstance(found, list) else None


def _scalar(found: Any) -> Any:
    return None if isinstance(found, dict | list) else found


_source = _only(_SOURCE)
_SOURCES: Mapping[str, _Rule] = {"source": _source, "sources": _each(_source)}
_REVISIONS: Mapping[str, _Rule] = {"revision": _scalar, "revisions": _texts}
_destination = _only(("server", "namespace", "name"))

#: Options of helm, kustomize, directories and plugins stand in drySource as they do in a source.
_hydrator = _fields(
    {"drySource": _source, "syncSource": _only(_BRANCH), "hydrateTo": _only(("targetBranch",))},
)

_spec = _fields({**_SOURCES, "sourceHydrator": _hydrator, "destination": _destination})
_operation = _fields(
    {
        "initiatedBy": _only(("username", "automated")),
        "info": _each(_only(("name", "value"))),
        "sync": _fields({**_SOURCES, **_REVISIONS, "prune": _scalar, "dryRun": _scalar, "syncOptions": _texts}),
    }
)
_operation_state = _fields(
    {
        "operation": _operation,
        "phase": _scalar,
        "message": _scalar,
        "retryCount": _scalar,
        "syncResult": _fields({**_SOURCES, **_REVISIONS}),
        "finishedAt": _scalar,
    }
)
_known_status = _fields(
    {
        "health": _only(("status", "message", "lastTransitionTime")),
        "sync": _fields(
            {"status": _scalar, **_REVISIONS, "comparedTo": _fields({**_SOURCES, "destination": _destination})}
        ),
        "conditions": _each(_only(("type", "message"))),
        "operationState": _operation_state,
        "sourceHydrator": _fields(
            {
                "currentOperation": _only(("phase", "message", *_SHAS, "startedAt", "finishedAt")),
                "lastSuccessfulOperation": _only(_SHAS),
            }
        ),
    }
)


def _status(status: _Json) -> _Json:
    kept: _Json = _known_status(status)
    finished = text(status, "operationState", "finishedAt")
    if finished and _is_at_or_after(status.get("reconciledAt"), finished):
        kept["reconciledAt"] = finished
    return kept


def _is_at_or_after(moment: Any, limit: str) -> bool:
    if not isinstance(moment, str):
        return False
    try:
        return datetime.fromisoformat(moment) >= datetime.fromisoformat(limit)
    except (ValueError, TypeError):  # not times, or one of them without a time zone
        return False

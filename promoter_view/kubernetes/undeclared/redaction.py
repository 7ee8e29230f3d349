"""What is kept of an object of an undeclared kind: nobody has said yet where its credentials stand. Pure.

Fails closed: a string is kept only where the table below has it, in the shape that the table has. Metadata, numbers,
booleans and the shape of the rest are kept: one sees what there is, and not what it says.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from promoter_view.kubernetes.redaction import REDACTED, Json

_MAX_DEPTH = 100
#: A string that may be read. Beside it a mapping is of an object's fields, a list of one of a list's items.
_READ = "read"
#: Any field of an object.
_ANY = "*"
_SHOWN: Mapping[str, Any] = {
    "apiVersion": _READ,
    "kind": _READ,
    "spec": {
        "promotionStrategyRef": {_ANY: _READ},
        "key": _READ,
        "branch": _READ,
        "sha": _READ,
        "environments": [{"branch": _READ}],
    },
    "status": {
        "conditions": [{_ANY: _READ}],
        "environments": [dict.fromkeys(("branch", "phase", "description", "url", "reportedSha"), _READ)],
    },
}


def redact_undeclared(document: Json) -> Json:
    """The object with its metadata as it is."""
    return {
        name: value if name == "metadata" else _redacted(value, _SHOWN.get(name)) for name, value in document.items()
    }


def _redacted(value: Any, shown: Any, depth: int = 0) -> Any:
    if isinstance(value, str):
        return value if shown == _READ else REDACTED
    if not isinstance(value, dict | list):
        return value
    if depth > _MAX_DEPTH:
        return REDACTED
    if isinstance(value, list):
        item = shown[0] if isinstance(shown, list) else None
        return [_redacted(each, item, depth + 1) for each in value]
    fields = shown if isinstance(shown, dict) else {}
    return {name: _redacted(each, fields.get(name, fields.get(_ANY)), depth + 1) for name, each in value.items()}

"""The format of ``/changes``: what happens, a JSON object a line, for scripts. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson

from promoter_view.reading.format import Format
from promoter_view.reading.wire import Wire, fixed
from promoter_view.records import Bundle, BundleChange, ChangeType
from promoter_view.views.history import Expired
from promoter_view.views.known import DEFINITIONS
from promoter_view.web.errors import Forbidden
from promoter_view.web.status import expired_status, forbidden_status

_KINDS = {definition.plural: definition.kind for definition in DEFINITIONS}
_CLOSING = fixed(b"}\n")


class ChangeLines(Format):
    """``scope``: what may be seen now, which goes with each position that is not a change's."""

    def __init__(self, wire: Wire, scope: Callable[[], str]) -> None:
        self._wire = wire
        self._scope = scope

    def present(self, bundle: Bundle) -> bytes:
        """An ADDED line around the bundle's own bytes, which lists take too."""
        lead = _lead(ChangeType.ADDED, bundle, bundle.resource_version)
        return self._wire.text(lead) + self._wire.bundle(bundle) + self._wire.fixed(_CLOSING)

    def complete(self, position: int) -> bytes:
        """SYNCED."""
        return self._position("SYNCED", position)

    def changed(self, event: ChangeType, bundle: Bundle, change: BundleChange) -> bytes:
        """One line for all whom it is the same event to."""
        version = change.resource_version
        key = ("change", version, event, bundle.hidden)
        return self._wire.shared(key, lambda: _lead(event, bundle, version) + bundle.encode(version) + _CLOSING.plain)

    def bookmark(self, position: int) -> bytes:
        """BOOKMARK."""
        return self._position("BOOKMARK", position)

    def expired(self, error: Expired) -> bytes:
        """ERROR of 410: begin anew."""
        return self._line({"type": "ERROR", "object": orjson.Fragment(expired_status(error).encode())})

    def farewell(self, position: int | None, refusal: Forbidden | None) -> bytes:
        """A last BOOKMARK, or ERROR of 403."""
        if refusal is not None:
            return self._line({"type": "ERROR", "object": orjson.Fragment(forbidden_status(refusal).encode())})
        return b"" if position is None else self.bookmark(position)

    def _position(self, event: str, position: int) -> bytes:
        return self._line({"type": event, "resourceVersion": str(position), "scope": self._scope()})

    def _line(self, document: dict[str, Any]) -> bytes:
        return self._wire.text(orjson.dumps(document) + b"\n")


def _lead(event: ChangeType, bundle: Bundle, version: int) -> bytes:
    view, namespace, name = bundle.key
    what = {"type": event, "kind": _KINDS[view], "namespace": namespace, "name": name}
    return orjson.dumps({**what, "resourceVersion": str(version)})[:-1] + b',"object":'

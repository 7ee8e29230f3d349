"""Who asked, written into the annotations that ask for something: abort, reverify. Pure."""

from __future__ import annotations

import json

from tests.support.kargo.requests import AdmissionRequest, Document

ABORT = "kargo.akuity.io/abort"
REVERIFY = "kargo.akuity.io/reverify"


def enrich(request: AdmissionRequest, annotations: Document, key: str, word: str) -> None:
    """Where that annotation is new or changed it becomes JSON that names who asked. ``word``: what plain text is."""
    asked = _read(annotations, key, word)
    before = _read(request.old.get("metadata", {}).get("annotations") or {}, key, word)
    if asked is None or asked == before:
        return
    if request.is_control_plane:
        asked["controlPlane"] = True
    else:
        asked.pop("controlPlane", None)
        asked["actor"] = request.actor
    annotations[key] = json.dumps(asked, separators=(",", ":"))


def _read(annotations: Document, key: str, word: str) -> Document | None:
    text = annotations.get(key)
    if text is None:
        return None
    try:
        found = json.loads(text)
    except ValueError:
        found = {word: text}
    return found if isinstance(found, dict) and found.get(word) else None

"""What was asked of kube-apiserver, by whom, and how it answered: its audit log."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

_POLICY = {
    "apiVersion": "audit.k8s.io/v1",
    "kind": "Policy",
    "omitStages": ["RequestReceived"],
    "rules": [{"level": "Metadata"}],
}
_POD = "authentication.kubernetes.io/pod-name"


class Asked(NamedTuple):
    """One request. ``resource`` is empty where none was asked for; ``code`` is the HTTP status."""

    verb: str
    resource: str
    name: str
    uri: str
    code: int


class Audit:
    """Made before the plane, which needs its ``flags``."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._policy, self._log = folder / "policy.json", folder / "audit.log"
        self._policy.write_text(json.dumps(_POLICY))

    @property
    def flags(self) -> list[str]:
        """What kube-apiserver has to be started with."""
        return [f"--audit-policy-file={self._policy}", f"--audit-log-path={self._log}", "--audit-log-maxsize=500"]

    def of(self, user: str, pod: str = "") -> list[Asked]:
        """All that a user has asked for so far, in that pod where one is given: its token says so."""
        found = (entry for entry in self._entries() if entry["user"].get("username") == user)
        return [_asked(entry) for entry in found if not pod or pod in entry["user"].get("extra", {}).get(_POD, ())]

    def _entries(self) -> Iterator[dict[str, Any]]:
        with self._log.open() as log:
            # A line that is just being written has no end yet.
            yield from (json.loads(line) for line in log if line.endswith("\n"))


def _asked(entry: dict[str, Any]) -> Asked:
    found = entry.get("objectRef", {})
    resource = "/".join(filter(None, (found.get("resource"), found.get("subresource"))))
    code = entry.get("responseStatus", {}).get("code", 0)
    return Asked(entry["verb"], resource, found.get("name", ""), entry["requestURI"], code)

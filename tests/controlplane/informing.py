"""A client-go informer as a subprocess (``informer/main.go``), and what it tells of its life."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

import yaml

from tests.controlplane.restarts import Handled
from tests.support.program.client import RESOURCE, Endpoint
from tests.support.program.truth import wait

_GROUP, _VERSION = "view.promoter.argoproj.io", "v1alpha1"
_PATIENCE_SECONDS = 60
_HANDLED = ("ADDED", "MODIFIED", "DELETED", "LOST")


class Informer:
    """Reads the view through a kubeconfig; ``watch_list``: begins by streaming (KEP-3157). A context manager."""

    def __init__(self, binary: Path, kubeconfig: Path, journal: Path, *, watch_list: bool) -> None:
        self._journal, self._errors = journal, journal.with_suffix(".errors")
        command = [str(binary), str(kubeconfig), _GROUP, _VERSION, RESOURCE]
        environment = {**os.environ, "KUBE_FEATURE_WatchListClient": str(watch_list).lower()}
        with journal.open("wb") as output, self._errors.open("wb") as errors:
            self._process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=output, stderr=errors, env=environment
            )

    def __enter__(self) -> Informer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        # It ends with its standard input, also when the tests are killed.
        self._process.communicate(timeout=_PATIENCE_SECONDS)

    def wait_synced(self) -> None:
        """Waits until its store holds a first state."""
        wait(lambda: bool(self._lines("SYNCED")), _PATIENCE_SECONDS, "the informer has synced")

    def store(self) -> Mapping[str, int]:
        """The resourceVersions of what it holds now, by ``namespace/name``."""
        asked = len(self._lines("STORE"))
        assert self._process.stdin is not None
        self._process.stdin.write(b"\n")
        self._process.stdin.flush()
        wait(lambda: len(self._lines("STORE")) > asked, _PATIENCE_SECONDS, "the informer tells its store")
        return {key: int(version) for key, version in self._lines("STORE")[-1]["store"].items()}

    @property
    def handled(self) -> list[Handled]:
        """What its handlers were told after the first state, in order."""
        return [_handled(line) for line in self._lines(*_HANDLED) if not line.get("initial")]

    @property
    def changes(self) -> list[Handled]:
        """The same without what client-go says of each object after a list: that it is what it was."""
        lines = [line for line in self._lines(*_HANDLED) if not line.get("initial")]
        return [_handled(line) for line in lines if line.get("before") != line.get("resourceVersion", "")]

    @property
    def requests(self) -> list[dict[str, str]]:
        """The queries of its requests that were answered with 200, in order."""
        return [line["query"] for line in self._lines("REQUEST") if line.get("code") == 200]

    @property
    def states(self) -> list[dict[str, str]]:
        """Those of them that asked for a whole state: lists, and watches with initial events."""
        return [query for query in self.requests if "watch" not in query or "sendInitialEvents" in query]

    @property
    def turned_away(self) -> bool:
        """Whether a request was answered with an error, or a stream ended with one: client-go may list anew then."""
        refused = any(line.get("code", 200) != 200 for line in self._lines("REQUEST"))
        return refused or "watch ended with error" in self._errors.read_text()

    def _lines(self, *types: str) -> list[dict[str, Any]]:
        whole = self._journal.read_text().rpartition("\n")[0].splitlines()
        return [line for line in map(json.loads, whole) if line["type"] in types]


def _handled(line: Mapping[str, Any]) -> Handled:
    return Handled(line["type"], line["key"], int(line.get("resourceVersion", 0)))


def direct_kubeconfig(path: Path, endpoint: Endpoint) -> Path:
    """Writes a kubeconfig that leads to the program itself, which admits everyone."""
    cluster = {"server": f"https://{endpoint.host}:{endpoint.port}", "insecure-skip-tls-verify": True}
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "program", "cluster": cluster}],
        "users": [{"name": "anyone", "user": {}}],
        "contexts": [{"name": "program", "context": {"cluster": "program", "user": "anyone"}}],
        "current-context": "program",
    }
    path.write_text(yaml.dump(document))
    return path

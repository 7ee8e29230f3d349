"""The load: changes of single members at a steady rate, each with the time at which it was asked for."""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from http.client import HTTPConnection, HTTPSConnection
from typing import Any, NamedTuple

from benchmarks.clusters import Cluster
from benchmarks.wire import unverified

_STATUSES = "/apis/promoter.argoproj.io/v1alpha1/commitstatuses"
_POLICIES = "/apis/promoter.argoproj.io/v1alpha1/changetransferpolicies"
_TIMEOUT_SECONDS = 30.0

#: Makes one change, and returns once it is made.
Change = Callable[[], None]
#: Gives changes as long as a block lasts.
Loading = AbstractContextManager[Change]


class Made(NamedTuple):
    """What was changed: how often, from when on (monotonic nanoseconds)."""

    changes: int
    began_ns: int


def steadily(change: Change, rate: float, seconds: float) -> Made:
    """Changes at that rate for so long; one that was held up is made up for."""
    count = max(1, round(rate * seconds))
    began = time.monotonic()
    for number in range(count):
        time.sleep(max(0.0, began + number / rate - time.monotonic()))
        change()
    return Made(count, int(began * 1e9))


@contextmanager
def of_cluster(cluster: Cluster) -> Iterator[Change]:
    """Annotates the CommitStatuses of a cluster, of another strategy each time."""
    connection = cluster.connect()
    try:
        paths = itertools.cycle(_one_a_strategy(json.loads(_ask(connection, "GET", _STATUSES))["items"]))
        yield lambda: _annotate(connection, next(paths))
    finally:
        connection.close()


@contextmanager
def of_baseline(port: int) -> Iterator[Change]:
    """Has the bare server write a line to all its watches."""
    connection = HTTPSConnection("127.0.0.1", port, timeout=_TIMEOUT_SECONDS, context=unverified())
    try:
        yield lambda: _tell(connection)
    finally:
        connection.close()


@contextmanager
def of_policies(cluster: Cluster) -> Iterator[Change]:
    """Annotates the ChangeTransferPolicies of a cluster, another one each time."""
    connection = cluster.connect()
    try:
        items = json.loads(_ask(connection, "GET", _POLICIES))["items"]
        paths = itertools.cycle([_path(_POLICIES, item["metadata"]) for item in items])
        yield lambda: _annotate(connection, next(paths))
    finally:
        connection.close()


def _path(plural: str, metadata: dict[str, Any]) -> str:
    group, _, resource = plural.rpartition("/")
    return f"{group}/namespaces/{metadata['namespace']}/{resource}/{metadata['name']}"


def _one_a_strategy(items: list[dict[str, Any]]) -> list[str]:
    found: dict[tuple[str, str], str] = {}
    for item in items:
        metadata = item["metadata"]
        # Each strategy has a repository of its own.
        key = metadata["namespace"], item["spec"]["gitRepositoryRef"]["name"]
        found.setdefault(key, _path(_STATUSES, metadata))
    return list(found.values())


def _annotate(connection: HTTPConnection, path: str) -> None:
    patch = {"metadata": {"annotations": {"bench/ts": str(time.monotonic_ns())}}}
    _ask(connection, "PATCH", path, json.dumps(patch))


def _tell(connection: HTTPConnection) -> None:
    _ask(connection, "GET", f"/change?{time.monotonic_ns()}")


def _ask(connection: HTTPConnection, method: str, path: str, body: str | None = None) -> bytes:
    headers = {"Content-Type": "application/merge-patch+json"} if body else {}
    connection.request(method, path, body, headers)
    response = connection.getresponse()
    data = response.read()
    if response.status != 200:
        raise OSError(f"{method} {path}: {response.status}")
    return data

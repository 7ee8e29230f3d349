"""What the program ought to serve: the bundles that the cluster's objects make, by a join of the tests' own."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import orjson

from promoter_view.kubernetes.kinds import PROMOTER_KINDS
from tests.support.program.cleaning import cleaned
from tests.support.program.client import BROKEN, Client, RefusedError, path_of
from tests.support.program.program import Program
from tests.support.views.oracle import join

RELISTS = "promoter_view_reflector_relists_total"

Document = dict[str, Any]
Name = tuple[str, str]


def truth(items: Callable[[str], Iterable[Document]]) -> dict[Name, Document]:
    """The bundles without resourceVersion; ``items`` gives the objects of a resource, asked of the cluster itself."""
    near: dict[str, list[Document]] = {}
    for found in (cleaned(found) for kind in PROMOTER_KINDS for found in items(kind.plural)):
        near.setdefault(found["metadata"].get("namespace", ""), []).append(found)
    everywhere = near.pop("", [])
    # The join looks at every object for every bundle: a namespace at a time it has few to look at.
    return {name: found for objects in near.values() for name, found in join([*objects, *everywhere]).items()}


def joined(items: Sequence[Document]) -> dict[Name, Document]:
    """Of bundles that were listed what the join knows: no resourceVersion, and no status, which is worked out."""
    for item in items:
        del item["metadata"]["resourceVersion"]
        item.pop("status", None)
    return {(item["metadata"]["namespace"], item["metadata"]["name"]): item for item in items}


def serves(running: Program, bundles: dict[Name, Document]) -> bool:
    """Whether the program lists just those; False while it does not answer."""
    try:
        items = orjson.loads(Client(running.endpoint).get(path_of("")))["items"]
    except (*BROKEN, RefusedError):
        return False
    return bundles == joined(items)


#: A machine on which servers of several tests start at once takes so much longer. What is in time costs no more.
_BUSY = 3


def wait(condition: Callable[[], bool], seconds: float, what: str) -> None:
    """Waits for a condition; ``seconds`` are ample on an idle machine. Errors: AssertionError."""
    deadline = time.monotonic() + seconds * _BUSY
    while not condition():
        assert time.monotonic() < deadline, f"in vain: {what}"
        time.sleep(0.05)

"""``/list``: the bundles that somebody asks for and may see, of one head; their bytes in slices. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from heapq import merge
from itertools import islice

import orjson

from promoter_view.boundaries import ViewReader
from promoter_view.dashboard.requests import ListQuery, ListToken
from promoter_view.dashboard.visible import Visible
from promoter_view.dashboard.wires import Wire
from promoter_view.records import Bundle, BundleKey
from promoter_view.slices import BeginSlice, endless


@dataclass(frozen=True, slots=True)
class ListPage:
    """What one list answers; ``token`` where more follow."""

    resource_version: int
    bundles: Sequence[Bundle]
    token: ListToken | None


def page(views: ViewReader, query: ListQuery, visible: Visible) -> ListPage:
    """The bundles by (view, namespace, name). Errors: Expired, Ahead, Unseen."""
    wanted = query.filter
    version = views.head if query.token is None else query.token.resource_version
    namespace = wanted.namespaces.only
    if query.token is None:
        found = [views.list(view, namespace) for view in wanted.views]
    else:
        found = [views.list_at(view, namespace, version) for view in wanted.views]
    matching = (
        bundle
        for bundle in merge(*found, key=_key)
        if visible.sees(*bundle.key[:2]) and wanted.admits(bundle) and _is_behind(bundle, query.token)
    )
    if not query.limit:
        return ListPage(version, tuple(matching), None)
    taken = tuple(islice(matching, query.limit + 1))
    if len(taken) <= query.limit:
        return ListPage(version, taken, None)
    return ListPage(version, taken[:-1], ListToken(version, taken[-2].key))


class ListReader:
    """A page as a ``pump.Reader``."""

    idle = False

    def __init__(self, found: ListPage, wire: Wire, begin_slice: BeginSlice = endless) -> None:
        self._bundles = found.bundles
        self._wire = wire
        self._begin_slice = begin_slice
        self._next = 0
        metadata = {"resourceVersion": str(found.resource_version)}
        if found.token is not None:
            metadata["continue"] = found.token.encode()
        opening = orjson.dumps({"kind": "List", "apiVersion": "v1", "metadata": metadata})[:-1] + b',"items":['
        self._lead = wire.begin() + wire.text(opening)
        self.finished = False

    def pull(self, max_bytes: int) -> bytes:
        """The next slice."""
        parts, self._lead = [self._lead], b""
        size, is_over = 0, self._begin_slice()
        while self._next < len(self._bundles) and size < self._wire.budget(max_bytes):
            if self._next:
                parts.append(self._wire.shared("comma", lambda: b","))
            parts.append(self._wire.bundle(self._bundles[self._next]))
            size += len(parts[-1])
            self._next += 1
            if is_over():
                break
        if self._next == len(self._bundles):
            self.finished = True
            parts += (self._wire.text(b"]}\n"), self._wire.end())
        return b"".join(parts)


def _key(bundle: Bundle) -> BundleKey:
    return bundle.key


def _is_behind(bundle: Bundle, token: ListToken | None) -> bool:
    return token is None or bundle.key > token.key

"""The pages: a path, a query and what is to be seen in; HTML out. Pure; no request, socket or clock is known here."""
# ruff: noqa: ARG002 - the shapes come first, so that both sides of the dashboard can be built against them

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import orjson

from promoter_view.dashboard.activity import Activity
from promoter_view.dashboard.assets import Assets
from promoter_view.dashboard.program import ProgramFacts
from promoter_view.dashboard.topics import Form
from promoter_view.records import Bundle, BundleChange, BundleKey


@dataclass(frozen=True, slots=True)
class PageInput:
    """What one request shows: all of one head, and only what its user may see.

    ``bundles`` by (namespace, name). ``scope`` is the S of the stream's contract, given back by the page's stream.
    ``user`` is "" where nobody is asked who he is; ``can_sign_out`` where he came in by the sign-in page. ``admits``
    says of a namespace whether the user may see it: for the activity, whose bundles may be gone. ``ready`` False: the
    first state is not there yet, ``reason`` says why in one line.
    """

    bundles: Sequence[Bundle]
    head: int
    now: datetime
    scope: str = ""
    user: str = ""
    can_sign_out: bool = False
    admits: Callable[[str], bool] = lambda _namespace: True
    ready: bool = True
    reason: str = ""
    program: ProgramFacts | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """An answer. ``pieces`` are made as they are asked for, each in a few milliseconds: write one a turn."""

    status: int
    content_type: str
    pieces: Iterator[bytes]

    @property
    def body(self) -> bytes:
        """All pieces, joined; once."""
        return b"".join(self.pieces)


class Pages:
    """Renders pages and the frames that keep them up to date. ``root_path`` begins and ends with ``/``."""

    def __init__(self, *, activity: Activity, assets: Assets, root_path: str = "/") -> None:
        self._activity = activity
        self._assets = assets
        self._root_path = root_path

    def render(self, path: str, query: Mapping[str, str], view: PageInput) -> Page | None:
        """The page of that path below the root, e.g. ``strategies/payments/ledger``; None: there is no such page."""
        if path:
            return None
        return Page(200, "text/html; charset=utf-8", iter((b"<!doctype html>",)))

    def message(self, status: int, title: str, text: str) -> Page:
        """A page for when there is nothing to show: not found, forbidden, not ready yet."""
        return Page(status, "text/html; charset=utf-8", iter((title.encode(), text.encode())))

    def sign_in(self, *, error: str = "", status: int = 200, target: str = "") -> Page:
        """The sign-in page: a form that POSTs ``token`` and ``target`` (the path to go on to) to ``sign-in``."""
        return Page(status, "text/html; charset=utf-8", iter((error.encode(), target.encode())))

    def changed(self, change: BundleChange, form: Form) -> bytes:
        """The data of the frame of a change (one line of JSON), in these forms; of DELETED too."""
        return orjson.dumps({"namespace": change.key.namespace, "name": change.key.name})

    def present(self, bundle: Bundle, form: Form) -> bytes:
        """The data of an ADDED frame without a change: of a snapshot, or of a right gained."""
        return orjson.dumps({"namespace": bundle.key.namespace, "name": bundle.key.name})

    def absent(self, key: BundleKey) -> bytes:
        """The data of a DELETED frame without a change: of a right lost."""
        return orjson.dumps({"namespace": key.namespace, "name": key.name})

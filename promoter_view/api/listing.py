"""Lists: which bundles, in which state, behind which token; and their bytes in slices. Pure.

A list holds a snapshot, a tuple of references to bytes that the views hold anyway, so that one of any size costs little
however slowly it is read.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from promoter_view.api.continuation import Token
from promoter_view.api.forms import Form, ListMeta
from promoter_view.api.freshness import require
from promoter_view.api.layouts import Layout, laid_out
from promoter_view.api.query import ListQuery
from promoter_view.boundaries import ViewReader
from promoter_view.records import Bundle
from promoter_view.slices import BeginSlice, endless
from promoter_view.views.history import Expired
from promoter_view.views.selection import Selection
from promoter_view.web.errors import ContinueExpired


@dataclass(frozen=True, slots=True)
class Page:
    """What one list answers."""

    meta: ListMeta
    bundles: Sequence[Bundle]


def page(views: ViewReader, view: str, namespace: str, query: ListQuery) -> Page:
    """The bundles that ``query`` selects, of one head. Errors: Expired, Ahead, ContinueExpired."""
    version, state = _state(views, view, namespace, query)
    if query.token is not None:
        state = _behind(state, query.token)
    selective = not (query.labels.empty and query.fields.empty)
    if selective:
        selection = Selection(namespace, labels=query.labels, fields=query.fields)
        matching = filter(selection.admits, state)
        # One more than the page holds tells whether there is a next one, without looking at all the rest.
        state = tuple(islice(matching, min(query.limit, len(state)) + 1 if query.limit else None))
    if not query.limit or len(state) <= query.limit:
        return Page(ListMeta(version), state)
    return _first(state, version, query.limit, counted=not selective)


class ListReader:
    """A page as a ``pump.Reader``: laid out item by item, so that a list of any size takes little memory."""

    idle = False

    def __init__(self, found: Page, form: Form, layout: Layout, begin_slice: BeginSlice = endless) -> None:
        self._pieces = self._laid_out(found, form, layout)
        self._begin_slice = begin_slice
        self.finished = False

    def pull(self, max_bytes: int) -> bytes:
        """The next slice."""
        parts: list[bytes] = []
        size, is_over = 0, self._begin_slice()
        for piece in self._pieces:
            parts.append(piece)
            size += len(piece)
            if size >= max_bytes or is_over():
                break
        return b"".join(parts)

    def _laid_out(self, found: Page, form: Form, layout: Layout) -> Iterator[bytes]:
        """The list in pieces that may be empty: an item, or a step of one that takes long."""
        empty = form.empty_list(found.meta)
        lead, closing = layout.frame(empty) if found.bundles else (laid_out(layout, empty), b"")
        for place, bundle in enumerate(found.bundles, 1):
            pieces = layout.item(form.item(bundle))
            held = lead + next(pieces)
            for piece in pieces:
                yield held
                held = piece
            if place < len(found.bundles):
                yield held
                lead = layout.separator
            else:
                lead = held
        self.finished = True
        yield lead + closing


def _state(views: ViewReader, view: str, namespace: str, query: ListQuery) -> tuple[int, Sequence[Bundle]]:
    token = query.token
    if token is not None and token.resource_version is not None:
        try:
            return token.resource_version, views.list_at(view, namespace, token.resource_version)
        except Expired as error:
            raise ContinueExpired(Token(None, token.namespace, token.name).encode()) from error
    if query.exact is not None:
        return query.exact, views.list_at(view, namespace, query.exact)
    require(views, query.at_least)
    return views.head, views.list(view, namespace)


def _behind(state: Sequence[Bundle], token: Token) -> Sequence[Bundle]:
    return state[bisect_right(state, (token.namespace, token.name), key=_place) :]


def _first(state: Sequence[Bundle], version: int, limit: int, *, counted: bool) -> Page:
    last = state[limit - 1].key
    token = Token(version, last.namespace, last.name).encode()
    remaining = len(state) - limit if counted else None
    return Page(ListMeta(version, token, remaining), state[:limit])


def _place(bundle: Bundle) -> tuple[str, str]:
    return bundle.key.namespace, bundle.key.name

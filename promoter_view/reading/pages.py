"""Lists: which bundles, in which state, behind which token; and their bytes in slices. Pure.

A list holds a snapshot, a tuple of references to bytes that the views hold anyway, so that one of any size costs little
however slowly it is read.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from promoter_view.boundaries import ViewReader
from promoter_view.reading.looks import JoinedBundles, admitted, looks_of
from promoter_view.reading.selection import Selection
from promoter_view.reading.tokens import Token
from promoter_view.reading.wire import Fixed, Wire
from promoter_view.records import Bundle
from promoter_view.slices import BeginSlice, endless
from promoter_view.views.history import Expired, require_come
from promoter_view.web.errors import ContinueExpired


@dataclass(frozen=True, slots=True)
class Part:
    """Which part of a list, of which state: that at ``exact``, else one not older than ``at_least`` (0: any).

    ``limit`` 0: all. With ``token`` the page behind it.
    """

    limit: int = 0
    token: Token | None = None
    exact: int | None = None
    at_least: int = 0


@dataclass(frozen=True, slots=True)
class ListMeta:
    """A list's metadata. ``token`` "" and ``remaining`` None are left out.

    ``token``: there is more; ``remaining``: how much, where that costs nothing to know.
    """

    resource_version: int
    token: str = ""
    remaining: int | None = None

    def document(self) -> dict[str, Any]:
        """As JSON has it."""
        found: dict[str, Any] = {"resourceVersion": str(self.resource_version)}
        if self.token:
            found["continue"] = self.token
        if self.remaining is not None:
            found["remainingItemCount"] = self.remaining
        return found


@dataclass(frozen=True, slots=True)
class Page:
    """What one list answers."""

    meta: ListMeta
    bundles: Sequence[Bundle]


def page(views: ViewReader, wanted: Selection, part: Part) -> Page:
    """The bundles that are selected, by (view, namespace, name), of one head.

    Errors: Expired, Ahead, Unseen, ContinueExpired.
    """
    version, parts = _state(views, wanted, part)
    if part.token is not None:
        place = (part.token.view or wanted.view, part.token.namespace, part.token.name)
        parts = [each[_behind(each, place) :] for each in parts]
    if wanted.selective:
        # One more than the page holds tells whether there is a next one, without looking at all the rest.
        parts = [
            admitted(each, wanted.admits, min(part.limit, len(each)) + 1 if part.limit else None) for each in parts
        ]
    state = parts[0] if len(parts) == 1 else JoinedBundles(parts)
    if not part.limit or len(state) <= part.limit:
        return Page(ListMeta(version), state)
    last = state[part.limit - 1].key
    token = Token(version, last.namespace, last.name, "" if wanted.view else last.view)
    remaining = None if wanted.selective else len(state) - part.limit
    return Page(ListMeta(version, token.encode(), remaining), state[: part.limit])


class Arriving(Protocol):
    """Bundles that come while they are sent: false where there are none."""

    def __bool__(self) -> bool: ...

    def __iter__(self) -> Iterator[Bundle | None]:
        """None: the next one is on its way. Whoever reads is woken when it has come."""


class PageReader:
    """A page as a ``pump.Reader``: laid out item by item, so that a list of any size takes little memory.

    ``opening`` and ``closing`` stand around the items, ``separator`` between them. ``item`` lays one out in pieces that
    may be empty: what takes long is done in steps.
    """

    def __init__(
        self,
        bundles: Sequence[Bundle] | Arriving,
        wire: Wire,
        item: Callable[[Bundle], Iterator[bytes]],
        *,
        opening: bytes,
        separator: Fixed,
        closing: bytes,
        begin_slice: BeginSlice = endless,
    ) -> None:
        self._bundles = bundles
        self._wire = wire
        self._item = item
        self._separator = separator
        self._begin_slice = begin_slice
        self._pieces = self._laid_out(opening, closing)
        #: It waits for what is on its way.
        self.idle = False
        self.finished = False

    def pull(self, max_bytes: int) -> bytes:
        """The next slice."""
        parts: list[bytes] = []
        size, is_over = 0, self._begin_slice()
        self.idle = False
        for piece in self._pieces:
            parts.append(piece)
            size += len(piece)
            if size >= max_bytes or self.idle or is_over():
                break
        return b"".join(parts)

    def _laid_out(self, opening: bytes, closing: bytes) -> Iterator[bytes]:
        """An item, or a step of one, at a time; the last one comes with the end."""
        held, is_first = self._wire.begin() + self._wire.text(opening), True
        for bundle in self._bundles:
            if bundle is None:
                self.idle = True
                yield b""
                continue
            if not is_first:
                yield held
                held = self._wire.fixed(self._separator)
            is_first = False
            pieces = self._item(bundle)
            held += next(pieces)
            for piece in pieces:
                yield held
                held = piece
        self.finished = True
        yield held + self._wire.text(closing) + self._wire.end()


def _state(views: ViewReader, wanted: Selection, part: Part) -> tuple[int, list[Sequence[Bundle]]]:
    """Those of each view. Each is in order, and so are the views."""
    token = part.token
    if token is not None and token.resource_version is not None:
        try:
            version = token.resource_version
            return version, [views.list_at(view, wanted.namespace, version) for view in wanted.views]
        except Expired as error:
            fresh = Token(None, token.namespace, token.name, token.view)
            raise ContinueExpired(fresh.encode()) from error
    if part.exact is not None:
        return part.exact, [views.list_at(view, wanted.namespace, part.exact) for view in wanted.views]
    require_come(part.at_least, views.head)
    return views.head, [views.list(view, wanted.namespace) for view in wanted.views]


def _behind(bundles: Sequence[Bundle], place: tuple[str, str, str]) -> int:
    """How many are not behind that place."""
    return bisect_right([look.key for look in looks_of(bundles)], place)

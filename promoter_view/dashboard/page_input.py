"""What a page is made from, and what it is as an answer. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain

from promoter_view.dashboard.journal.earlier import UNASKED, Earlier
from promoter_view.dashboard.past.banner import PastBanner
from promoter_view.dashboard.program import ProgramFacts
from promoter_view.reading.looks import BundleLook, looks_of
from promoter_view.records import Bundle, BundleKey


@dataclass(frozen=True, slots=True)
class PageInput:
    """What one request shows: all of one head, and only what its user may see.

    ``bundles`` by view, of each by (namespace, name). ``scope`` is the S of the stream's contract, given back by the
    page's stream. ``user`` is "" where nobody is asked who he is, ``can_sign_out`` where he came by the sign-in page.
    ``admits`` says of a view and a namespace whether the user may see it: for the activity, whose bundles may be gone.
    ``refused``: views of which there is something, and of which the user may see nothing; ``absent``: kinds that the
    cluster does not know; ``withheld``: kinds that the program may not list. ``past``: all is of that moment.
    ``earlier``: what the journal has told of what the page asks for (``Pages.wanted``). ``ready`` False: the first
    state is not there yet, ``reason`` says why in one line.
    """

    bundles: Mapping[str, Sequence[Bundle]]
    head: int
    now: datetime
    scope: str = ""
    user: str = ""
    can_sign_out: bool = False
    admits: Callable[[str, str], bool] = lambda _view, _namespace: True
    ready: bool = True
    reason: str = ""
    program: ProgramFacts | None = None
    refused: frozenset[str] = frozenset()
    absent: frozenset[str] = frozenset()
    withheld: frozenset[str] = frozenset()
    past: PastBanner | None = None
    earlier: Mapping[str, Earlier] = field(default_factory=dict)

    def told(self, word: str) -> Earlier:
        """What the journal has told of that."""
        return self.earlier.get(word, UNASKED)

    def find(self, key: BundleKey) -> Bundle | None:
        """That bundle, where there is one and the user may see it."""
        bundles = self.bundles.get(key.view, ())
        places = (place for place, look in enumerate(looks_of(bundles)) if look.key == key)
        return next((bundles[place] for place in places), None)

    @property
    def every(self) -> Iterator[Bundle]:
        """The bundles of all views: one a step, for each may have to be made."""
        return chain.from_iterable(self.bundles.values())

    @property
    def looks(self) -> Iterator[BundleLook]:
        """What can be told of all at once."""
        return chain.from_iterable(map(looks_of, self.bundles.values()))

    @property
    def namespaces(self) -> set[str]:
        """Those that hold any."""
        return {look.key.namespace for look in self.looks}


@dataclass(frozen=True, slots=True)
class Page:
    """An answer. ``pieces`` are made as they are asked for, each in a few milliseconds: write one a turn.

    A piece may be empty: then there was work, and nothing to write yet.
    """

    status: int
    content_type: str
    pieces: Iterator[bytes]

    @property
    def body(self) -> bytes:
        """All pieces, joined; once."""
        return b"".join(self.pieces)

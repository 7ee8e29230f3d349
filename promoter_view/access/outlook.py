"""What a request reads the views through: all of them, or as far as its user may see their members."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar

from promoter_view.access.admission import Admission
from promoter_view.boundaries import ViewReader, Wakeable

_Result = TypeVar("_Result")


class Outlook(Protocol):
    """One request's."""

    @property
    def views(self) -> ViewReader:
        """To be read inside ``see`` only, but for cursors, which go on."""

    async def see(self, ask: Callable[[], _Result]) -> _Result:
        """What ``ask`` gives, once all is known that it needs. Errors: those of ``ask``; ReviewUnavailable."""

    def follow(self, reader: Wakeable) -> None:
        """Wake that reader also when more is known of what it may see."""

    def leave(self, reader: Wakeable) -> None:
        """No more of that."""

    async def renew(self) -> bool:
        """Look again what may be seen. True where it has changed, so that a cursor has something to say."""


class Outlooks(Protocol):
    """Gives each request its outlook."""

    def of(self, admission: Admission, *views: str) -> Outlook:
        """The outlook of whoever was admitted on those views."""


class Everything:
    """The outlook of everybody, where whoever may read a bundle sees its members. Asks nothing, costs nothing."""

    def __init__(self, views: ViewReader) -> None:
        self.views = views

    def of(self, admission: Admission, *views: str) -> Outlook:  # noqa: ARG002
        """This."""
        return self

    async def see(self, ask: Callable[[], _Result]) -> _Result:
        """At once."""
        return ask()

    def follow(self, reader: Wakeable) -> None:
        """There is nothing more to be known."""

    def leave(self, reader: Wakeable) -> None:
        """As before."""

    async def renew(self) -> bool:
        """Nothing changes."""
        return False

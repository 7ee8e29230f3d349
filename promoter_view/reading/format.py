"""In which words a feed tells what happens: what every format of a stream has to say. Pure."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator

from promoter_view.records import Bundle, BundleChange, ChangeType
from promoter_view.views.history import Expired
from promoter_view.web.errors import Forbidden


class Format(ABC):
    """What a feed says, as bytes on its client's wire; b"" for what that client is not told."""

    #: A feed whose position has expired tells the state again; else it ends.
    begins_anew: bool = False
    #: The client is told of its position.
    bookmarks: bool = True
    #: What it says is made in steps of a millisecond at most, between which others get their turn.
    in_steps: bool = False

    def present_steps(self, bundle: Bundle) -> Iterator[None]:  # noqa: ARG002
        """Makes what ``present`` says of that bundle."""
        return iter(())

    def steps(self, event: ChangeType, bundle: Bundle, change: BundleChange) -> Iterator[None]:  # noqa: ARG002
        """Makes what ``changed`` says next: they are taken to the end first."""
        return iter(())

    @abstractmethod
    def present(self, bundle: Bundle) -> bytes:
        """A bundle of the state."""

    @abstractmethod
    def complete(self, position: int) -> bytes:
        """The state is whole."""

    @abstractmethod
    def changed(self, event: ChangeType, bundle: Bundle, change: BundleChange) -> bytes:
        """A change, as it is to this client."""

    @abstractmethod
    def bookmark(self, position: int) -> bytes:
        """Where the client stands."""

    def beat(self) -> bytes:
        """A sign of life."""
        return b""

    @abstractmethod
    def expired(self, error: Expired) -> bytes:
        """The position counts no more."""

    @abstractmethod
    def farewell(self, position: int | None, refusal: Forbidden | None) -> bytes:
        """It is over. ``position`` None: there is none; ``refusal``: because its client may no longer read this."""

    def examined(self, changes: int) -> None:  # noqa: B027 - few count them
        """A pull has read that many changes."""

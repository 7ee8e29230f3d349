"""How the lines of a watch go on the wire: as they are, compressed in runs that all clients share, or as messages."""

from __future__ import annotations

from typing import Protocol

from promoter_view.api.forms import Form
from promoter_view.api.frames import FrameCache, event_line
from promoter_view.records import Bundle, ChangeType
from promoter_view.views.bundle_cache import BundleCache
from promoter_view.web.conversation import Conversation
from promoter_view.web.deflate import HEADER, Member, Run, deflate

#: A bundle's ADDED line is this, its own run, and this: the lists' runs serve initial states too.
_ADDED, _CLOSING = (deflate(part) for part in event_line(ChangeType.ADDED, b"\0").split(b"\0"))


class Wire(Protocol):
    """One client's stream in the making. All results are to be sent, in that order."""

    def begin(self) -> bytes:
        """Before everything."""

    def budget(self, max_bytes: int) -> int:
        """How many bytes on the wire are one pull's work, where ``max_bytes`` of plain lines are."""

    def event(self, change: ChangeType, bundle: Bundle, resource_version: int, *, first: bool) -> bytes:
        """A change, from the frames near the head."""

    def initial(self, bundle: Bundle, *, first: bool) -> bytes:
        """A bundle of the initial state."""

    def line(self, line: bytes) -> bytes:
        """Any other line, which is this stream's alone."""

    def end(self) -> bytes:
        """After everything; not sent when the stream is cut."""


class PlainWire:
    """Lines as they are."""

    def __init__(self, form: Form, frames: FrameCache) -> None:
        self._form = form
        self._frames = frames

    def begin(self) -> bytes:
        """Nothing."""
        return b""

    def budget(self, max_bytes: int) -> int:
        """The same."""
        return max_bytes

    def event(self, change: ChangeType, bundle: Bundle, resource_version: int, *, first: bool) -> bytes:
        """The frame."""
        return self._frames.event(self._form, change, bundle, resource_version, first=first)

    def initial(self, bundle: Bundle, *, first: bool) -> bytes:
        """Not from the frames: a whole state would push out what is near the head, and a row's age would be old."""
        return event_line(ChangeType.ADDED, self._form.event(bundle, bundle.resource_version, first=first))

    def line(self, line: bytes) -> bytes:
        """The line."""
        return line

    def end(self) -> bytes:
        """Nothing."""
        return b""


class GzipWire:
    """One gzip member. ``runs``: of the bundles themselves, where ``form`` shows them as they are."""

    def __init__(self, form: Form, frames: FrameCache, runs: BundleCache[Run] | None) -> None:
        self._plain = PlainWire(form, frames)
        self._form = form
        self._frames = frames
        self._runs = runs
        self._member = Member()

    def begin(self) -> bytes:
        """The header of the member."""
        return HEADER

    def budget(self, max_bytes: int) -> int:
        """Less: runs may have to be made, which takes longer than writing them."""
        return max_bytes // 4

    def event(self, change: ChangeType, bundle: Bundle, resource_version: int, *, first: bool) -> bytes:
        """The frame's run."""
        return self._member.run(self._frames.run(self._form, change, bundle, resource_version, first=first))

    def initial(self, bundle: Bundle, *, first: bool) -> bytes:
        """Around the bundle's own run, where that can be."""
        if self._runs is None:
            return self.line(self._plain.initial(bundle, first=first))
        return b"".join(map(self._member.run, (_ADDED, self._runs.of(bundle), _CLOSING)))

    def line(self, line: bytes) -> bytes:
        """A run of its own."""
        return self._member.text(line)

    def end(self) -> bytes:
        """The trailer."""
        return self._member.end()


class SocketWire:
    """Each line a message of a WebSocket, the newline too, as kube-apiserver has it."""

    def __init__(self, form: Form, frames: FrameCache, conversation: Conversation) -> None:
        self._plain = PlainWire(form, frames)
        self._conversation = conversation

    def begin(self) -> bytes:
        """Nothing."""
        return b""

    def budget(self, max_bytes: int) -> int:
        """The same."""
        return max_bytes

    def event(self, change: ChangeType, bundle: Bundle, resource_version: int, *, first: bool) -> bytes:
        """The frame as a message."""
        return self._conversation.text(self._plain.event(change, bundle, resource_version, first=first))

    def initial(self, bundle: Bundle, *, first: bool) -> bytes:
        """The line as a message."""
        return self._conversation.text(self._plain.initial(bundle, first=first))

    def line(self, line: bytes) -> bytes:
        """The line as a message."""
        return self._conversation.text(line)

    def end(self) -> bytes:
        """Our half of the closing handshake."""
        return self._conversation.close()

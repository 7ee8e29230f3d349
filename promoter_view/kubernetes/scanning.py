"""What can be known of JSON that the decoder refuses: which object it is, and where each item of a list ends. Pure.

The decoder stops at a nesting of 1,024 levels, and refuses a document for one lone surrogate in it. kube-apiserver
stores what nests 10,000 deep. So this follows only brackets and strings, keeps no stack, and reads no other value
than the strings that it is asked for. It is total, and of a document that is cut short it takes what came before.
Where a name comes twice the last one counts, as it does for the decoder.

A document may have a million brackets, so all of it is done in steps of so many.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator, Sequence
from typing import NamedTuple, TypeVar

import orjson

#: Possessive, so that a string which is cut short is given up in one pass.
_STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+"', re.DOTALL)
#: The next bracket outside of strings, unless there is none among the next so many strings, or before the end.
_BRACKET = re.compile(rb'(?:[^"{}\[\]]++|"(?:[^"\\]++|\\.)*+"?){0,2000}+(?:([{\[])|([}\]])|)', re.DOTALL)
_BRACKETS_A_STEP = 500
_BLANK = re.compile(rb"[ \t\n\r]*+")
#: A number, true, false, null, or what stands in their place.
_PLAIN = re.compile(rb"[^\s,:{}\[\]\"]++")
_ASKED = ("namespace", "name", "resourceVersion")

#: What stands for a step among what is yielded.
_Step = TypeVar("_Step")


class ScannedIdentity(NamedTuple):
    """Which object it is; "" for what could not be read, or is no string."""

    api_version: str
    kind: str
    namespace: str
    name: str
    resource_version: str


class Scanner:
    """Stands at a byte of a document, ``at``. ``whole`` once an object has been read to its closing brace."""

    def __init__(self, data: bytes, at: int = 0) -> None:
        self._data = data
        self.at = self._blank(at)
        self.whole = False

    def members(self) -> Iterator[str]:
        """The names of the object that begins here, standing before each one's value; what is not taken is passed.

        "" is a step on the way to the next one, or a name that cannot be decoded and that nobody asks for.
        """
        more = self._take(b"{")
        while more and (name := self._name()) is not None:
            value = self.at
            yield name
            if self.at == value and not (yield from self._pass_value("")):
                return
            more = self._take(b",")
        self.whole = self._take(b"}")

    def elements(self) -> Iterator[bytes]:
        """The elements of the list that begins here, as they stand; b"" for a step. One that is cut short is none."""
        more = self._take(b"[")
        while more:
            begun = self.at
            if not (yield from self._pass_value(b"")):
                break
            yield self._data[begun : self.at].rstrip()
            more = self._take(b",")
        self._take(b"]")

    def text(self) -> str:
        """The string that begins here, "" where none does, or none that can be decoded."""
        return self._decoded(_STRING.match(self._data, self.at)) or ""

    def _name(self) -> str | None:
        found = _STRING.match(self._data, self.at)
        if found is None:
            return None
        self.at = self._blank(found.end())
        # A name that cannot be decoded is not one that is asked for.
        return (self._decoded(found) or "") if self._take(b":") else None

    def _decoded(self, found: re.Match[bytes] | None) -> str | None:
        if found is None:
            return None
        try:
            text: str = orjson.loads(found[0])
        except orjson.JSONDecodeError:
            return None
        return text

    def _pass_value(self, step: _Step) -> Generator[_Step, None, bool]:
        end = yield from self._end_of_value(step)
        if end is None:
            return False
        self.at = self._blank(end)
        return True

    def _end_of_value(self, step: _Step) -> Generator[_Step, None, int | None]:
        if self._data[self.at : self.at + 1] not in (b"{", b"["):
            plain = _STRING.match(self._data, self.at) or _PLAIN.match(self._data, self.at)
            return None if plain is None else plain.end()
        depth = 0
        for count, found in enumerate(_BRACKET.finditer(self._data, self.at)):
            if found.lastindex == 1:
                depth += 1
            elif found.lastindex == 2:
                depth -= 1
                if depth == 0:
                    return found.end()
            if found.lastindex is None or count % _BRACKETS_A_STEP == 0:
                yield step
        return None

    def _take(self, mark: bytes) -> bool:
        if self._data[self.at : self.at + 1] != mark:
            return False
        self.at = self._blank(self.at + 1)
        return True

    def _blank(self, at: int) -> int:
        found = _BLANK.match(self._data, at)
        assert found is not None  # it matches nothing, too
        return found.end()


class ListPage:
    """The body of a list, item by item, in one pass. ``version`` and ``more`` hold once ``items`` is through."""

    def __init__(self, body: bytes) -> None:
        self._body = body
        self._scanner = Scanner(body)
        self.version = ""
        self.more = ""

    def items(self) -> Iterator[bytes]:
        """Each item's bytes, b"" for a step. ``version`` stays "" where the list is cut short."""
        metadata: dict[str, str] = {}
        for name in self._scanner.members():
            if name == "metadata":
                metadata = yield from _texts_at(self._body, self._scanner.at, ("resourceVersion", "continue"), b"")
            elif name == "items":
                yield from self._scanner.elements()
            yield b""
        if self._scanner.whole:
            self.version, self.more = metadata.get("resourceVersion", ""), metadata.get("continue", "")


def identity_of(data: bytes, at: int = 0) -> Generator[None, None, ScannedIdentity]:
    """Of the object that begins at that byte."""
    own, metadata = dict.fromkeys(("apiVersion", "kind"), ""), dict[str, str]()
    scanner = Scanner(data, at)
    for name in scanner.members():
        if name in own:
            own[name] = scanner.text()
        elif name == "metadata":
            metadata = yield from _texts_at(data, scanner.at, _ASKED, None)
        yield
    named = (metadata.get(name, "") for name in _ASKED)
    return ScannedIdentity(own["apiVersion"], own["kind"], *named)


def event_of(line: bytes) -> Generator[None, None, tuple[str, ScannedIdentity]]:
    """The type of a line of a watch, and whose it is."""
    kind, found = "", ScannedIdentity("", "", "", "", "")
    scanner = Scanner(line)
    for name in scanner.members():
        if name == "type":
            kind = scanner.text()
        elif name == "object":
            found = yield from identity_of(line, scanner.at)
        yield
    return kind, found


def _texts_at(data: bytes, at: int, asked: Sequence[str], step: _Step) -> Generator[_Step, None, dict[str, str]]:
    """Those texts of the object that begins at that byte."""
    found: dict[str, str] = {}
    scanner = Scanner(data, at)
    for name in scanner.members():
        if name in asked:
            found[name] = scanner.text()
        yield step
    return found

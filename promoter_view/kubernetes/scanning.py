"""What can be known of JSON that the decoder refuses: which object it is, and where each item of a list ends. Pure.

The decoder stops at a nesting of 1,024 levels, and refuses a document for one lone surrogate in it. kube-apiserver
stores what nests 10,000 deep. So this follows only brackets and strings, keeps no stack, and reads no other value
than the strings that it is asked for. It is total, and of a document that is cut short it takes what came before.
Where a name comes twice the last one counts, as it does for the decoder.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

import orjson

#: Possessive, so that a string which is cut short is given up in one pass.
_STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+"', re.DOTALL)
#: The next bracket outside of strings, or the end.
_BRACKET = re.compile(rb'(?:[^"{}\[\]]++|"(?:[^"\\]++|\\.)*+"?)*+(?:([{\[])|([}\]])|\Z)', re.DOTALL)
_BLANK = re.compile(rb"[ \t\n\r]*+")
#: A number, true, false, null, or what stands in their place.
_PLAIN = re.compile(rb"[^\s,:{}\[\]\"]++")


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
        """The names of the object that begins here, standing before each one's value; what is not taken is passed."""
        more = self._take(b"{")
        while more and (name := self._name()) is not None:
            value = self.at
            yield name
            if self.at == value and not self._pass_value():
                return
            more = self._take(b",")
        self.whole = self._take(b"}")

    def elements(self) -> Iterator[bytes]:
        """The elements of the list that begins here, as they stand. One that is cut short is none."""
        more = self._take(b"[")
        while more and (item := self._value()):
            yield item
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

    def _value(self) -> bytes:
        begun = self.at
        return self._data[begun : self.at].rstrip() if self._pass_value() else b""

    def _pass_value(self) -> bool:
        end = self._end_of_value()
        if end is None:
            return False
        self.at = self._blank(end)
        return True

    def _end_of_value(self) -> int | None:
        if self._data[self.at : self.at + 1] not in (b"{", b"["):
            plain = _STRING.match(self._data, self.at) or _PLAIN.match(self._data, self.at)
            return None if plain is None else plain.end()
        depth = 0
        for found in _BRACKET.finditer(self._data, self.at):
            if found.lastindex == 1:
                depth += 1
            elif found.lastindex == 2:
                depth -= 1
                if depth == 0:
                    return found.end()
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
        """Each item's bytes. ``version`` stays "" where the list is cut short."""
        metadata: dict[str, str] = {}
        for name in self._scanner.members():
            if name == "metadata":
                metadata = _metadata_at(self._body, self._scanner.at)
            elif name == "items":
                yield from self._scanner.elements()
        if self._scanner.whole:
            self.version, self.more = metadata.get("resourceVersion", ""), metadata.get("continue", "")


def identity_of(data: bytes, at: int = 0) -> ScannedIdentity:
    """Of the object that begins at that byte."""
    own, metadata = dict.fromkeys(("apiVersion", "kind"), ""), dict[str, str]()
    scanner = Scanner(data, at)
    for name in scanner.members():
        if name in own:
            own[name] = scanner.text()
        elif name == "metadata":
            metadata = _metadata_at(data, scanner.at)
    named = (metadata.get(name, "") for name in ("namespace", "name", "resourceVersion"))
    return ScannedIdentity(own["apiVersion"], own["kind"], *named)


def event_of(line: bytes) -> tuple[str, ScannedIdentity]:
    """The type of a line of a watch, and whose it is."""
    kind, found = "", ScannedIdentity("", "", "", "", "")
    scanner = Scanner(line)
    for name in scanner.members():
        if name == "type":
            kind = scanner.text()
        elif name == "object":
            found = identity_of(line, scanner.at)
    return kind, found


def _metadata_at(data: bytes, at: int) -> dict[str, str]:
    scanner = Scanner(data, at)
    return {name: scanner.text() for name in scanner.members()}

"""Reads the fields of a mapping strictly: what is wrong is collected, with its place and what is expected. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from difflib import get_close_matches
from typing import Any, TypeVar

T = TypeVar("T")

#: What is wrong with a file is said of so many places: who mends these sees the next ones.
MOST_COMPLAINTS = 20
_MOST_COMPARED = 60
#: What may be said again of a file: what is longer, or has other signs, may be an address or a token.
_HARMLESS = re.compile(r"[A-Za-z0-9_.*?<-]{1,32}")
_HIDDEN = "what may be a secret, and is not shown,"


class StrictFields:
    """The fields of one mapping at a ``place``; ``complaints`` are shared by a whole file, and no
    more than are read.
    """

    def __init__(self, place: str, found: Mapping[str, Any], complaints: list[str]) -> None:
        self.place = place
        self._found = found
        self._complaints = complaints

    def __contains__(self, name: str) -> bool:
        return name in self._found

    @property
    def _is_full(self) -> bool:
        """Whether enough is said of the whole file."""
        return len(self._complaints) >= MOST_COMPLAINTS

    @property
    def names(self) -> list[str]:
        """Of the fields, in order."""
        return list(self._found)

    def holds(self, check: Callable[[str], object], name: str) -> bool:
        """Whether a name is what ``check`` takes; else what its ValueError says is a complaint."""
        try:
            check(name)
        except ValueError as error:
            self.complain("", str(error))
            return False
        return True

    def complain(self, field: str, wrong: str) -> None:
        """Says what is wrong with a field; "" is the whole."""
        if not self._is_full:
            self._complaints.append(": ".join(filter(None, (self.place, field, wrong))))

    def allow(self, known: Collection[str], note: str = "") -> None:
        """Complains about all fields but those; ``note`` is said beside."""
        for name in self._found:
            if name not in known and not self._is_full:
                self.complain(shown(name), f"there is no such field{note}{nearest(name, known)}")

    def read(self, name: str, parse: Callable[[Any], T], default: T) -> T:
        """What ``parse`` makes of a field; the default where it is absent, or raises a ValueError that says why."""
        if name not in self._found:
            return default
        try:
            return parse(self._found[name])
        except ValueError as error:
            self.complain(name, str(error))
            return default

    def below(self, name: str) -> StrictFields | None:
        """The fields of the mapping in a field; None where there is none."""
        found = self._found.get(name)
        if found is None:
            return None
        if not isinstance(found, dict):
            self.complain(name, "expected a mapping")
            return None
        return StrictFields(f"{self.place}: {name}", found, self._complaints)


def nearest(word: str, known: Collection[str]) -> str:
    """``; did you mean 'events'?``, and all of them where nothing is alike."""
    near = get_close_matches(word[:_MOST_COMPARED], known, n=1)
    return f"; did you mean {near[0]!r}?" if near else f"; known: {', '.join(known)}"


def shown(word: str) -> str:
    """A name of a field as it is said in a complaint: nothing of one that may be a secret."""
    return word if _HARMLESS.fullmatch(word) else _HIDDEN.rstrip(",")


def quoted(word: str) -> str:
    """A word of the file as a complaint begins with it: nothing of one that may be a secret."""
    return repr(word) if _HARMLESS.fullmatch(word) else _HIDDEN

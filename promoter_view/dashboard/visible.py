"""What somebody may see: the views everywhere, or those of some namespaces. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from hashlib import sha256

import orjson

_DIGITS = 16


@dataclass(frozen=True, slots=True)
class Visible:
    """``everywhere``: views that may be seen in all namespaces. ``allowed``, ``denied``: pairs of view and namespace.

    Of a pair that is in neither it is not known.
    """

    everywhere: frozenset[str] = frozenset()
    allowed: frozenset[tuple[str, str]] = frozenset()
    denied: frozenset[tuple[str, str]] = frozenset()

    def sees(self, view: str, namespace: str) -> bool | None:
        """Whether that view may be seen there; None where it is not known."""
        if view in self.everywhere or (view, namespace) in self.allowed:
            return True
        return False if (view, namespace) in self.denied else None

    def learn(self, view: str, namespace: str, *, may: bool) -> Visible:
        """The same with one pair more."""
        pair = frozenset({(view, namespace)})
        if may:
            return replace(self, allowed=self.allowed | pair, denied=self.denied - pair)
        return replace(self, allowed=self.allowed - pair, denied=self.denied | pair)

    @property
    def nothing(self) -> bool:
        """There is something to be seen, and none of it may be."""
        return bool(self.denied) and not self.everywhere and not self.allowed

    def refuses(self, view: str) -> bool:
        """The same of one view."""
        allowed = view in self.everywhere or any(view == one for one, _ in self.allowed)
        return not allowed and any(view == one for one, _ in self.denied)

    @property
    def scope(self) -> str:
        """The S of the stream's contract: stands for all that may be seen, and tells nothing of it."""
        seen = orjson.dumps([sorted(self.everywhere), sorted(self.allowed)])
        return sha256(seen).hexdigest()[:_DIGITS]


def everything(views: Iterable[str]) -> Visible:
    """All there is, for everybody who can connect."""
    return Visible(frozenset(views))

"""Which kinds what is served cannot do without: a refusal of any other holds nothing back. No I/O."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from promoter_view.kubernetes.outcomes import ApiError, Withheld
from promoter_view.records import ABSENT, ListPath


@dataclass(frozen=True, slots=True)
class Need:
    """What is served of ``root``, a kind, is made of ``kinds``, that one among them; without it there is nothing to
    serve. ``root`` "": they are needed in any case.
    """

    root: str
    kinds: frozenset[str]


class Needs:
    """What is served as a whole; without any needs everything is needed.

    ``position``: where a path stands, as a Recorder has it.
    """

    def __init__(
        self, needs: Sequence[Need], paths: Iterable[ListPath], position: Callable[[ListPath], str | None]
    ) -> None:
        self._needs = needs
        self._paths = tuple(paths)
        self._position = position
        self._refused: set[str] = set()

    def judge(self, error: ApiError, url: str) -> ApiError:
        """A 403 for a path of that URL: ``Withheld`` where nothing needs it, else as it is."""
        self._refused.add(url)
        kinds = {path.kind for path in self._paths if path.url == url}
        spared = bool(self._needs and kinds) and all(map(self._spares, kinds))
        return Withheld(error.status, error.reason, error.message, error.retry_after_seconds) if spared else error

    def _spares(self, kind: str) -> bool:
        """Whatever is made of it is empty anyway; but something is served, or there is nothing to serve at all."""
        if not all(self._is_empty(need) for need in self._needs if kind in need.kinds):
            return False
        return any(map(self._is_listed, self._needs)) or not any(map(self._is_refused, self._needs))

    def _is_empty(self, need: Need) -> bool:
        """Its root is not installed, or may not be read and was never."""
        roots = self._roots(need)
        return bool(roots) and all(self._position(path) == ABSENT or self._without_right(path) for path in roots)

    def _is_listed(self, need: Need) -> bool:
        return any(self._position(path) not in (None, ABSENT) for path in self._roots(need))

    def _is_refused(self, need: Need) -> bool:
        return any(self._without_right(path) for path in self._roots(need))

    def _roots(self, need: Need) -> list[ListPath]:
        return [path for path in self._paths if path.kind == need.root]

    def _without_right(self, path: ListPath) -> bool:
        return path.url in self._refused and self._position(path) in (None, ABSENT)

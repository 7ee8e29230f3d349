"""Colours of words, where whoever reads has a terminal that shows them. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from promoter_view.stages.health import Health
from promoter_view.views.promotion_strategy.state.words import StateWord

_RED, _GREEN, _YELLOW, _CYAN, _BOLD = "31", "32", "33", "36", "1"
_OF_WORDS: Mapping[str, str] = {
    StateWord.FAILED: _RED,
    StateWord.HELD: _RED,
    Health.UNHEALTHY: _RED,
    StateWord.NEEDS_APPROVAL: _YELLOW,
    StateWord.QUEUED: _CYAN,
    StateWord.CHECKING: _CYAN,
    StateWord.WAITING: _CYAN,
    StateWord.PROMOTING: _CYAN,
    StateWord.VERIFYING: _CYAN,
    Health.PROGRESSING: _CYAN,
    StateWord.UP_TO_DATE: _GREEN,
    Health.HEALTHY: _GREEN,
}


class Palette:
    """Puts colours on words; one that is not ``enabled`` leaves them as they are."""

    def __init__(self, *, enabled: bool) -> None:
        self.enabled = enabled

    def state(self, word: str, shown: str | None = None) -> str:
        """A state; ``shown``: that word as it is written, with blanks."""
        written = word if shown is None else shown
        colour = _OF_WORDS.get(word.strip())
        return self._with(colour, written) if colour is not None else written

    def heading(self, words: str) -> str:
        """What stands above."""
        return self._with(_BOLD, words)

    def _with(self, code: str, words: str) -> str:
        return f"\x1b[{code}m{words}\x1b[0m" if self.enabled else words


def wants_colour(environ: Mapping[str, str], *, is_terminal: bool) -> bool:
    """Only on a terminal, and not where NO_COLOR (no-color.org) or a dumb terminal says otherwise."""
    return is_terminal and not environ.get("NO_COLOR") and environ.get("TERM") != "dumb"

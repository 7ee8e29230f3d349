"""How long a message of a status may be: what it names may have any length. Pure."""

from __future__ import annotations

#: Of a message, and of a name within one.
MOST_CHARACTERS, MOST_OF_A_NAME = 500, 60


def clipped(words: str, most: int = MOST_CHARACTERS) -> str:
    """Those words, or so many of their characters that end in an ellipsis."""
    return words if len(words) <= most else words[: most - 3] + "..."

"""The sentences of a Markdown page, by a rule that is simple enough to check by hand.

- Fenced code, HTML, comments, headings and pictures have no sentences.
- A paragraph and an item of a list stand alone: no sentence goes on from one to the next.
- A cell of a table stands alone too. Cells count for the longest sentence, and not for the mean, which they would
  lower.
- A sentence ends at ``.``, ``!`` or ``?`` before a space, and at the end of its paragraph. ``e.g.`` ends none.
- A word is what stands between spaces and has a letter or a digit. Code in backticks is one word, whatever it has
  inside. A link counts as its text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_FENCE = re.compile(r"^\s*(```|~~~)")
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_ITEM = re.compile(r"^\s*([-*+]|\d+[.)])\s+")
_CODE = re.compile(r"``.+?``|`[^`]*`", re.DOTALL)
_PICTURE = re.compile(r"!\[[^\]]*\]\([^)]*\)")
_LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")
_END = re.compile(r"(?<=[.!?])[)\"'*_]*\s+")
_SHORT = re.compile(r"\b(e\.g|i\.e|etc|vs|cf)\.", re.IGNORECASE)
_CELL = re.compile(r"(?<!\\)\|")
_HTML = re.compile(r"^\s*</?[a-z][^>]*>|^\s*<[a-z]+$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Sentence:
    """What it says, its words, and whether it stands in a table."""

    text: str
    words: int
    in_table: bool


def sentences(page: str) -> Iterator[Sentence]:
    """Those of a page, in order."""
    for block, in_table in _blocks(page):
        shown = _LINK.sub(r"\1", _PICTURE.sub("", _CODE.sub("code", block)))
        shown = _SHORT.sub(lambda found: found.group(1).replace(".", ""), shown)
        for text in _END.split(shown):
            words = sum(1 for word in text.split() if any(map(str.isalnum, word)))
            if words:
                yield Sentence(" ".join(text.split()), words, in_table)


def mean_words(page: str) -> float:
    """Words a sentence, of those outside tables; 0 where there is none."""
    lengths = [sentence.words for sentence in sentences(page) if not sentence.in_table]
    return sum(lengths) / len(lengths) if lengths else 0.0


def without_code(page: str) -> str:
    """The page without its fenced code and its comments."""
    kept: list[str] = []
    fenced = False
    for line in _COMMENT.sub("", page).splitlines():
        if _FENCE.match(line):
            fenced = not fenced
        elif not fenced:
            kept.append(line)
        if _FENCE.match(line):
            kept.append("")
    return "\n".join(kept)


def _blocks(page: str) -> Iterator[tuple[str, bool]]:
    """Paragraphs, items and cells; True for cells."""
    lines: list[str] = []
    for line in [*without_code(page).splitlines(), ""]:
        cell, item = line.lstrip().startswith("|"), _ITEM.match(line)
        if lines and (cell or item or not line.strip() or line.startswith("#") or _HTML.match(line)):
            yield "\n".join(lines), False
            lines = []
        if cell:
            yield from ((each, True) for each in _CELL.split(line) if each.strip(" -:"))
        elif line.strip() and not line.startswith("#") and not _HTML.match(line):
            lines.append(line[item.end() :] if item else line)

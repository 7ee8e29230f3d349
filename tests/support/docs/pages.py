"""The pages that users read: README.md and docs/*.md."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
DOCS = ROOT / "docs"
PAGES = (ROOT / "README.md", *sorted(DOCS.glob("*.md")))
#: Told in the same words. It may name what a later version no longer has, so only its links and sentences are tested.
CHANGELOG = ROOT / "CHANGELOG.md"
_HEADING = re.compile(r"^#{1,6} +(.+?)\s*$", re.MULTILINE)
_FENCE = re.compile(r"^[ ]*(`{3,})(\w*)[^\n]*\n(.*?)^[ ]*\1[ ]*$", re.MULTILINE | re.DOTALL)


def shown(path: Path) -> str:
    """As messages name it."""
    return str(path.relative_to(ROOT))


def fenced(page: str) -> Iterator[tuple[str, str]]:
    """Each fenced block: its language, "" for none, and its text."""
    for found in _FENCE.finditer(page):
        yield found.group(2), found.group(3)


def inline_code(page: str) -> Iterator[str]:
    """What stands between single backticks, outside fenced blocks."""
    for found in re.finditer(r"(?<!`)`([^`]+)`(?!`)", _FENCE.sub("", page)):
        yield " ".join(found.group(1).replace("\\|", "|").split())


def anchors(page: str) -> set[str]:
    """Of its headings, as GitHub makes them."""
    made: set[str] = set()
    for heading in _HEADING.findall(_FENCE.sub("", page)):
        text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).replace("`", "")
        anchor = re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-")
        number = 0
        while (made_now := anchor if not number else f"{anchor}-{number}") in made:
            number += 1
        made.add(made_now)
    return made

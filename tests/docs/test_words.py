"""Words that nobody understands at the first reading are nowhere: in pages, the program, manifests or scripts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docs.prose import without_code
from tests.support.docs.pages import CHANGELOG, PAGES, ROOT, shown

BANNED = (
    "what would be right",
    "passed over",
    "goes on being",
    "that of the",
    "is let in",
    "who we are to",
    "evidence that proves nothing",
)
#: Turns of phrase that a reader of the pages has to read twice; code, in backticks or blocks, may have them.
DIALECT = (
    "anew",
    "asked for",
    "for ever",
    "go on",
    "goes on",
    "he",
    "him",
    "his",
    "how it stands",
    "in vain",
    "is said",
    "is told",
    "is wanted",
    "lamp",
    "of ours",
    "once more",
    "one that",
    "so that nobody",
    "that of",
    "under way",
    "what is there",
)
_PLACES = ("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "docs", "promoter_view", "deploy", "hack", "newsfragments")
_TEXTS = {".md", ".py", ".html", ".js", ".css", ".yaml", ".yml", ".json", ".sh", ".txt", ".tpl", ".toml", ".svg"}
_CODE = re.compile(r"``.+?``|`[^`]*`", re.DOTALL)
_TURNS = re.compile("|".join(rf"\b{words.replace(' ', chr(92) + 's+')}\b" for words in DIALECT), re.IGNORECASE)
_EITHER = re.compile("|".join(words.replace(" ", r"\s+(?:#:?\s+|//\s+)?") for words in BANNED), re.IGNORECASE)


def files() -> Iterator[Path]:
    for place in _PLACES:
        path = ROOT / place
        yield from (path,) if path.is_file() else sorted(path.rglob("*"))


def found(text: str) -> list[str]:
    """The banned words in a text, also where a line ends within one."""
    return [" ".join(each.split()) for each in _EITHER.findall(text)]


def test_banned_words_are_nowhere() -> None:
    """Each file with words in it, comments too, so that a plain search can tell as well."""
    texts = ((path, path.read_text(encoding="utf-8")) for path in files() if path.suffix in _TEXTS)
    assert {shown(path): words for path, text in texts if (words := found(text))} == {}


def turns(page: str) -> list[str]:
    """The turns of phrase in the prose of a page, code left out."""
    return [" ".join(each.split()) for each in _TURNS.findall(_CODE.sub("`", without_code(page)))]


@pytest.mark.parametrize("page", [*PAGES, CHANGELOG], ids=shown)
def test_pages_speak_plainly(page: Path) -> None:
    """None of the turns of phrase is on a page that users read."""
    assert turns(page.read_text()) == []


def test_turns_are_found_in_prose_only() -> None:
    """Also over a line's end; not in code, nor within a longer word."""
    assert turns("It goes\non, and HE is told.\n\n`what is there`\n```\nanew\n```\nthe others\n") == [
        "goes on",
        "HE",
        "is told",
    ]


@pytest.mark.parametrize("words", BANNED)
def test_words_are_found_over_lines(words: str) -> None:
    """A line that ends within them, in prose or in a comment, hides nothing."""
    first, rest = words.split(" ", 1)
    assert len(found(f"x {first.upper()}\n    # {rest} y")) == 1
    assert len(found(f"x {first}\n{rest} y")) == 1
    assert found(f"x {first}ly {rest}") == []

"""Sentences of the documentation are short. How they are counted: tests/docs/prose.py."""

from pathlib import Path

import pytest

from tests.docs.prose import mean_words, sentences
from tests.support.docs.pages import CHANGELOG, PAGES, shown

LONGEST = 35
MEAN = 20


@pytest.mark.parametrize("page", [*PAGES, CHANGELOG], ids=shown)
def test_no_sentence_is_long(page: Path) -> None:
    """No sentence of any page, in prose or in a table, has more than 35 words."""
    assert [each.text for each in sentences(page.read_text()) if each.words > LONGEST] == []


@pytest.mark.parametrize("page", [*PAGES, CHANGELOG], ids=shown)
def test_the_mean_is_low(page: Path) -> None:
    """At most 20 words a sentence in the mean."""
    assert mean_words(page.read_text()) <= MEAN


@pytest.mark.parametrize(
    ("page", "words"),
    [
        ("# A heading\n\nOne two. Three four five!\n", [2, 3]),
        ("One two\nthree (four five).\n\nSix\n", [5, 1]),
        ("- One two\n- Three: four.\n  five\n", [2, 2, 1]),
        ("See `a b c d` and [one two](three.md), e.g. this.", [7]),
        ("| a b | c |\n| --- | --- |\n| d e f. G | `x\\|y` |", [2, 1, 3, 1, 1]),
        ("Before.\n```\ncode code code.\n```\nafter\n", [1, 1]),
        ("<!-- one two -->\n<img src='x'>\n\nThree.", [1]),
        ("## Only this\n![a picture](x.png)\n", []),
    ],
)
def test_how_sentences_are_counted(page: str, words: list[int]) -> None:
    """Paragraphs, items and cells stand alone; code is one word; headings, comments and pictures are none."""
    assert [each.words for each in sentences(page)] == words


def test_cells_do_not_lower_the_mean() -> None:
    """A page of one long sentence and a table of short cells has the mean of the sentence."""
    assert mean_words("One two three four.\n\n| a | b |\n| --- | --- |\n| c | d |\n") == 4

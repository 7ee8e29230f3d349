"""The search for text on pages of rows: what of a row is looked at, and what a word that was typed means. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any

from promoter_view.decoded import mapping, mappings, text

#: Characters of a sha that a row carries, and by which one that was typed or pasted is looked for.
SHA_LENGTH = 12
_SHA = re.compile(r"[0-9a-f]{7,}")
_LONGEST_SHA = 64
_NUMBER = re.compile(r"#[0-9]+")


@dataclass(frozen=True, slots=True)
class Search:
    """Every term has to occur in a row's words. A number ends where it ends: ``#4`` is not ``#42``."""

    terms: tuple[str, ...] = ()
    numbers: tuple[re.Pattern[str], ...] = ()

    def finds(self, words: str) -> bool:
        """Whether a row with those words is meant."""
        return all(term in words for term in self.terms) and all(number.search(words) for number in self.numbers)


def read_search(typed: str) -> Search:
    """What was typed, in words. One of seven hexadecimal digits or more may be a sha: its beginning is looked for."""
    found = typed.lower().split()
    numbers = tuple(re.compile(rf"{word}(?![0-9])") for word in found if _NUMBER.fullmatch(word))
    return Search(tuple(_term(word) for word in found if not _NUMBER.fullmatch(word)), numbers)


def sha_of(typed: str) -> str:
    """What was typed, where it is a sha or its beginning, and nothing else; else ""."""
    word = typed.strip().lower()
    return word if _SHA.fullmatch(word) and len(word) <= _LONGEST_SHA else ""


def _term(word: str) -> str:
    plain = word.removeprefix("sha256:")
    return plain[:SHA_LENGTH] if _SHA.fullmatch(plain) else word


def freight_words(freight: Mapping[str, Any]) -> tuple[str, ...]:
    """Of a piece of Freight: its name, commits, tags and versions."""
    return tuple(_of_freight(freight))


def policy_words(policy: Mapping[str, Any]) -> tuple[str, ...]:
    """Of a ChangeTransferPolicy: the shas of the commits that are live or proposed, and its pull request, each once."""
    return past_words((mapping(policy, "status"),))


def past_words(entries: Iterable[Mapping[str, Any]]) -> tuple[str, ...]:
    """The same of the entries of a history."""
    return tuple(dict.fromkeys(filter(None, chain.from_iterable(map(_of_state, entries)))))


def joined(words: Iterable[str]) -> str:
    """As a row carries them: each once, in small letters."""
    return " ".join(dict.fromkeys(filter(None, words))).lower()


def _of_freight(freight: Mapping[str, Any]) -> Iterator[str]:
    yield text(freight, "metadata", "name")[:SHA_LENGTH]
    for commit in mappings(freight, "commits"):
        yield text(commit, "id")[:SHA_LENGTH]
        yield text(commit, "tag")
    for image in mappings(freight, "images"):
        yield text(image, "tag")
        yield text(image, "digest").removeprefix("sha256:")[:SHA_LENGTH]
    for chart in mappings(freight, "charts"):
        yield text(chart, "version")


def _of_state(state: Mapping[str, Any]) -> Iterator[str]:
    number = text(state, "pullRequest", "id")
    if number:
        yield f"#{number[:20]}"
    for side in ("active", "proposed"):
        yield text(state, side, "note", "drySha")[:SHA_LENGTH]
        for branch in ("dry", "hydrated"):
            commit = mapping(state, side, branch)
            yield text(commit, "sha")[:SHA_LENGTH]
            for reference in mappings(commit, "references"):
                yield text(reference, "commit", "sha")[:SHA_LENGTH]

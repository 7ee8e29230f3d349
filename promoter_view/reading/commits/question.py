"""What is asked for: a commit by its sha, or anything that Freight names. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

#: The digits of a sha that are asked for at least: fewer are no name.
FEWEST_DIGITS = 7
_MOST_CHARACTERS = 253
_SHA = re.compile(r"[0-9a-fA-F]{1,64}")


class NoQuestion(ValueError):  # noqa: N818 - a state, as a file's absence
    """What was asked for is neither; the message says why."""


@dataclass(frozen=True, slots=True)
class CommitQuestion:
    """``prefix``: the beginning of a sha or a digest, in small letters, "" where it can be none; ``word``: a tag, a
    version or a name in full, in small letters, "" where only a sha is asked for.
    """

    prefix: str = ""
    word: str = ""

    def names(self, sha: str) -> bool:
        """Whether that sha, or that digest, is meant."""
        return bool(self.prefix) and sha.lower().removeprefix("sha256:").startswith(self.prefix)

    def means(self, word: str) -> bool:
        """Whether that tag, version or name is meant."""
        return bool(self.word) and word.lower() == self.word


def read_sha(asked: str) -> CommitQuestion:
    """A sha, or the beginning of one. Errors: NoQuestion."""
    if not _SHA.fullmatch(asked):
        raise NoQuestion(f"{asked[:100]!r} is not a commit: a sha has only hexadecimal digits, at most 64")
    if len(asked) < FEWEST_DIGITS:
        raise NoQuestion(f"{asked!r} is too short: at least {FEWEST_DIGITS} digits of a sha are needed")
    return CommitQuestion(asked.lower())


def read_question(asked: str) -> CommitQuestion:
    """What was typed or pasted: a sha, a digest, a tag, a version, an image with one of them. Errors: NoQuestion."""
    typed = asked.strip()
    if not typed or len(typed) > _MOST_CHARACTERS:
        raise NoQuestion("q: a sha, an image's tag or digest, or a chart's version is needed, in one word")
    name, at, digest = typed.rpartition("@")
    last = digest if at else _tag(name + digest)
    plain = last.lower().removeprefix("sha256:")
    is_sha = _SHA.fullmatch(plain) is not None and len(plain) >= FEWEST_DIGITS
    return CommitQuestion(plain if is_sha else "", last.lower())


def _tag(typed: str) -> str:
    """The tag of an image that is named in full, else all of it."""
    repository, colon, tag = typed.rpartition(":")
    return tag if colon and "/" in repository and "/" not in tag else typed

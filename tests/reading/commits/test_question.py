"""What can be asked for."""

from __future__ import annotations

import pytest

from promoter_view.reading.commits.question import CommitQuestion, NoQuestion, read_question, read_sha

DIGEST = "ab" * 32


@pytest.mark.parametrize("asked", ["abcdef0", "A" * 40, "0" * 64])
def test_a_sha(asked: str) -> None:
    """Seven digits or more, in small letters or not."""
    question = read_sha(asked)
    assert question == CommitQuestion(asked.lower())
    assert question.names(asked)
    assert not question.names("1" + asked)
    assert not question.means("")


@pytest.mark.parametrize(
    ("asked", "words"),
    [("abcdef", "at least 7 digits"), ("", "is not a commit"), ("g" * 8, "is not a commit"), ("0" * 65, "64")],
)
def test_no_sha(asked: str, words: str) -> None:
    """The message says what is wrong."""
    with pytest.raises(NoQuestion, match=words):
        read_sha(asked)


@pytest.mark.parametrize(
    ("asked", "prefix", "word"),
    [
        (" ABCDEF0 ", "abcdef0", "abcdef0"),
        ("v1.2", "", "v1.2"),
        ("ghcr.io/acme/app:V1.2", "", "v1.2"),
        ("localhost:5000/app", "", "localhost:5000/app"),
        (f"sha256:{DIGEST}", DIGEST, f"sha256:{DIGEST}"),
        (f"ghcr.io/acme/app:1@sha256:{DIGEST}", DIGEST, f"sha256:{DIGEST}"),
        ("abc", "", "abc"),
    ],
)
def test_anything_that_names_it(asked: str, prefix: str, word: str) -> None:
    """A sha, a digest, a tag, a version; an image that is named in full by what is behind its name."""
    assert read_question(asked) == CommitQuestion(prefix, word)


@pytest.mark.parametrize("asked", ["", "  ", "x" * 254])
def test_nothing_is_asked(asked: str) -> None:
    """What is empty or too long is no question."""
    with pytest.raises(NoQuestion, match="q: "):
        read_question(asked)

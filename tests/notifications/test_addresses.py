"""Addresses are the operator's: what a commit says changes nothing of them, but for a whole sha in the path."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promoter_view.journal.entries import Happening, JournalEntry
from promoter_view.notifications.addresses import NoAddressError, address_of, check_address, origin_of
from tests.support.journal.journals import commit, entry

STATUSES = "https://api.github.com/repos/acme/config/statuses/{sha}"


def with_sha(sha: str) -> JournalEntry:
    """An entry whose commit says that this is its sha."""
    told = entry(1)
    return replace(told, happening=replace(told.happening, commit=replace(commit("a"), sha=sha)))


@pytest.mark.parametrize(
    "url",
    [
        "https://hooks.example.com/services/T0/B0?x=1",
        "http://127.0.0.1:8080/",
        "https://[::1]:8443/x",
        STATUSES,
        "https://x.example.com/{hydratedSha}/{sha}",
    ],
)
def test_taken(url: str) -> None:
    """These are addresses."""
    assert check_address(url) == url


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("", "https"),
        ("ftp://example.com/", "http or https"),
        ("https:///x", "http or https"),
        ("https://example.com:port/", "expected an address"),
        ("https://example.com/a b", "without blanks"),
        ("https://example.com/\r\nX: y", "without blanks"),
        ("https://exämple.com/", "ASCII"),
        ("https://example.com/" + "a" * 2100, "2048"),
        ("https://user:secret@example.com/", "no user name"),
        ("https://example.com/#x", "fragment"),
        ("https://example.com/#", "fragment"),
        ("https://example.com/{name}", "{sha} and {hydratedSha}"),
        ("https://{sha}.example.com/", "in the path only"),
        ("https://example.com/?x={sha}", "in the path only"),
        ("https://example.com/{sha", "no braces"),
    ],
)
def test_refused(url: str, expected: str) -> None:
    """Each says what is expected, and nothing of the address, which may be a secret."""
    with pytest.raises(NoAddressError) as raised:
        check_address(url)
    assert expected in str(raised.value)
    assert "secret" not in str(raised.value)


def test_sha() -> None:
    """The sha of the last entry's commit is put in; an address without a place for it stays as it is."""
    assert address_of(STATUSES, [entry(1), entry(2, letter="b")]).endswith("/statuses/" + "b" * 40)
    assert address_of("https://example.com/x", [entry(1)]) == "https://example.com/x"
    hydrated = replace(entry(1), happening=replace(entry(1).happening, commit=commit("a", "c")))
    assert address_of("https://example.com/{hydratedSha}", [hydrated]).endswith("/" + "c" * 40)


def test_no_sha() -> None:
    """An entry without a commit has no such address."""
    told = replace(entry(1), happening=Happening(entry(1).happening.event))
    with pytest.raises(NoAddressError, match="no commit with a whole sha"):
        address_of(STATUSES, [told])


@given(st.one_of(st.text(), st.from_regex(r"[0-9a-f]{38,42}\n?", fullmatch=True), st.just("../../x")))
def test_nothing_chooses_an_address(sha: str) -> None:
    """Whatever a commit calls its sha, the address is that of the operator, or there is none."""
    try:
        found = address_of(STATUSES, [with_sha(sha)])
    except NoAddressError:
        return
    assert found == STATUSES.replace("{sha}", sha)
    assert urlsplit(found).path.removeprefix("/repos/acme/config/statuses/").isalnum()
    assert urlsplit(found).hostname == "api.github.com"


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://hooks.slack.com/services/secret?token=secret", "https://hooks.slack.com"),
        ("https://me:secret@example.com:8443/secret#secret", "https://example.com:8443"),
        ("http://[::1]:80/secret", "http://[::1]:80"),
        ("secret", ""),
        ("https://example.com:secret/", ""),
    ],
)
def test_origin(url: str, origin: str) -> None:
    """Of an address only scheme, host and port are said."""
    assert origin_of(url) == origin

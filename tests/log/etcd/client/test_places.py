"""Where a log in etcd is, as the command line names it."""

from __future__ import annotations

import pytest

from promoter_view.log.etcd.client.places import parse_place


@pytest.mark.parametrize(
    ("text", "endpoints", "prefix"),
    [
        ("http://localhost:2379/view", ("http://localhost:2379",), "view"),
        ("https://a.b:1,c-d:65535/team/view/", ("https://a.b:1", "https://c-d:65535"), "team/view"),
        ("http://127.0.0.1:1,http://[::1]:2/v", ("http://127.0.0.1:1", "http://[::1]:2"), "v"),
        ("http://etcd_1:2379/p", ("http://etcd_1:2379",), "p"),
        (
            "https://[fe80::1%25eth0]:2379,ab--cd.example.com:1/p",
            ("https://[fe80::1%25eth0]:2379", "https://ab--cd.example.com:1"),
            "p",
        ),
    ],
)
def test_places_are_read(text, endpoints, prefix):
    """One member or several, with the scheme once or before each; the prefix without slashes at its ends."""
    assert parse_place(text) == (endpoints, prefix)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "http"),
        ("ftp://a:1/x", "http"),
        ("http://a/x", "'a' is no HOST:PORT"),
        ("http://a:0/x", "'a:0' is no HOST:PORT"),
        ("http://a:1,/x", "'' is no HOST:PORT"),
        ("http://a:1,https://b:2/x", "no HOST:PORT"),
        ("http://user:secret@a:1/x", "options"),
        ("http://[::1]/x", "'[::1]' is no HOST:PORT"),
        ("http://::1:2379/x", "'::1:2379' is no HOST:PORT"),
        ("http://[fe80::1%eth0]:2379/x", "%25eth0"),
        ("http://a:1", "prefix"),
        ("http://a:1//", "prefix"),
        ("http://a:1/a b", "prefix"),
    ],
)
def test_a_wrong_place_says_what_would_be_right(text, words):
    """The message names what is wrong and the form that is taken."""
    with pytest.raises(ValueError, match="etcd:http") as caught:
        parse_place(text)
    assert words in str(caught.value)

"""Where a request goes, and whether a form was sent from a page of ours."""

from __future__ import annotations

import pytest

from promoter_view.web.addressing import Addressed, Sender, addressed, host_name, is_own


@pytest.mark.parametrize(
    ("target", "version", "hosts", "expected"),
    [
        (b"/apis?x=1", b"HTTP/1.1", [b"a:8443"], Addressed(b"/apis?x=1", b"a:8443")),
        (b"/apis", b"HTTP/1.0", [], Addressed(b"/apis", None)),
        (b"https://b/apis?x=1", b"HTTP/1.1", [b"a"], Addressed(b"/apis?x=1", b"b")),
        (b"HTTPS://[::1]:443", b"HTTP/1.1", [b"a"], Addressed(b"/", b"[::1]:443")),
        (b"http://b?x=1#y", b"HTTP/1.1", [b"a"], Addressed(b"/?x=1", b"b")),
        (b"*", b"HTTP/1.1", [b"a"], Addressed(b"*", b"a")),
        (b"/https://b/apis", b"HTTP/1.1", [b"a"], Addressed(b"/https://b/apis", b"a")),
        (b"/apis", b"HTTP/1.1", [], None),
        (b"/apis", b"HTTP/1.1", [b"a", b"a"], None),
        (b"/apis", b"HTTP/1.0", [b"a", b"b"], None),
        (b"/apis", b"HTTP/1.1", [b"a/b"], None),
        (b"http://user@b/", b"HTTP/1.1", [b"a"], None),
    ],
)
def test_addressed(target: bytes, version: bytes, hosts: list[bytes], expected: Addressed | None) -> None:
    """The target in origin form and its host, or nothing where the request has to be refused."""
    assert addressed(target, version, hosts) == expected


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("Board.example", "board.example"),
        ("board.example:8443", "board.example"),
        ("board.example.:443", "board.example"),
        ("board.example.", "board.example"),
        ("[::1]", "[::1]"),
        ("[::1]:8080", "[::1]"),
        ("::1", "::1"),
        ("", ""),
    ],
)
def test_host_name(host: str, name: str) -> None:
    """A host's name without its port, as names are compared."""
    assert host_name(host) == name


OWN = [
    Sender("same-origin", "https://elsewhere.example", "10.0.0.7:8080", None),
    Sender("same-origin", None, "x", None),
    Sender("none", "null", "x", None),
    Sender(None, "https://board.example", "board.example", None),
    Sender(None, "https://Board.Example", "board.example:443", None),
    Sender(None, "https://board.example:443", "BOARD.example.", None),
    Sender(None, "http://board.example:8080", "board.example:8080", None),
    Sender(None, "http://[::1]:8080", "[::1]:8080", None),
    Sender(None, "https://board.example", "10.0.0.7:8080", "board.example"),
    Sender(None, "https://board.example", "inner", "board.example:443, inner"),
    Sender(None, "https://outer.example", "inner", None),
]


@pytest.mark.parametrize("sender", OWN)
def test_own(sender: Sender) -> None:
    """Sec-Fetch-Site is believed; without it Origin is Host, X-Forwarded-Host or a name that is configured."""
    assert is_own(sender, {"outer.example"})


OTHERS = [
    Sender("cross-site", "https://board.example", "board.example", None),
    Sender("same-site", "https://board.example", "board.example", None),
    Sender("", "https://board.example", "board.example", None),
    Sender(None, "https://evil.example", "board.example", None),
    Sender(None, "https://evil.example", "board.example", "board.example"),
    Sender(None, "https://board.example:8443", "board.example", None),
    Sender(None, "https://board.example.evil.example", "board.example", None),
    Sender(None, "ftp://board.example", "board.example", None),
    Sender(None, "https://[board.example", "board.example", None),
    Sender(None, "https://board.example@evil.example", "evil.example", None),
    Sender(None, "null", "board.example", None),
    Sender(None, "", "", None),
    Sender(None, None, "board.example", None),
]


@pytest.mark.parametrize("sender", OTHERS)
def test_of_another_site(sender: Sender) -> None:
    """What another site sends is told by either header, and what says nothing is refused."""
    assert not is_own(sender, {"outer.example"})

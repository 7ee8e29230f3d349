"""Which proxy a request goes through: kubectl's rules for the environment, and how proxies are written."""

from __future__ import annotations

from base64 import b64encode

import pytest

from promoter_view.network.proxies import parse_proxy, proxy_from
from promoter_view.network.targets import parse_target

PROXY = "http://proxy.example:3128"


def chosen(url: str, **environ: str) -> str:
    proxy = proxy_from(environ, parse_target(url))
    return "" if proxy is None else str(proxy.target)


@pytest.mark.parametrize(
    ("url", "environ", "expected"),
    [
        ("https://a", {"HTTPS_PROXY": PROXY}, PROXY),
        ("https://a", {"https_proxy": PROXY}, PROXY),
        ("https://a", {"HTTPS_PROXY": PROXY, "https_proxy": "http://other:1"}, PROXY),
        ("https://a", {"HTTPS_PROXY": "", "https_proxy": PROXY}, PROXY),
        ("https://a", {"HTTP_PROXY": PROXY, "ALL_PROXY": PROXY}, ""),
        ("http://a", {"HTTPS_PROXY": PROXY}, ""),
        ("http://a", {"HTTP_PROXY": "proxy.example:3128"}, PROXY),
        ("https://localhost", {"HTTPS_PROXY": PROXY}, ""),
        ("https://127.3.2.1", {"HTTPS_PROXY": PROXY}, ""),
        ("https://[::1]", {"HTTPS_PROXY": PROXY}, ""),
        ("https://[::ffff:127.0.0.1]", {"HTTPS_PROXY": PROXY}, ""),
        ("https://localhost.example", {"HTTPS_PROXY": PROXY}, PROXY),
    ],
)
def test_environment(url: str, environ: dict[str, str], expected: str) -> None:
    """Each scheme has a variable, upper case first; loopback is never proxied."""
    assert chosen(url, **environ) == expected


@pytest.mark.parametrize(
    ("exceptions", "excepted", "others"),
    [
        ("*", ["a.b", "10.0.0.1", "[fd00::1]"], []),
        ("x, *", ["a.b"], []),
        ("foo.com", ["foo.com", "BAR.foo.com"], ["xfoo.com", "foo.com.example"]),
        (".foo.com", ["bar.foo.com"], ["foo.com", "xfoo.com"]),
        ("*.foo.com", ["bar.foo.com"], ["foo.com", "xfoo.com"]),
        ("FOO.com:6443", ["foo.com:6443", "bar.foo.com:6443"], ["foo.com", "foo.com:443"]),
        ("foo.com:443", ["foo.com"], ["foo.com:6443"]),
        ("10.0.0.1", ["10.0.0.1", "[::ffff:10.0.0.1]"], ["10.0.0.10"]),
        ("10.0.0.1:6443", ["10.0.0.1:6443"], ["10.0.0.1"]),
        ("10.0.0.0/8", ["10.9.9.9:1", "[::ffff:10.0.0.1]"], ["11.0.0.1", "[fd00::1]", "a.10.0.0.1"]),
        ("10.0.0.7/8", ["10.9.9.9"], []),
        ("fd00::/8", ["[fd12::1]:6443"], ["[fe80::1]", "10.0.0.1"]),
        ("fd00::1", ["[fd00::1]:6443"], ["[fd00::2]"]),
        ("[fd00::1]:6443", ["[fd00:0::1]:6443"], ["[fd00::1]"]),
        ("[fd00::1]", [], ["[fd00::1]", "[fd00::2]"]),
        (" , ,:443,svc", ["a.svc"], ["a"]),
        ("10.0.0.0/99,a/b", [], ["10.0.0.0", "a"]),
    ],
)
def test_no_proxy(exceptions: str, excepted: list[str], others: list[str]) -> None:
    """Names with those below them, suffixes, addresses, CIDRs, ports, and ``*``, as Go reads them."""
    found = {host: chosen(f"https://{host}", HTTPS_PROXY=PROXY, NO_PROXY=exceptions) for host in excepted + others}
    assert found == {**dict.fromkeys(excepted, ""), **dict.fromkeys(others, PROXY)}
    assert chosen("https://foo.com", HTTPS_PROXY=PROXY, no_proxy="foo.com") == ""


def test_credentials() -> None:
    """A user and a password become Proxy-Authorization, and are shown nowhere."""
    proxy = parse_proxy("https://us%40er:pa%2Fss@proxy.example")
    assert (str(proxy.target), proxy.target.port) == ("https://proxy.example:443", 443)
    assert proxy.authorization == b"Basic " + b64encode(b"us@er:pa/ss")
    assert "pa" not in repr(proxy).replace("path", "")
    assert parse_proxy("http://[fd00::1]:3128").target.host == "fd00::1"


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("socks5://u:S3CRET@p:1", "SOCKS proxies are not supported"),
        ("socks5h://p", "SOCKS proxies are not supported"),
        ("ftp://u:S3CRET@p", "http or https proxy"),
        ("http://u:S3CRET@", "http or https proxy"),
        ("http://u:S3CRET@p:x", "port"),
        ("http://u:S3CRET@p p", "neither a name"),
    ],
)
def test_refused(url: str, words: str) -> None:
    """What cannot be used is refused in words that name the variable and repeat no password."""
    with pytest.raises(ValueError, match=r"^HTTPS_PROXY: ") as caught:
        chosen("https://a", HTTPS_PROXY=url)
    assert words in str(caught.value)
    assert "S3CRET" not in str(caught.value)
    assert chosen("https://localhost", HTTPS_PROXY=url) == ""

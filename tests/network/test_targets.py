"""Configured URLs: which server each is, how it is named in requests, and what is refused without repeating secrets."""

from __future__ import annotations

import pytest

from promoter_view.network.targets import Target, parse_target


@pytest.mark.parametrize(
    ("url", "host", "port", "authority", "name"),
    [
        ("https://example.com", "example.com", 443, "example.com:443", "example.com"),
        ("http://example.com.:8080/", "example.com.", 8080, "example.com.:8080", "example.com"),
        ("https://10.0.0.1:6443", "10.0.0.1", 6443, "10.0.0.1:6443", "10.0.0.1"),
        ("https://[::1]:6443", "::1", 6443, "[::1]:6443", "::1"),
        ("https://[FD00:0::1]", "fd00::1", 443, "[fd00::1]:443", "fd00::1"),
        ("https://[fe80::1%25eth0]:6443", "fe80::1%eth0", 6443, "[fe80::1]:6443", "fe80::1"),
        ("https://kube_api:6443", "kube_api", 6443, "kube_api:6443", "kube_api"),
        ("https://ab--cd.example.com", "ab--cd.example.com", 443, "ab--cd.example.com:443", "ab--cd.example.com"),
        ("https://-a.B-:1", "-a.b-", 1, "-a.b-:1", "-a.b-"),
        ("https://bücher.example", "xn--bcher-kva.example", 443, "xn--bcher-kva.example:443", "xn--bcher-kva.example"),
    ],
)
def test_servers(url: str, host: str, port: int, authority: str, name: str) -> None:
    """Any host that a resolver takes: what is connected to, named in requests, and looked for in certificates."""
    target = parse_target(url)
    assert (target.host, target.port, target.authority, target.name) == (host, port, authority, name)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("example.com:6443", "http or https URL"),
        ("ftp://example.com", "http or https URL"),
        ("https://", "http or https URL"),
        ("https://a:b", "port"),
        ("https://a:0", "port"),
        ("https://a:65536", "port"),
        ("https://[::1", "port"),
        ("https://[fe80::1%eth0]", "%25eth0"),
        ("https://[10.0.0.1]", "has to be a URL"),
        ("https://a b", "neither a name nor an address"),
        ("https://a..b", "neither a name nor an address"),
        (f"https://{'a' * 64}.b", "neither a name nor an address"),
        (f"https://{'a.' * 127}b", "neither a name nor an address"),
        ("https://a/?b=c", "without '?'"),
        ("https://user:S3CRET@a", "without a user"),
        ("ftp://user:S3CRET@a", "http or https"),
        ("https://user:S3CRET@a:b", "port"),
    ],
)
def test_refused(url: str, words: str) -> None:
    """What is wrong is said, and a password in a URL is never repeated."""
    with pytest.raises(ValueError, match=r"^(has|the) ") as caught:
        parse_target(url)
    assert words in str(caught.value)
    assert "S3CRET" not in str(caught.value)


def test_uris() -> None:
    """Paths come behind the server's own, percent-escapes stay as they are, parameters are encoded."""
    target = Target("https", "fe80::1%eth0", 6443, "/k8s")
    parameters = (("labelSelector", "a=b c,!d"), ("name", "ü"))
    expected = b"https://[fe80::1]:6443/k8s/api/a%2Fb?labelSelector=a%3Db%20c%2C%21d&name=%C3%BC"
    assert target.uri("/api/a%2Fb", parameters) == expected
    assert target.uri("/a b") == b"https://[fe80::1]:6443/k8s/a%20b"
    assert target.uri("/openapi/v3/a?hash=A%3D%3D") == b"https://[fe80::1]:6443/k8s/openapi/v3/a?hash=A%3D%3D"
    assert target.uri("/a?b=c", (("d", "e"),)) == b"https://[fe80::1]:6443/k8s/a?b=c&d=e"
    assert str(target) == "https://[fe80::1]:6443/k8s"

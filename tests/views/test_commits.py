"""Only the web becomes a link."""

from __future__ import annotations

import pytest

from promoter_view.dashboard.page_table import STRATEGY
from promoter_view.urls import web_url
from promoter_view.views.commits import FORGES, commit_url, compare_url

SHA = "a" * 40


@pytest.mark.parametrize("url", ["https://git.example.com/x", "http://127.0.0.1:3000/a?b=c#d", "HTTPS://HOST/x"])
def test_web_addresses_are_links(url: str) -> None:
    """An address with http or https and a host is linked as it is."""
    assert web_url(url) == url


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "JavaScript:alert(1)",
        " javascript:alert(1)",
        "java\nscript:alert(1)",
        "data:text/html,<script>alert(1)</script>",
        "vbscript:x",
        "file:///etc/passwd",
        "//evil.example.com/x",
        "/relative",
        "https:",
        "https://",
        "https:///path",
        "https://[broken",
        "http://a b/",
        "https://host/\u202etxt",
        "https://host/" + "x" * 2048,
        "",
    ],
)
def test_what_is_no_web_address_is_no_link(url: str) -> None:
    """Scripts, data, files, relative and malformed addresses are never linked."""
    assert web_url(url) == ""


@pytest.mark.parametrize(
    ("repository", "sha", "wanted"),
    [
        ("https://git.example.com/team/app", SHA, f"https://git.example.com/team/app/commit/{SHA}"),
        ("https://git.example.com/team/app.git", SHA, f"https://git.example.com/team/app/commit/{SHA}"),
        ("https://git.example.com/team/app/", "abcdef1", "https://git.example.com/team/app/commit/abcdef1"),
        ("git@git.example.com:team/app.git", SHA, ""),
        ("javascript:alert(1)//", SHA, ""),
        ("https://git.example.com/app?x=", SHA, ""),
        ("https://git.example.com/app", "../../evil", ""),
        ("https://git.example.com/app", "", ""),
    ],
)
def test_commits_are_linked_where_forges_show_them(repository: str, sha: str, wanted: str) -> None:
    """A commit's link is its repository's address with the sha, and none where either is not what it should be."""
    assert commit_url(repository, sha) == wanted


COMPARED = {
    "github": f"/compare/abcdef1...{SHA}",
    "forgejo": f"/compare/abcdef1...{SHA}",
    "gitea": f"/compare/abcdef1...{SHA}",
    "gitlab": f"/-/compare/abcdef1...{SHA}",
    "bitbucketCloud": f"/branches/compare/{SHA}..abcdef1",
    "azureDevOps": f"/branchCompare?baseVersion=GCabcdef1&targetVersion=GC{SHA}",
}


def test_each_forge_compares_commits_in_its_own_way() -> None:
    """The older one first, or the newer one where the forge has it so; nothing that is no sha is part of a link."""
    for name, path in COMPARED.items():
        assert compare_url("https://host/app.git", FORGES[name], "abcdef1", SHA) == f"https://host/app{path}"
        assert compare_url("https://host/app.git", FORGES[name], "../evil", SHA) == ""
        assert compare_url("https://host/app.git", FORGES[name], SHA, "x") == ""
        assert compare_url("javascript:alert(1)", FORGES[name], SHA, SHA) == ""
    assert COMPARED.keys() == FORGES.keys()


def test_credentials_are_never_linked() -> None:
    """User and password go, and so does what is called like a credential; what still has one is no link."""
    assert web_url("https://user:t0ken@host/x?access_token=t0ken") == "https://host/x?access_token=redacted"
    assert web_url('https://user:t0"ken@host/x') == ""
    assert commit_url("https://user:t0ken@host/x.git", SHA) == f"https://host/x/commit/{SHA}"


def test_a_strategy_has_a_path_of_its_own_whatever_its_name() -> None:
    """Names cannot leave their place in the path."""
    assert STRATEGY.at("a", "../b?c#d") == "strategies/a/..%2Fb%3Fc%23d"

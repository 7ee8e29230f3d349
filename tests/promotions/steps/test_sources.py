"""Sources and updates: kargo.md 1.4 with differences 3 and 4 of section 0, row by row."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promoter_view.promotions.steps.sources import (
    desired_revisions,
    image_name,
    image_text,
    inapplicable,
    matches,
    normalize_url,
    update_sources,
    upsert_images,
    upsert_parameters,
)
from promoter_view.promotions.steps.step import KustomizeImage, SourceUpdate
from promoter_view.stages.application import read_application
from tests.support.stages.applications import REPO, hydrated_application, known_application

URLS: dict[str, tuple[str, str]] = {
    "as it is": ("https://github.com/example/repo", "https://github.com/example/repo"),
    ".git": ("https://github.com/example/repo.git", "https://github.com/example/repo"),
    "a slash": ("https://github.com/example/repo/", "https://github.com/example/repo"),
    "a slash, then .git": ("https://github.com/example/repo.git/", "https://github.com/example/repo"),
    "case": ("HTTPS://GitHub.com/Example/Repo.GIT", "https://github.com/example/repo"),
    "user and password": ("https://user:pass@github.com/example/repo", "https://github.com/example/repo"),
    "a port": ("http://git.example.com:8080/repo.git", "http://git.example.com:8080/repo"),
    "spaces and what nobody sees": (
        " \ufeffhttps://github.com/example/\u200brepo\n",
        "https://github.com/example/repo",
    ),
    "soft hyphens, directions, joiners, separators": (
        "https://git\u00adhub.com/\u200e\u200f\u202a\u202e\u2060\u2064example/\u2003\u2028repo",
        "https://github.com/example/repo",
    ),
    "a query with a token": ("https://x:y@Example.com/R?token=z", "https://Example.com/R?token=redacted"),
    "scp": ("git@github.com:example/repo.git", "ssh://git@github.com/example/repo"),
    "scp without a user": ("github.com:example/repo.git", "ssh://github.com/example/repo"),
    "ssh": ("ssh://git@github.com/example/repo.git", "ssh://git@github.com/example/repo"),
    "ssh with a port": ("ssh://git@github.com:2222/Example/repo/", "ssh://git@github.com:2222/example/repo"),
    "a query": ("https://Example.com/Repo.git?ref=x", "https://Example.com/Repo.git?ref=x"),
    "a scp form with a query": ("git@Example.com:Repo?x", "git@Example.com:Repo?x"),
    "that cannot be read": ("https://[Bad/repo.git", "https://[Bad/repo.git"),
    "no host": ("https:///Repo.git", "https:///Repo.git"),
    "an OCI registry": ("oci://Registry.example.com/charts", "oci://Registry.example.com/charts"),
    "no URL": ("Registry/charts", "Registry/charts"),
    "empty": ("", ""),
}

GIT = "https://github.com/example/repo"
CHARTS = "https://charts.example.com"

MATCHES: dict[str, tuple[SourceUpdate, dict[str, Any], bool]] = {
    "the same": (SourceUpdate(GIT), {"repoURL": GIT}, True),
    "the same, written differently": (SourceUpdate(f"{GIT}.git"), {"repoURL": f"{GIT}/"}, True),
    "another repository": (SourceUpdate(GIT), {"repoURL": f"{GIT}2"}, False),
    "the same chart": (SourceUpdate(CHARTS, "db"), {"repoURL": CHARTS, "chart": "db"}, True),
    "another chart": (SourceUpdate(CHARTS, "db"), {"repoURL": CHARTS, "chart": "web"}, False),
    "charts have a case": (SourceUpdate(CHARTS, "db"), {"repoURL": CHARTS, "chart": "DB"}, False),
    "a chart only in the update": (SourceUpdate(CHARTS, "db"), {"repoURL": CHARTS}, False),
    "a chart only in the source": (SourceUpdate(CHARTS), {"repoURL": CHARTS, "chart": "db"}, False),
    "a source without anything": (SourceUpdate(GIT), {}, False),
    "a malformed source": (SourceUpdate(GIT), {"repoURL": 7, "chart": []}, False),
}

IMAGES: dict[str, tuple[Any, list[KustomizeImage], list[Any]]] = {
    "none yet": (None, [KustomizeImage("nginx", tag="1")], ["nginx:1"]),
    "in its place": (["a:1", "nginx:1", "b:1"], [KustomizeImage("nginx", tag="2")], ["a:1", "nginx:2", "b:1"]),
    "after the others": (["a:1"], [KustomizeImage("nginx", digest="sha256:0")], ["a:1", "nginx@sha256:0"]),
    "renamed": (["nginx:1"], [KustomizeImage("nginx", "r.io/nginx", "2")], ["nginx=r.io/nginx:2"]),
    "that was renamed": (["nginx=r.io/n:1"], [KustomizeImage("nginx", tag="2")], ["nginx:2"]),
    "renamed to this name": (["web=nginx:1"], [KustomizeImage("nginx", tag="2")], ["web=nginx:1", "nginx:2"]),
    "of a registry with a port": (["r:5000/n:1"], [KustomizeImage("r:5000/n", tag="2")], ["r:5000/n:2"]),
    "neither tag nor digest": (["nginx:1"], [KustomizeImage("nginx")], ["nginx:"]),
    "what is no text stays": ([7, "nginx:1"], [KustomizeImage("nginx", tag="2")], [7, "nginx:2"]),
    "what is no list goes": ("nginx:1", [KustomizeImage("nginx", tag="2")], ["nginx:2"]),
    "several": (
        ["b:1"],
        [KustomizeImage("c", tag="1"), KustomizeImage("b", tag="2"), KustomizeImage("c", tag="3")],
        ["b:2", "c:3"],
    ),
}

PARAMETERS: dict[str, tuple[Any, list[tuple[str, str]], list[dict[str, Any]]]] = {
    "none yet": (None, [("b", "1"), ("a", "2")], [{"name": "b", "value": "1"}, {"name": "a", "value": "2"}]),
    "in their place": (
        [{"name": "a", "value": "0", "forceString": True}, {"name": "z", "value": "0"}],
        [("new", "1"), ("a", "2"), ("also", "3")],
        [
            {"name": "a", "value": "2", "forceString": True},
            {"name": "z", "value": "0"},
            {"name": "new", "value": "1"},
            {"name": "also", "value": "3"},
        ],
    ),
    "the last of equal keys counts": (
        None,
        [("a", "1"), ("b", "1"), ("a", "2")],
        [{"name": "a", "value": "2"}, {"name": "b", "value": "1"}],
    ),
    "an empty value": ([{"name": "a", "value": "0"}], [("a", "")], [{"name": "a", "value": ""}]),
}


@pytest.mark.parametrize(("url", "normal"), URLS.values(), ids=URLS.keys())
def test_normalize_url(url: str, normal: str) -> None:
    """A URL has the normal form that git-normalization gives it."""
    assert normalize_url(url) == normal


@given(st.text() | st.text(alphabet="htps:/@.git?#[]a ", max_size=30).map("https://{}".format))
def test_any_url(url: str) -> None:
    """Whatever stands for a URL, it has a normal form; that form has lost nothing but what the rules name."""
    assert isinstance(normalize_url(url), str)


@given(st.from_regex(r"\Ahttps://[a-z]{1,5}(/[a-z]{1,4}){1,3}\Z"))
def test_spellings_are_equal(url: str) -> None:
    """Every spelling of a repository's URL has one normal form, and that is its own."""
    spellings = (url, url.upper(), f"{url}/", f"{url}.git", f"{url}.git/", f" {url}", url.replace("//", "//me:pw@"))
    assert {normalize_url(spelling) for spelling in spellings} == {url}


@pytest.mark.parametrize(("update", "source", "expected"), MATCHES.values(), ids=MATCHES.keys())
def test_matches(update: SourceUpdate, source: dict[str, Any], expected: bool) -> None:
    """An update is for the sources of its repository, and of its chart where either has one."""
    assert matches(update, source) is expected


def test_desired_revisions() -> None:
    """There is a revision for each source: that of the first update for it, found by the normalized URL."""
    sources = [{"repoURL": f"{GIT}.git"}, {"repoURL": CHARTS, "chart": "db"}, {"repoURL": "other"}]
    updates = [
        SourceUpdate(GIT, desired_revision="one"),
        SourceUpdate(GIT, desired_revision="two"),
        SourceUpdate(CHARTS, "db"),
    ]
    assert desired_revisions(sources, updates) == ("one", "", "")
    assert desired_revisions(sources, []) == ("", "", "")
    assert desired_revisions([], updates) == ()


def test_inapplicable() -> None:
    """The first update without a source is named, with its chart where it has one."""
    one, none = (known_application(spec=spec) for spec in ({"source": {"repoURL": GIT}}, {}))
    words = f"no source of Argo CD Application argocd/app matched update with repoURL {GIT}"
    assert inapplicable(one, [SourceUpdate(GIT)]) == ""
    assert inapplicable(none, [SourceUpdate(GIT)]) == words
    assert inapplicable(one, [SourceUpdate(GIT, "db")]) == f"{words} and chart db"


def test_hydrated_sources_are_not_updated() -> None:
    """Where the manifests are hydrated an update is refused, though its repository is that of the synced branch."""
    found = read_application(hydrated_application({}))
    assert inapplicable(found, []) == ""
    assert "has spec.sourceHydrator" in inapplicable(found, [SourceUpdate(REPO)])


@pytest.mark.parametrize(
    ("update", "revision"),
    [
        (SourceUpdate(GIT, desired_revision="sha", update_target_revision=True), "sha"),
        (SourceUpdate(f"{GIT}.git", desired_revision="sha", update_target_revision=True), "sha"),
        (SourceUpdate(GIT, desired_revision="sha"), "main"),
        (SourceUpdate(GIT), "main"),
    ],
)
def test_target_revision(update: SourceUpdate, revision: str) -> None:
    """targetRevision is written only where that is asked for, also where the URL is written differently."""
    source = {"repoURL": GIT, "path": "p", "targetRevision": "main", "unknown": {"stays": True}}
    assert update_sources([source], [update]) == [{**source, "targetRevision": revision}]


def test_every_source_that_matches() -> None:
    """An update applies to each source of its repository, and to no other."""
    sources = [{"repoURL": GIT, "path": "a"}, {"repoURL": "other"}, {"repoURL": f"{GIT}/", "path": "b"}]
    update = SourceUpdate(GIT, desired_revision="sha", update_target_revision=True)
    assert [one.get("targetRevision") for one in update_sources(sources, [update])] == ["sha", None, "sha"]
    assert sources[0] == {"repoURL": GIT, "path": "a"}


def test_images_and_parameters() -> None:
    """Images and parameters are set beside what else kustomize and helm are told."""
    source = {"repoURL": GIT, "kustomize": {"namePrefix": "x"}, "helm": {"values": "v"}}
    update = SourceUpdate(GIT, images=(KustomizeImage("nginx", tag="1"),), parameters=(("tag", "1"),))
    (found,) = update_sources([source], [update])
    assert found["kustomize"] == {"namePrefix": "x", "images": ["nginx:1"]}
    assert found["helm"] == {"values": "v", "parameters": [{"name": "tag", "value": "1"}]}


@pytest.mark.parametrize(("images", "updates", "expected"), IMAGES.values(), ids=IMAGES.keys())
def test_images(images: Any, updates: list[KustomizeImage], expected: list[Any]) -> None:
    """Images are replaced by their name where they stand, the others stay."""
    assert upsert_images(images, updates) == expected


@pytest.mark.parametrize(("parameters", "updates", "expected"), PARAMETERS.values(), ids=PARAMETERS.keys())
def test_parameters(parameters: Any, updates: list[tuple[str, str]], expected: list[dict[str, Any]]) -> None:
    """Parameters keep their order, new ones come in that of the config."""
    assert upsert_parameters({"parameters": parameters}, updates) == expected


NAMES = st.from_regex(r"\A([a-z]{1,3}(:[0-9]{1,3})?/)?[a-z]{1,4}\Z")
TAGGED = st.builds(KustomizeImage, NAMES, NAMES | st.just(""), st.from_regex(r"\A[a-z0-9]{0,4}\Z"), st.just(""))
DIGESTED = st.builds(KustomizeImage, NAMES, NAMES | st.just(""), st.just(""), st.just("sha256:0123"))


@given(TAGGED | DIGESTED)
def test_an_image_has_its_name(image: KustomizeImage) -> None:
    """What is written for an image is found again by its name."""
    assert image_name(image_text(image)) == image.repo_url


@given(st.lists(TAGGED | DIGESTED))
def test_upserting_twice_changes_nothing(updates: list[KustomizeImage]) -> None:
    """The same updates again leave the images as they are, each name once."""
    once = upsert_images([], updates)
    assert upsert_images(once, updates) == once
    assert len(once) == len({image.repo_url for image in updates})

"""Which Applications are meant, and which of them may be changed."""

from __future__ import annotations

from typing import Any

import pytest

from promoter_view.promotions.steps.selection import (
    ApplicationSelection,
    StepError,
    authorized,
    build_selector,
    read_selection,
    resolve,
)
from promoter_view.stages.application import read_application
from tests.promotions.known import STAGE, KnownApplications, app

WEB, API, DB = app("web", labels={"tier": "front"}), app("api", labels={"tier": "back"}), app("db")
KNOWN = KnownApplications(WEB, API, DB, app("web", namespace="other", labels={"tier": "front"}))

SELECTED: dict[str, tuple[dict[str, Any], list[str]]] = {
    "a label": ({"matchLabels": {"tier": "front"}}, ["web"]),
    "In": ({"matchExpressions": [{"key": "tier", "operator": "In", "values": ["front", "back"]}]}, ["api", "web"]),
    "NotIn": ({"matchExpressions": [{"key": "tier", "operator": "NotIn", "values": ["front"]}]}, ["api", "db"]),
    "Exists": ({"matchExpressions": [{"key": "tier", "operator": "Exists"}]}, ["api", "web"]),
    "DoesNotExist": ({"matchExpressions": [{"key": "tier", "operator": "DoesNotExist", "values": []}]}, ["db"]),
    "all have to hold": (
        {"matchLabels": {"tier": "back"}, "matchExpressions": [{"key": "tier", "operator": "Exists"}]},
        ["api"],
    ),
}

UNBUILT: dict[str, tuple[dict[str, Any], str]] = {
    "In without values": ({"matchExpressions": [{"key": "k", "operator": "In"}]}, "operator In of k needs values"),
    "NotIn without values": ({"matchExpressions": [{"key": "k", "operator": "NotIn", "values": []}]}, "needs values"),
    "Exists with values": (
        {"matchExpressions": [{"key": "k", "operator": "Exists", "values": ["v"]}]},
        "operator Exists of k takes no values",
    ),
    "a value that would be read as syntax": ({"matchLabels": {"k": "a),b in (c"}}, "is no label key or value"),
    "a key that would be read as syntax": ({"matchLabels": {"!k": "a"}}, '"!k" is no label key or value'),
    "a value that no label has": ({"matchLabels": {"k": "-"}}, "label value '-'"),
    "a key that no label has": ({"matchLabels": {"a/b/c": "v"}}, "label key 'a/b/c'"),
    "too many": ({"matchLabels": {f"k{i}": "v" for i in range(100)}}, "more than 64 requirements"),
}


@pytest.mark.parametrize(("selector", "names"), SELECTED.values(), ids=SELECTED.keys())
def test_selected(selector: dict[str, Any], names: list[str]) -> None:
    """A selector means the Applications of its namespace whose labels match, by name."""
    found = resolve(ApplicationSelection("argocd", selector=selector), KNOWN)
    assert [one.name for one in found] == names


@pytest.mark.parametrize(("selector", "words"), UNBUILT.values(), ids=UNBUILT.keys())
def test_selector_that_cannot_be_built(selector: dict[str, Any], words: str) -> None:
    """A selector that is no selector is an error that says what is wrong with it."""
    with pytest.raises(StepError, match="error building the selector") as caught:
        build_selector(selector)
    assert words in str(caught.value)


def test_by_name() -> None:
    """A name means that Application of the namespace given, or else of Argo CD's."""
    for namespace, entry in (("argocd", {"name": "web"}), ("other", {"name": "web", "namespace": "other"})):
        (found,) = resolve(read_selection(entry, "argocd"), KNOWN)
        assert found.namespace == namespace


def test_being_deleted() -> None:
    """An Application that is being deleted is an error where it is named, and no selector selects it."""
    going = app("api", labels={"tier": "back"})
    going["metadata"]["deletionTimestamp"] = "2026-11-29T20:00:00Z"
    known = KnownApplications(WEB, going)
    with pytest.raises(StepError, match=r"argocd/api is being deleted since 2026-11-29T20:00:00Z"):
        resolve(ApplicationSelection("argocd", "api"), known)
    with pytest.raises(StepError, match=r"\(tier=back\); 1 that match are being deleted"):
        resolve(ApplicationSelection("argocd", selector={"matchLabels": {"tier": "back"}}), known)
    everything = {"matchExpressions": [{"key": "tier", "operator": "Exists"}]}
    assert resolve(ApplicationSelection("argocd", selector=everything), known) == [read_application(WEB)]


def test_nothing_found() -> None:
    """An Application that is not there, and a selector without hits, are errors that name what was looked for."""
    with pytest.raises(StepError, match='unable to find Argo CD Application "gone" in namespace "argocd"'):
        resolve(ApplicationSelection("argocd", "gone"), KNOWN)
    with pytest.raises(StepError, match=r"no Argo CD Applications found matching selector in .* \(tier=none\)"):
        resolve(ApplicationSelection("argocd", selector={"matchLabels": {"tier": "none"}}), KNOWN)


@pytest.mark.parametrize(
    ("annotation", "why"),
    [
        (None, "it has no annotation"),
        ("bad", "is not of the form project:stage"),
        ("kargo-demo:*", "holds a glob"),
        ("other:test", 'names "other:test" only'),
        ("kargo-demo:prod", 'names "kargo-demo:prod" only'),
        ("kargo-demo:test,*:*", "holds a glob"),
    ],
)
def test_not_authorized(annotation: str | None, why: str) -> None:
    """An Application that is not for this Stage is refused with the reason, by name and by selector."""
    found = [read_application(app(annotation=annotation))]
    with pytest.raises(StepError) as caught:
        authorized(ApplicationSelection("argocd", "app"), found, STAGE)
    assert "Argo CD Application argocd/app is not authorized for Stage kargo-demo:test" in str(caught.value)
    assert why in str(caught.value)
    with pytest.raises(StepError) as caught:
        authorized(ApplicationSelection("argocd", selector={"matchLabels": {"a": "b"}}), found * 2, STAGE)
    assert "found 2 Application(s) matching selector in namespace argocd" in str(caught.value)
    assert "none are authorized for Stage kargo-demo:test" in str(caught.value)
    assert why in str(caught.value)


def test_some_authorized() -> None:
    """Of a selector those that are authorized are taken, and the others counted."""
    good = read_application(app("good"))
    found = [read_application(app("bad", annotation=None)), good]
    assert authorized(ApplicationSelection("argocd", selector={}), found, STAGE) == ([good], 1)

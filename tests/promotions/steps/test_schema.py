"""The configs of the steps: kargo.md 1.1 and 2, row by row."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promoter_view.promotions.steps.schema import load_schema

UPDATE, WAIT = load_schema("argocd-update"), load_schema("argocd-wait")


def app(**more: Any) -> dict[str, Any]:
    return {"apps": [{"name": "a", **more}]}


def source(**more: Any) -> dict[str, Any]:
    return app(sources=[{"repoURL": "r", **more}])


def selector(**more: Any) -> dict[str, Any]:
    return {"apps": [{"selector": more}]}


EXISTS = {"key": "k", "operator": "Exists"}

VALID: dict[str, dict[str, Any]] = {
    "a name": app(),
    "a namespace": app(namespace="n"),
    "matchLabels": selector(matchLabels={"a": "b"}),
    "matchExpressions": selector(matchExpressions=[EXISTS]),
    "both, one of them empty": selector(matchLabels={}, matchExpressions=[EXISTS]),
    "both, the other empty": selector(matchLabels={"a": ""}, matchExpressions=[]),
    "arity is no matter of the schema": selector(matchExpressions=[{"key": "k", "operator": "In"}]),
    "a source": source(),
    "a chart": source(chart="c", desiredRevision="1.0", updateTargetRevision=True),
    "a revision that is not written": source(desiredRevision="sha", updateTargetRevision=False),
    "kustomize without images": source(kustomize={}),
    "an image with neither tag nor digest": source(kustomize={"images": [{"repoURL": "i"}]}),
    "an image with an empty tag and digest": source(kustomize={"images": [{"repoURL": "i", "tag": "", "digest": ""}]}),
    "an image with a digest": source(
        kustomize={"images": [{"repoURL": "i", "newName": "n", "tag": "", "digest": "d"}]}
    ),
    "an empty helm value": source(helm={"images": [{"key": "k", "value": ""}]}),
}

INVALID: dict[str, tuple[Any, str]] = {
    "no config": ({}, "config: apps is required"),
    "no object": ([], "config: has to be an object, not a list"),
    "apps null": ({"apps": None}, "config.apps: has to be a list, not null"),
    "no apps": ({"apps": []}, "config.apps: needs at least one entry"),
    "an unknown key": ({**app(), "x": 1}, 'config: unknown key "x"; known are apps'),
    "neither name nor selector": ({"apps": [{}]}, "config.apps[0]: exactly one of name and selector has to be given"),
    "name and selector": (app(selector={"matchLabels": {"a": "b"}}), "exactly one of name and selector"),
    "name and a selector of null": (app(selector=None), "config.apps[0].selector: has to be an object, not null"),
    "selector and an empty name": (
        {"apps": [{"name": "", "selector": {"matchLabels": {"a": "b"}}}]},
        "config.apps[0].name: must not be empty",
    ),
    "a number for a name": ({"apps": [{"name": 7}]}, "config.apps[0].name: has to be a string, not a number"),
    "an empty namespace": (app(namespace=""), "config.apps[0].namespace: must not be empty"),
    "a knob that there is not": (app(prune=True), 'unknown key "prune"; known are name, namespace, selector, sources'),
    "an empty selector": (selector(), "a label in matchLabels or an entry in matchExpressions has to be given"),
    "both empty": (selector(matchLabels={}, matchExpressions=[]), "a label in matchLabels or an entry"),
    "a label that is no string": (
        selector(matchLabels={"a": 1}),
        "config.apps[0].selector.matchLabels.a: has to be a str",
    ),
    "an expression without a key": (selector(matchExpressions=[{"operator": "Exists"}]), "key is required"),
    "an empty key": (selector(matchExpressions=[{"key": "", "operator": "Exists"}]), ".key: must not be empty"),
    "an unknown operator": (
        selector(matchExpressions=[{"key": "k", "operator": "Is"}]),
        'has to be one of In, NotIn, Exists, DoesNotExist, not "Is"',
    ),
    "a value that is no string": (
        selector(matchExpressions=[{"key": "k", "operator": "In", "values": [1]}]),
        "config.apps[0].selector.matchExpressions[0].values[0]: has to be a string, not a number",
    ),
    "no sources": (app(sources=[]), "config.apps[0].sources: needs at least one entry"),
    "sources null": (app(sources=None), "config.apps[0].sources: has to be a list, not null"),
    "no repoURL": (app(sources=[{}]), "config.apps[0].sources[0]: repoURL is required"),
    "an empty repoURL": (source(repoURL=""), "config.apps[0].sources[0].repoURL: must not be empty"),
    "an empty chart": (source(chart=""), ".chart: must not be empty"),
    "an empty revision": (source(desiredRevision=""), ".desiredRevision: must not be empty"),
    "a revision of null": (source(desiredRevision=None), ".desiredRevision: has to be a string, not null"),
    "a number for a revision": (source(desiredRevision=1.1), ".desiredRevision: has to be a string, not a number"),
    "updateTargetRevision without a revision": (
        source(updateTargetRevision=True),
        "config.apps[0].sources[0]: desiredRevision is required: updateTargetRevision needs one",
    ),
    "updateTargetRevision as text": (
        source(desiredRevision="s", updateTargetRevision="true"),
        ".updateTargetRevision: has to be a boolean, not a string",
    ),
    "updateTargetRevision null": (
        source(desiredRevision="s", updateTargetRevision=None),
        ".updateTargetRevision: has to be a boolean, not null",
    ),
    "legacy keys": (source(desiredCommitFromStep="x"), 'unknown key "desiredCommitFromStep"'),
    "no kustomize images": (source(kustomize={"images": []}), ".kustomize.images: needs at least one entry"),
    "an unknown key in kustomize": (source(kustomize={"x": 1}), 'unknown key "x"; known are images'),
    "an image without repoURL": (source(kustomize={"images": [{"tag": "t"}]}), ".images[0]: repoURL is required"),
    "an image of tag and digest": (
        source(kustomize={"images": [{"repoURL": "i", "tag": "t", "digest": "d"}]}),
        ".images[0]: only one of tag and digest may be given",
    ),
    "an empty newName": (
        source(kustomize={"images": [{"repoURL": "i", "newName": ""}]}),
        ".newName: must not be empty",
    ),
    "helm without images": (source(helm={}), "config.apps[0].sources[0].helm: images is required"),
    "no helm images": (source(helm={"images": []}), ".helm.images: needs at least one entry"),
    "a helm image without a value": (source(helm={"images": [{"key": "k"}]}), ".images[0]: value is required"),
    "a helm image with an empty key": (source(helm={"images": [{"key": "", "value": "v"}]}), ".key: must not be empty"),
    "a helm value that is a number": (
        source(helm={"images": [{"key": "k", "value": 1}]}),
        ".value: has to be a string",
    ),
}

WAITS: dict[str, tuple[Any, str]] = {
    "the defaults": (app(), ""),
    "all": ({**app(), "waitFor": ["health", "sync", "operation", "suspended", "degraded"]}, ""),
    "nothing": ({**app(), "waitFor": []}, "config.waitFor: needs at least one entry"),
    "twice the same": ({**app(), "waitFor": ["sync", "sync"]}, "config.waitFor: names an entry twice"),
    "an unknown one": ({**app(), "waitFor": ["done"]}, "config.waitFor[0]: has to be one of health, sync, operation"),
    "sources": (source(), 'config.apps[0]: unknown key "sources"; known are name, namespace, selector'),
    "no apps": ({}, "config: apps is required"),
}


@pytest.mark.parametrize("config", VALID.values(), ids=VALID.keys())
def test_valid(config: dict[str, Any]) -> None:
    """A config that argocd-update takes has no problems."""
    assert UPDATE.problems(config) == []


@pytest.mark.parametrize(("config", "words"), INVALID.values(), ids=INVALID.keys())
def test_invalid(config: Any, words: str) -> None:
    """A config that argocd-update does not take is refused, with the path and what was expected."""
    problems = UPDATE.problems(config)
    assert any(words in problem for problem in problems), problems


@pytest.mark.parametrize(("config", "words"), WAITS.values(), ids=WAITS.keys())
def test_wait(config: Any, words: str) -> None:
    """The config of argocd-wait is checked as well."""
    problems = WAIT.problems(config)
    assert any(words in problem for problem in problems) if words else problems == [], problems


def test_the_cure_for_numbers() -> None:
    """A string that an expression has made a number is told what keeps it a string; what is null is not."""
    (problem,) = UPDATE.problems(source(desiredRevision=1.1))
    assert problem.endswith("not a number (in an expression, quote(...) keeps a string a string)")
    (problem,) = UPDATE.problems(source(desiredRevision=None))
    assert problem.endswith("not null")


def test_many_problems() -> None:
    """Of many problems the first few are told, and how many more there are."""
    problems = UPDATE.problems({"apps": [{}] * 20})
    assert len(problems) == 6
    assert problems[-1] == "and 15 more"


def test_long_keys() -> None:
    """A key of any length is cut in a message."""
    assert all(len(problem) < 250 for problem in UPDATE.problems({"apps": [{"k" * 10_000: 1}]}))


CONFIGS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda children: (
        st.lists(children, max_size=3)
        | st.dictionaries(
            st.sampled_from(["apps", "name", "selector", "sources", "repoURL", "kustomize", "images", "waitFor"]),
            children,
        )
    ),
)


@given(CONFIGS)
def test_any_config(config: Any) -> None:
    """Whatever a config holds, it is valid or has problems in words."""
    assert all(problem.startswith(("config", "and ")) for problem in UPDATE.problems(config) + WAIT.problems(config))

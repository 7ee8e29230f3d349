"""The authorized-stage annotation: kargo.md 1.3, row by row."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promoter_view.stages.application import read_application
from promoter_view.stages.authorization import ANNOTATION, StageKey, authorization_of, parse_annotation, refusal

TEST = StageKey("kargo-demo", "test")

READ: dict[str, tuple[str, list[tuple[str, str]]]] = {
    "one": ("kargo-demo:test", [("kargo-demo", "test")]),
    "several": ("a:b,c:d", [("a", "b"), ("c", "d")]),
    "spaces": (" a : b ,\tc:d\n", [("a", "b"), ("c", "d")]),
    "empty entries": (",a:b,,", [("a", "b")]),
    "cut at the first colon": ("a:b:c", [("a", "b:c")]),
    "twice the same": ("a:b,a:b", [("a", "b"), ("a", "b")]),
}

VOID: dict[str, tuple[str, str]] = {
    "empty": ("", "names no Stage"),
    "spaces only": ("  ", "names no Stage"),
    "commas only": (",,", "names no Stage"),
    "no colon": ("kargo-demo", 'entry 1 of its annotation kargo.akuity.io/authorized-stage, "kargo-demo", is not of'),
    "no project": (":test", "is not of the form project:stage"),
    "no stage": ("kargo-demo: ", "is not of the form project:stage"),
    "a glob for a stage": ("kargo-demo:*", "holds a glob"),
    "a glob for a project": ("*:test", "holds a glob"),
    "a glob in a name": ("kargo-*:test", "holds a glob"),
    "one bad entry voids all": ("kargo-demo:test,bad", "entry 2"),
    "one glob voids all": ("kargo-demo:test,kargo-demo:*", "entry 2"),
}


def application(annotation: Any) -> dict[str, Any]:
    return {"metadata": {"namespace": "argocd", "name": "app", "annotations": {ANNOTATION: annotation}}}


@pytest.mark.parametrize(("annotation", "keys"), READ.values(), ids=READ.keys())
def test_read(annotation: str, keys: list[tuple[str, str]]) -> None:
    """A good annotation names its Stages in order."""
    found = parse_annotation(annotation)
    assert (list(found.stages), found.problem) == (keys, "")


@pytest.mark.parametrize(("annotation", "words"), VOID.values(), ids=VOID.keys())
def test_void(annotation: str, words: str) -> None:
    """A bad annotation authorizes nobody, says which entry is bad and why, and so does the refusal."""
    found = parse_annotation(annotation)
    assert found.stages == ()
    assert words in found.problem
    assert words in refusal(read_application(application(annotation)), TEST)


@pytest.mark.parametrize(
    ("annotation", "stage"),
    [("kargo-demo:test", TEST), ("x:y, kargo-demo : test", TEST), ("a:b:c", StageKey("a", "b:c"))],
)
def test_authorized(annotation: str, stage: StageKey) -> None:
    """A Stage that is named exactly is not refused."""
    assert refusal(read_application(application(annotation)), stage) == ""


@pytest.mark.parametrize("annotation", ["kargo-demo:prod", "other:test", "Kargo-demo:test", "kargo-demo:Test"])
def test_another_stage_is_named(annotation: str) -> None:
    """Project and stage are compared exactly; the refusal names who is authorized and what is needed."""
    assert refusal(read_application(application(annotation)), TEST) == (
        "Application argocd/app is not authorized for Stage kargo-demo:test: its annotation "
        f'{ANNOTATION} names "{annotation}" only (needed: {ANNOTATION}: "kargo-demo:test")'
    )


def test_many_others_are_named() -> None:
    """A long annotation is not repeated whole."""
    words = refusal(read_application(application(",".join(f"p{i}:s" for i in range(50)))), TEST)
    assert '"p0:s", "p1:s", "p2:s" and 47 more only' in words


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ({}, "it has no annotation"),
        ({"metadata": {"annotations": {}}}, "it has no annotation"),
        ({"metadata": {"annotations": None}}, "it has no annotation"),
        ({"metadata": {"annotations": {ANNOTATION: None}}}, "it has no annotation"),
        ({"metadata": {"annotations": {ANNOTATION: 7}}}, "is no string"),
        ({"metadata": "odd"}, "it has no annotation"),
    ],
)
def test_no_annotation(document: dict[str, Any], words: str) -> None:
    """An Application without the annotation, or of an odd shape, authorizes nobody and says so."""
    assert words in refusal(read_application(document), TEST)


@given(st.text(alphabet=st.sampled_from("ab:,* \t*"), max_size=30) | st.text())
def test_fails_closed(annotation: str) -> None:
    """Whatever the annotation holds, either there is a problem and nobody is named, or somebody is, and no glob."""
    found = parse_annotation(annotation)
    assert bool(found.stages) is not bool(found.problem)
    assert all(key.project and key.stage and "*" not in f"{key.project}{key.stage}" for key in found.stages)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(), lambda c: st.lists(c) | st.dictionaries(st.text(), c)
    )
)
def test_any_annotation_document(value: Any) -> None:
    """No document makes the reading of it raise."""
    authorization_of({"metadata": value})
    authorization_of(application(value))

"""Which Stages depend on which Applications."""

from __future__ import annotations

from collections.abc import Mapping

from promoter_view.kubernetes.selectors import parse_label_selector
from promoter_view.promotions.dependents import Dependence, Dependents
from promoter_view.stages.authorization import StageKey

TEST, PROD = StageKey("kargo-demo", "test"), StageKey("kargo-demo", "prod")
FRONT = parse_label_selector("tier=front")


def woken(dependents: Dependents, name: str, namespace: str = "argocd", **labels: str) -> set[StageKey]:
    return set(dependents.of(namespace, name, lambda: labels))


def test_names_and_selections() -> None:
    """A Stage is woken by the Applications that it names, and by those that it selects in that namespace."""
    found = Dependents()
    found.depend(TEST, Dependence({("argocd", "a")}, {("argocd", FRONT)}))
    found.depend(PROD, Dependence({("argocd", "a"), ("other", "b")}))
    assert woken(found, "a") == {TEST, PROD}
    assert woken(found, "new", tier="front") == {TEST}
    assert woken(found, "new", tier="back") == set()
    assert woken(found, "new", namespace="other", tier="front") == set()
    assert woken(found, "b", namespace="other") == {PROD}


def test_the_newest_counts() -> None:
    """What a Stage no longer depends on does not wake it, and is forgotten."""
    found = Dependents()
    found.depend(TEST, Dependence({("argocd", "a")}, {("argocd", FRONT)}))
    found.depend(TEST, Dependence({("argocd", "b")}))
    assert (woken(found, "a", tier="front"), woken(found, "b")) == (set(), {TEST})
    found.depend(TEST, Dependence())
    assert woken(found, "b") == set()
    found.depend(TEST, Dependence(set(), {("argocd", FRONT)}))
    found.clear()
    assert woken(found, "a", tier="front") == set()


def test_labels_are_not_asked_for_in_vain() -> None:
    """Where nobody selects in a namespace nobody asks for labels there."""

    def unasked() -> Mapping[str, str]:
        raise AssertionError

    found = Dependents()
    found.depend(TEST, Dependence({("argocd", "a")}, {("other", FRONT)}))
    assert set(found.of("argocd", "a", unasked)) == {TEST}

"""Health checks as promotions register them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promoter_view.stages.checks import check_config, read_wanted, run_checks
from promoter_view.stages.health import Found, Health, WantedApplication
from tests.support.stages.applications import SHA
from tests.support.stages.applications import known_application as application

APPS: dict[tuple[str, str], Found] = {
    ("argocd", "good"): application(name="good"),
    ("argocd", "slow"): application(name="slow", health="Progressing"),
    ("elsewhere", "bad"): application(name="bad", namespace="elsewhere", health="Degraded"),
}


def lookup(namespace: str, name: str) -> Found:
    return APPS.get((namespace, name))


def check(*apps: dict[str, Any]) -> dict[str, Any]:
    return {"uses": "argocd-update", "config": {"apps": list(apps)}}


def test_checks_in_order() -> None:
    """Checks and their Applications keep their order, issues too; the worst state of each check counts."""
    slow, bad, gone = {"name": "slow"}, {"name": "bad", "namespace": "elsewhere"}, {"name": "gone", "namespace": ""}
    first, second = run_checks([check(slow, {"name": "good"}), check(bad, gone)], lookup, default_namespace="argocd")
    assert (first.state, second.state) == (Health.PROGRESSING, Health.UNHEALTHY)
    assert first.issues == ("Application argocd/slow is progressing",)
    assert second.issues == (
        'Application elsewhere/bad has health state "Degraded"',
        "unable to find Application argocd/gone",
    )
    assert [one.wanted.name for one in second.applications] == ["bad", "gone"]


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ([], "it has to be an object"),
        ("text", "it has to be an object"),
        ({"apps": {}}, "apps has to be a list"),
        ({"apps": ["a"]}, "apps[0] has to be an object with a name"),
        ({"apps": [{"name": "a"}, {"namespace": "n"}]}, "apps[1] has to be an object with a name"),
        ({"apps": [{"name": 7}]}, "apps[0] has to be an object with a name"),
        ({"apps": [{"name": "a", "namespace": 7}]}, "apps[0] has to be an object with a name"),
        ({"apps": [{"name": "a", "desiredRevisions": "sha"}]}, "apps[0].desiredRevisions has to be a list of strings"),
        ({"apps": [{"name": "a", "desiredRevisions": [7]}]}, "apps[0].desiredRevisions has to be a list of strings"),
    ],
)
def test_config_that_cannot_be_read(config: Any, words: str) -> None:
    """A check whose config has the wrong shape is Unknown, and says where it is wrong."""
    (found,) = run_checks([{"uses": "argocd-update", "config": config}], lookup, default_namespace="argocd")
    assert found.state is Health.UNKNOWN
    assert found.applications == ()
    assert "could not convert" in found.issues[0]
    assert words in found.issues[0]


@pytest.mark.parametrize("odd", [{"uses": "other"}, {}, {"uses": 7}, "text", None])
def test_unregistered(odd: Any) -> None:
    """A check that nobody can do is Unknown and says so."""
    (found,) = run_checks([odd], lookup, default_namespace="argocd")
    assert found.state is Health.UNKNOWN
    assert "no health checker registered" in found.issues[0]


def test_no_applications() -> None:
    """A check without Applications has nothing against the Stage."""
    for config in (None, {}, {"apps": []}, {"apps": None}):
        (found,) = run_checks([{"uses": "argocd-update", "config": config}], lookup, default_namespace="argocd")
        assert (found.state, found.issues) == (Health.HEALTHY, ())


NAMES = st.text(min_size=1)
WANTED = st.builds(WantedApplication, NAMES, NAMES, st.lists(st.sampled_from(["", SHA])).map(tuple))


@given(st.lists(WANTED))
def test_read_again(wanted: list[WantedApplication]) -> None:
    """What is registered is read again as it was."""
    registered = check_config(wanted)
    assert read_wanted(registered["config"], default_namespace="argocd") == tuple(wanted)


@given(
    st.recursive(
        st.none() | st.integers() | st.text(),
        lambda c: st.lists(c) | st.dictionaries(st.sampled_from(["apps", "name"]), c),
    )
)
def test_any_config(config: Any) -> None:
    """Whatever the config holds, there is a verdict."""
    assert len(run_checks([{"uses": "argocd-update", "config": config}], lookup, default_namespace="argocd")) == 1

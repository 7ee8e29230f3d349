"""Which steps of a Stage are not run here."""

from __future__ import annotations

from typing import Any

import pytest

from promoter_view.stages.steps import foreign_steps, told_foreign


@pytest.mark.parametrize(
    ("steps", "foreign"),
    [
        ([{"uses": "argocd-update"}, {"uses": "argocd-wait"}], []),
        (
            [{"uses": "git-push"}, {"uses": "argocd-update"}, {"uses": "git-clone"}, {"uses": "git-push"}],
            ["git-push", "git-clone"],
        ),
        ([{"task": {"name": "t"}}, {"uses": 7}, "x"], []),
        (None, []),
    ],
)
def test_foreign_steps(steps: Any, foreign: list[str]) -> None:
    """Each kind once, in order; a task's steps are not seen, and what has no shape counts as absent."""
    assert foreign_steps({"spec": {"promotionTemplate": {"spec": {"steps": steps}}}}) == foreign


def test_words() -> None:
    """They are named, and so are those that are run."""
    words = "promoter-view does not run git-clone: a Promotion is Errored there. It runs argocd-update, argocd-wait"
    assert told_foreign(["git-clone"]) == words

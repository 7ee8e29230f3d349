"""What a bundle tells of the promotions that are counted. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from promoter_view.views.contents import Contents
from promoter_view.views.promotion_strategy.order import read_order
from promoter_view.views.promotion_strategy.order_gate import HISTORIES, POLICIES
from promoter_view.views.promotion_strategy.restores import RESTORES, read_restore
from promoter_view.views.promotion_strategy.tally.fold import Observed
from promoter_view.views.promotion_strategy.tally.live_commits import by_branch, read_live_commits


def observing_steps(contents: Contents) -> Iterator[None]:
    """Reads what ``observe`` wants, a member a step."""
    yield from contents.steps(POLICIES, read_live_commits)
    yield from contents.steps(HISTORIES, read_live_commits)
    yield from contents.steps(RESTORES, read_restore)


def observe(contents: Contents) -> Observed:
    """All of it. What is read of a member is kept by its bytes."""
    policies, histories = contents.each(POLICIES, read_live_commits), contents.each(HISTORIES, read_live_commits)
    restores = contents.each(RESTORES, read_restore)
    return Observed(contents.root(read_order), by_branch(policies), by_branch(histories), restores)

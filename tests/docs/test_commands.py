"""Commands on the pages run as they stand there: each says where, or why not; those beside a demo run here."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.docs.commands import commands
from tests.support.docs.pages import ROOT, shown
from tests.support.docs.running import run, why_not
from tests.support.docs.worlds import REASONS, WORLDS
from tests.support.plane.plane import NotBuiltError, binaries


def test_each_block_says_where_it_runs() -> None:
    """Each has a mark: worlds that there are, or one of the reasons that there are."""
    unmarked = [f"{shown(each.page)}: {each.text}" for each in commands() if each.is_to_be_marked and not each.mark]
    assert unmarked == []
    wrong = [
        f"{shown(each.page)}: {each.mark}"
        for each in commands()
        if not (each.reason in REASONS if each.reason else each.worlds and set(each.worlds) <= set(WORLDS))
    ]
    assert wrong == []


def test_no_reason_and_no_replacement_is_left_over() -> None:
    """Each reason is one of a block, each placeholder stands in its world, each world's pages are all of its pages."""
    assert set(REASONS) == {each.reason for each in commands() if each.reason}
    for world in WORLDS.values():
        found = [each for each in commands() if world.name in each.worlds]
        assert {shown(each.page) for each in found} == set(world.pages), world.name
        text = "".join(each.text for each in found)
        assert [written for written in world.given if written not in text] == [], world.name


def test_each_world_is_run() -> None:
    """The test that is named for it names it."""
    for world in WORLDS.values():
        assert f'WORLDS["{world.name}"]' in (ROOT / world.test).read_text()


@pytest.fixture(scope="module")
def kubectl() -> Path:
    """kubectl; skips, and says why, where pages cannot be run."""
    if (reason := why_not()) is not None:
        pytest.skip(reason)
    try:
        return binaries() / "kubectl"
    except NotBuiltError as error:
        pytest.skip(f"no kubectl: {error}")


def test_the_commands_beside_a_demo(tmp_path: Path, kubectl: Path) -> None:
    """All blocks of that world, one after the other; none fails."""
    said = run(WORLDS["demo"], tmp_path, kubectl)
    assert [words for words in ("PROMOTED", "FREIGHT", '"kind":"PromotionStrategyDetails"') if words not in said] == []


def test_notifications_reach_a_receiver(tmp_path: Path, kubectl: Path) -> None:
    """The receiver of the page gets what the file of the page sends; checked, tested and replayed as it says."""
    said = run(WORLDS["receiver"], tmp_path, kubectl)
    assert "io.promoter-view.promoted" in said

"""Which positions survive a Mark."""

from __future__ import annotations

import pytest

from promoter_view.log.mirroring import are_cleaned_anew, carried, is_complete
from promoter_view.records import ABSENT, Mirror

BEFORE = Mirror("cluster", {"/a": "1", "/b": "1"})


@pytest.mark.parametrize(
    ("previous", "current", "kept"),
    [
        pytest.param(None, BEFORE, {}, id="a new log has none"),
        pytest.param(BEFORE, BEFORE, {"/a": "7", "/b": ABSENT}, id="the same mirror keeps all"),
        pytest.param(BEFORE, Mirror("other", BEFORE.paths), {}, id="another cluster keeps none"),
        pytest.param(BEFORE, Mirror("cluster", {"/a": "2", "/b": "1"}), {"/b": ABSENT}, id="other rules for one path"),
        pytest.param(BEFORE, Mirror("cluster", {"/a": "1"}), {"/a": "7"}, id="a path that is no longer mirrored"),
        pytest.param(
            BEFORE, Mirror("cluster", {"/a": "1", "/b": "1", "/c": "1"}), {"/a": "7", "/b": ABSENT}, id="a new path"
        ),
        pytest.param(Mirror("cluster", {"/a": "1"}), BEFORE, {"/a": "7"}, id="a path that was away"),
        pytest.param(
            Mirror("one", {"/a": "1", "/b": "1@x"}),
            Mirror("two", {"/a": "1", "/b": "1@x"}),
            {"/b": ABSENT},
            id="another cluster, but for a path with one of its own",
        ),
        pytest.param(
            Mirror("one", {"/a": "1", "/b": "1@x"}),
            Mirror("one", {"/a": "1", "/b": "1@y"}),
            {"/a": "7"},
            id="another cluster of a path's own",
        ),
    ],
)
def test_positions_hold_where_cluster_and_rules_are_the_same(previous, current, kept):
    """A position is carried over a Mark exactly where the cluster, the path and its rules stay the same."""
    assert carried(previous, current, {"/a": "7", "/b": ABSENT}) == kept


@pytest.mark.parametrize(
    ("previous", "current", "anew"),
    [
        pytest.param(None, BEFORE, False, id="a new log"),
        pytest.param(BEFORE, Mirror("other", BEFORE.paths), False, id="the same rules for another cluster"),
        pytest.param(BEFORE, Mirror("cluster", {"/a": "1", "/b": "2"}), False, id="one more kind"),
        pytest.param(Mirror("cluster", {"/a": "1", "/b": "2"}), BEFORE, False, id="one kind less"),
        pytest.param(BEFORE, Mirror("cluster", {"/a": "2", "/b": "2"}), True, id="other rules"),
        pytest.param(
            Mirror("a", {"/a": "1", "/b": "1@x"}),
            Mirror("a", {"/a": "1", "/b": "1@y"}),
            False,
            id="a path's own cluster",
        ),
        pytest.param(Mirror("a", {"/b": "1@x"}), Mirror("a", {"/b": "2@x"}), True, id="other rules there"),
        pytest.param(BEFORE, Mirror("other", {"/c": "2"}), True, id="other rules on other paths of another cluster"),
    ],
)
def test_rules_that_take_the_place_of_others(previous, current, anew):
    """Only where a digest goes and another comes was something cleaned that is to be cleaned differently."""
    assert are_cleaned_anew(previous, current) is anew


def test_complete_means_every_mirrored_path_has_a_position():
    """An absent resource counts as known; a path without a position does not."""
    assert is_complete(BEFORE, {"/a": "7", "/b": ABSENT, "/other": "1"})
    assert not is_complete(BEFORE, {"/a": "7"})

"""What people ask of the controller by annotation."""

from __future__ import annotations

import pytest

from promoter_view.promotions.state.requests import abort_message
from promoter_view.promotions.values import read_promotion, read_stage
from tests.promotions.kargo import SHARD, promotion, stage

OURS = "terminated by controller:promotion-controller-east"


@pytest.mark.parametrize(
    ("annotation", "message"),
    [
        (None, None),
        ("", None),
        ("terminate", OURS),
        ('{"action": "terminate"}', OURS),
        ('{"action": "terminate", "actor": "admin"}', "terminated by admin"),
        ('{"action": "terminate", "actor": 5}', OURS),
        ('{"action": "pause"}', None),
        ('["terminate"]', None),
        ("pause", None),
        ("{", None),
    ],
)
def test_abort(annotation: str | None, message: str | None) -> None:
    """An abort is the word, or an object with that action; anything else is none."""
    found = promotion("p")
    if annotation is not None:
        found["metadata"]["annotations"] = {"kargo.akuity.io/abort": annotation}
    assert abort_message(read_promotion(found).abort, SHARD) == message


def test_what_objects_say() -> None:
    """Shard, refresh, deletion and template are read where they are, and are nothing where they are not."""
    document = stage()
    found, empty = read_stage(document), read_stage({})
    assert (found.shard, found.refresh, found.is_deleting, found.has_steps) == (SHARD, "", False, True)
    assert (empty.shard, empty.refresh, empty.is_deleting, empty.has_steps) == ("", "", False, False)
    document["metadata"]["deletionTimestamp"] = "t"
    assert read_stage(document).is_deleting

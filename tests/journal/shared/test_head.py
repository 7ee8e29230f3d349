"""What of a batch a journal in another place does not have yet."""

from __future__ import annotations

import pytest

from promoter_view.journal.shared.head import JournalHead
from promoter_view.journal.store import Batch


@pytest.mark.parametrize(
    ("progress", "digest", "wants"),
    [(8, None, True), (7, None, False), (7, 5, False), (7, 6, True), (6, 6, False)],
)
def test_a_batch_without_entries_is_wanted_for_what_it_tells(progress: int, digest: int | None, wants: bool) -> None:
    """That nothing happened until then, or what the bundles are at the very progress."""
    assert JournalHead(progress=7, digest=5).wants(Batch(progress, digest=digest), ()) is wants


@pytest.mark.parametrize(("progress", "told"), [(9, (9, 6)), (7, (7, 6)), (5, (7, 5))])
def test_a_head_grows_and_never_goes_back(progress: int, told: tuple[int, int]) -> None:
    """An older batch adds what it has, and says nothing of the bundles at the newest progress."""
    grown = JournalHead(progress=7, count=3, bytes=300, digest=5).grown(Batch(progress, digest=6), 2, 50)
    assert (grown.progress, grown.digest) == told
    assert (grown.count, grown.bytes) == (5, 350)

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

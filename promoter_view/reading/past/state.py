"""The state of one moment of the past, and for which other moments it is the answer too."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from promoter_view.reading.past.times import Validity
from promoter_view.reading.past.views import PastViews
from promoter_view.records import Bundle
from promoter_view.slices import Steps
from promoter_view.views.definition import ViewDefinition
from promoter_view.views.versions import LAST_PLACE, join, split


@dataclass(frozen=True, eq=False)
class PastState:
    """``span``: the moments of which it is the state. ``definitions`` are those of the views then, by plural.

    ``before`` and ``after`` are resourceVersions of states with one change less, and more; 0 for none.
    ``late`` makes the bundles that nobody has looked at yet.
    """

    views: PastViews
    definitions: Mapping[str, ViewDefinition]
    span: Validity
    before: int
    after: int
    late: Callable[[], Steps] = lambda: iter(())

    @property
    def time(self) -> datetime:
        """When its last record was written."""
        return datetime.fromtimestamp(self.span.since_ms / 1000, UTC)


def state_of(
    definitions: Mapping[str, ViewDefinition],
    found: Mapping[str, Sequence[Bundle]],
    head: int,
    span: Validity,
    *,
    changed: int,
    following: int,
    late: Callable[[], Steps] = lambda: iter(()),
) -> PastState:
    """Of the bundles ``found`` by view. ``changed`` is the resourceVersion of the last change of one, 0 for none.

    ``following`` is the one of the state with one change more.
    """
    before = join(split(changed).offset - 1, split(changed).generation, LAST_PLACE) if changed else 0
    return PastState(PastViews(found, head), definitions, span, before, following, late)

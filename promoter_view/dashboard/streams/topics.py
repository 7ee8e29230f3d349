"""What a page's stream carries: topics, and the forms in which a change of a bundle is shown to them. Pure.

``/pages/stream?page=fleet&page=activity&page=strategies/NAMESPACE/NAME``: one stream can serve every tab of a browser,
for a position means the same whatever the topics are.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass

from promoter_view.records import BundleKey
from promoter_view.views.stage.details import STAGE_DETAILS

_WHOLE = ("fleet", "activity", "stages")
_SINGLE = ("strategies/", "stages/")
_WORDS = "fleet, activity, stages, strategies/NAMESPACE/NAME or stages/NAMESPACE/NAME"
#: Strategies and Stages that one stream may follow, and with them the size of its URL.
MAX_STRATEGIES = 64


class Form(enum.Flag):
    """In which forms a frame shows a bundle. Hashable: (resourceVersion, form) names a frame for good."""

    ROW = enum.auto()
    ENTRIES = enum.auto()
    DETAIL = enum.auto()


class TopicError(ValueError):
    """Topics that cannot be served; the message says why."""


@dataclass(frozen=True, slots=True)
class Topics:
    """What the pages of one stream show. ``strategies`` and ``single_stages`` hold (namespace, name)."""

    fleet: bool = False
    activity: bool = False
    strategies: frozenset[tuple[str, str]] = frozenset()
    stages: bool = False
    single_stages: frozenset[tuple[str, str]] = frozenset()

    def form(self, key: BundleKey) -> Form:
        """The forms that these topics want of that bundle; ``Form(0)`` for none: then there is no frame."""
        is_stage = key.view == STAGE_DETAILS
        form = Form(0)
        if self.stages if is_stage else self.fleet:
            form |= Form.ROW
        if self.activity:
            form |= Form.ENTRIES
        if (key.namespace, key.name) in (self.single_stages if is_stage else self.strategies):
            form |= Form.DETAIL
        return form


def parse_topics(pages: Sequence[str]) -> Topics:
    """The topics that the values of ``page=`` name. Errors: TopicError."""
    if not pages:
        raise TopicError(f"page= is missing: {_WORDS}, as often as wanted")
    single = {section: frozenset(_named(page) for page in pages if page.startswith(section)) for section in _SINGLE}
    count = sum(map(len, single.values()))
    if count > MAX_STRATEGIES:
        raise TopicError(f"{count} strategies and Stages are asked for, {MAX_STRATEGIES} are served at once")
    strange = [page for page in pages if page not in _WHOLE and not page.startswith(_SINGLE)]
    if strange:
        raise TopicError(f"{strange[0][:100]!r} is no page: {_WORDS}")
    return Topics("fleet" in pages, "activity" in pages, single["strategies/"], "stages" in pages, single["stages/"])


def _named(page: str) -> tuple[str, str]:
    _, _, rest = page.partition("/")
    namespace, _, name = rest.partition("/")
    if not namespace or not name or "/" in name:
        raise TopicError(f"{page[:100]!r} is no page: {_WORDS}")
    return namespace, name

"""What a page's stream carries: topics, and the forms in which a change of a bundle is shown to them. Pure.

``/pages/stream?page=fleet&page=activity&page=strategies/NAMESPACE/NAME``: one stream can serve every tab of a browser,
for a position means the same whatever the topics are.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass

from promoter_view.records import BundleKey

#: Strategies that one stream may follow, and with them the size of its URL.
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
    """What the pages of one stream show. ``strategies`` holds (namespace, name)."""

    fleet: bool = False
    activity: bool = False
    strategies: frozenset[tuple[str, str]] = frozenset()

    def form(self, key: BundleKey) -> Form:
        """The forms that these topics want of that bundle; ``Form(0)`` for none: then there is no frame."""
        form = Form(0)
        if self.fleet:
            form |= Form.ROW
        if self.activity:
            form |= Form.ENTRIES
        if (key.namespace, key.name) in self.strategies:
            form |= Form.DETAIL
        return form


def parse_topics(pages: Sequence[str]) -> Topics:
    """The topics that the values of ``page=`` name. Errors: TopicError."""
    strategies = frozenset(_strategy(page) for page in pages if page not in ("fleet", "activity"))
    if not pages:
        raise TopicError("page= is missing: fleet, activity or strategies/NAMESPACE/NAME, as often as wanted")
    if len(strategies) > MAX_STRATEGIES:
        raise TopicError(f"{len(strategies)} strategies are asked for, {MAX_STRATEGIES} are served at once")
    return Topics("fleet" in pages, "activity" in pages, strategies)


def _strategy(page: str) -> tuple[str, str]:
    section, _, rest = page.partition("/")
    namespace, _, name = rest.partition("/")
    if section != "strategies" or not namespace or not name or "/" in name:
        raise TopicError(f"{page[:100]!r} is no page: fleet, activity or strategies/NAMESPACE/NAME")
    return namespace, name

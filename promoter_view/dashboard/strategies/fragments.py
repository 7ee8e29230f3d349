"""Parts of pages that are the same as long as what they show is: each is rendered once, and kept while used. Pure."""

from __future__ import annotations

from collections.abc import Callable, Hashable

from markupsafe import Markup

from promoter_view.views.recent import Recent

#: What the parts last used may take, in characters: the page of one strategy of a thousand environments takes three
#: million.
_MAX_CHARACTERS = 12_000_000


class Fragments:
    """What ``macro``s have said of values that can be compared."""

    def __init__(self) -> None:
        self._kept: Recent[tuple[Markup, ...]] = Recent(_MAX_CHARACTERS)

    def of(self, macro: Callable[..., str], *values: Hashable) -> Markup:
        """What that macro says of those values."""
        return self.each(macro, (values,))[0]

    def each(self, macro: Callable[..., str], items: tuple[tuple[Hashable, ...], ...]) -> tuple[Markup, ...]:
        """What that macro says of each of these."""
        key = (macro, items)
        found = self._kept.get(key)
        if found is None:
            found = tuple(Markup(macro(*values)) for values in items)  # noqa: S704 - of a template, which escapes
            self._kept.keep(key, found, sum(map(len, found)))
        return found

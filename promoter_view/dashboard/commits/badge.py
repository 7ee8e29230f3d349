"""A badge: where a commit is, in two words, as a picture that stands by itself. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from markupsafe import Markup

from promoter_view.dashboard.rendering import visible
from promoter_view.reading.commits.found import Findings, FoundEnvironment
from promoter_view.reading.commits.relations import CommitRelation, Related

#: It is shown by other sites too, and does nothing there.
BADGE_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "private, no-cache",
    "Cross-Origin-Resource-Policy": "cross-origin",
}
BADGE_TYPE = "image/svg+xml"
_MOST_CHARACTERS = 60
_GREY = "#5b5f67"
_WORDS = {
    CommitRelation.LIVE: ("live", "#136f41"),
    CommitRelation.NEXT: ("next", "#0a65aa"),
    CommitRelation.DELIVERED: ("delivered", "#136f41"),
    CommitRelation.OVERTAKEN: ("overtaken", _GREY),
    CommitRelation.NONE: ("not yet", _GREY),
}
_REACHED = (CommitRelation.LIVE, CommitRelation.DELIVERED)
#: Pixels of a character of 11 pixels, a little too wide rather than too narrow.
_CHARACTER = 6.8
_PADDING = 7


@dataclass(frozen=True, slots=True)
class Badge:
    """``label`` says what of, ``words`` what is; ``colour`` is behind the words, which are white on it."""

    label: str
    words: str
    colour: str

    def encode(self) -> bytes:
        """As SVG."""
        label, words = (_clipped(text) for text in (self.label, self.words))
        left, right = (round(len(text) * _CHARACTER) + 2 * _PADDING for text in (label, words))
        return _SVG.format(
            width=left + right,
            left=left,
            right=right,
            colour=self.colour,
            label=label,
            words=words,
            label_at=left / 2,
            words_at=left + right / 2,
            title=f"{label}: {words}",
        ).encode()


def badge_of(found: Findings, environment: str = "") -> Badge:
    """Of one environment, by its short name, its branch or the name of a Stage; "" for all."""
    short = found.asked[:7]
    label = environment or f"commit {short}"
    related = list(_related(found, environment))
    if not related:
        words = "not found" if found.empty else "no such environment"
        return Badge(label, words, _GREY)
    kinds = {each.relation for each in related}
    if len(kinds) == 1:
        return Badge(label, *_WORDS[kinds.pop()])
    reached = sum(each.relation in _REACHED for each in related)
    colour = _WORDS[CommitRelation.NEXT if CommitRelation.NEXT in kinds or reached else CommitRelation.NONE][1]
    return Badge(label, f"live in {reached} of {len(related)}", colour)


def _related(found: Findings, environment: str) -> Iterator[Related]:
    for strategy in found.strategies:
        yield from (each.related for each in strategy.environments if _is_meant(each, environment))
    yield from (stage.related for stage in found.stages if environment in ("", stage.key.name))


def _is_meant(found: FoundEnvironment, environment: str) -> bool:
    return environment in ("", found.state.name, found.state.branch)


def _clipped(text: str) -> str:
    short = text if len(text) <= _MOST_CHARACTERS else f"{text[: _MOST_CHARACTERS - 3]}..."
    return str(visible(short))


_SVG = Markup(
    '<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="20" role="img" aria-label="{title}">'
    "<title>{title}</title>"
    '<rect width="{width}" height="20" rx="3" fill="#3a3f47"/>'
    '<path d="M{left} 0h{right}v20h-{right}z" fill="{colour}"/>'
    '<g fill="#ffffff" text-anchor="middle" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11">'
    '<text x="{label_at}" y="14">{label}</text><text x="{words_at}" y="14">{words}</text></g></svg>\n'
)

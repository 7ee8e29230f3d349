"""What PromotionEvents look like: their names, and the row of each. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from promoter_view.journal.sentences import with_reason
from promoter_view.journal.serving.bundles import API_VERSION, KIND, PLURAL, EventBundle
from promoter_view.records import Bundle
from promoter_view.views.ages import Since
from promoter_view.views.definition import Column
from promoter_view.views.status.messages import clipped

_SHORT_SHA = 7
_MOST_CHARACTERS = 60
_NONE = "<none>"


@dataclass(frozen=True, slots=True)
class EventShape:
    """As ``format.forms.Shape`` asks for it."""

    kind: str = KIND
    list_kind: str = f"{KIND}List"
    api_version: str = API_VERSION
    plural: str = PLURAL
    root_field: str = ""
    columns: Sequence[Column] = (
        Column("Name", "string", "name", "The event: its resourceVersion, and its number there.", 1),
        Column("Time", "date", "", "Time since it happened."),
        Column("Of", "string", "", "The strategy, or the Stage."),
        Column("Environment", "string", "", "The environment's branch; empty for a Stage."),
        Column("Event", "string", "", "What happened, in one word."),
        Column("Commit", "string", "", "The commit, or the Freight."),
        Column("By", "string", "", "Who made the commit."),
        Column("What", "string", "", "The old and the new value, and the reason.", 1),
    )


class EventRows:
    """The cells of events: nothing is decoded."""

    def steps(self, bundle: Bundle) -> Iterator[None]:  # noqa: ARG002
        """None."""
        return iter(())

    def of(self, bundle: Bundle) -> list[Any]:
        """In the order of the columns."""
        assert isinstance(bundle, EventBundle)
        entry, it = bundle.entry, bundle.entry.happening
        commit = it.commit
        return [
            bundle.key.name,
            Since(entry.time),
            entry.key.name,
            it.environment or _NONE,
            it.event.value,
            (commit.sha[:_SHORT_SHA] if commit is not None else "") or _NONE,
            (commit.author if commit is not None else "") or _NONE,
            clipped(with_reason(_moved(it.before, it.after), it.message), _MOST_CHARACTERS) or _NONE,
        ]


def _moved(before: str, after: str) -> str:
    parts = [each[:_SHORT_SHA] if len(each) >= 40 else each for each in (before, after) if each]
    return " -> ".join(parts)

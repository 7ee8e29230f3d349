"""``where``: a CommitDetails as rows. Pure; reading is total."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from promoter_view.command.deciding.rows import Rows, of_reason
from promoter_view.command.reading.status import SHORT
from promoter_view.command.telling.tables import ago
from promoter_view.decoded import mappings, moment, text, texts
from promoter_view.views.commits import person
from promoter_view.views.promotion_strategy.state.reading import read_environment


def commits_of(found: Mapping[str, Any]) -> list[str]:
    """A line for each commit that is meant."""
    lines = []
    for each in mappings(found, "commits"):
        author = person(text(each, "author"))
        lines.append(f"{text(each, 'sha')[:SHORT]} {text(each, 'subject')}{f' by {author}' if author else ''}".rstrip())
    return lines


def places_of(found: Mapping[str, Any], now: datetime, *, namespaces: bool) -> Rows:
    """A row for each environment of each strategy that knows it."""
    headings = ["NAMESPACE"] * namespaces + ["STRATEGY", "ENVIRONMENT", "COMMIT IS", "SINCE", "STATE", "MESSAGE"]
    rows = []
    for strategy in mappings(found, "strategies"):
        for each in mappings(strategy, "environments"):
            row = [text(strategy, "namespace")] * namespaces + [text(strategy, "name")]
            row += [text(each, "name") or text(each, "branch"), relation_of(each)]
            rows.append([*row, ago(moment(each, "liveSince"), now), text(each, "state"), _message(each, now)])
    return Rows(headings, rows)


def stages_of(found: Mapping[str, Any], now: datetime, *, namespaces: bool) -> Rows:
    """A row for each Stage whose Freight has it."""
    headings = ["NAMESPACE"] * namespaces + ["STAGE", "FREIGHT", "COMMIT IS", "SINCE", "STATE", "MESSAGE"]
    rows = []
    for each in mappings(found, "stages"):
        row = [text(each, "namespace")] * namespaces + [text(each, "name"), ",".join(texts(each, "freight"))]
        rows.append(
            [*row, relation_of(each), ago(moment(each, "liveSince"), now), text(each, "state"), _message(each, now)]
        )
    return Rows(headings, rows)


def relation_of(found: Mapping[str, Any]) -> str:
    """In the words of pages."""
    return {"none": "not there yet"}.get(text(found, "relation"), text(found, "relation"))


def _message(found: Mapping[str, Any], now: datetime) -> str:
    """What it waits for, or what has taken its place."""
    waiting = [of_reason(each, now) for each in read_environment(found).reasons]
    later = text(found, "supersededBy")[:SHORT]
    return "; ".join(filter(None, (f"{later} is later" if later else "", *waiting, text(found, "message"))))

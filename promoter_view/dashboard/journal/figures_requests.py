"""What is asked of ``/journal/figures``: in which form, of what, and of when. Pure."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from datetime import datetime, timedelta

from promoter_view.dashboard.streams.requests import require_known
from promoter_view.journal.serving.delivering import DeliveryQuestion
from promoter_view.kubernetes.selectors import SelectorError, parse_label_selector
from promoter_view.moments import parse_moment
from promoter_view.web.accept import parse_clauses
from promoter_view.web.errors import BadRequest
from promoter_view.web.parameters import Parameters, first

_LAST = timedelta(days=30)
_LONGEST = 253
_FILTERS = ("since", "until", "namespace", "name", "label")


class FiguresForm(enum.Enum):
    """In which form they are told; the values are those of ``format=``."""

    PAGE = "html"
    JSON = "json"
    CSV = "csv"


def figures_form(parameters: Parameters, accept: str | None) -> FiguresForm | None:
    """``format`` says it; without it a browser gets the page, and whoever else JSON. None: there is no such form."""
    written = first(parameters, "format")
    if written:
        return next((form for form in FiguresForm if form.value == written), None)
    weights = {clause.value: clause.quality for clause in parse_clauses(accept or "")}
    if weights.get("text/csv", 0.0) > max(weights.get("text/html", 0.0), weights.get("application/json", 0.0)):
        return FiguresForm.CSV
    return FiguresForm.PAGE if weights.get("text/html") else FiguresForm.JSON


def read_question(parameters: Parameters, now: datetime) -> DeliveryQuestion:
    """Errors: BadRequest, with what is wrong and what is expected."""
    require_known("journal/figures", parameters)
    given = {name: first(parameters, name) for name in _FILTERS}
    too_long = next((name for name in ("namespace", "name") if len(given[name]) > _LONGEST), "")
    if too_long:
        raise BadRequest(f"{too_long}: longer than {_LONGEST} characters")
    until = _moment(given, "until", now, now)
    try:
        since = _moment(given, "since", now, until - _LAST)
        labels = parse_label_selector(given["label"]) if given["label"] else None
    except SelectorError as error:
        raise BadRequest(f"label: {str(error)[:300]}") from error
    except OverflowError as error:
        raise BadRequest("until: that is before the year 1") from error
    if since >= until:
        raise BadRequest("since: it is not before until")
    return DeliveryQuestion(since, until, given["namespace"], given["name"], labels)


def _moment(given: Mapping[str, str], name: str, now: datetime, default: datetime) -> datetime:
    try:
        return parse_moment(given[name], now) if given[name] else default
    except ValueError as error:
        raise BadRequest(f"{name}: {str(error)[:300]}") from error


def given_filters(parameters: Parameters) -> Mapping[str, str]:
    """The filters as they were written."""
    return {name: first(parameters, name) for name in _FILTERS if first(parameters, name)}

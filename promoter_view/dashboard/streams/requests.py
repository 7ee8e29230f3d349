"""The query parameters of ``/watch``, ``/list`` and ``/pages/stream``, read into frozen values. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TypeVar

from promoter_view.dashboard.nearest import first_unknown
from promoter_view.kubernetes.selectors import FieldSelector, SelectorError, parse_field_selector, parse_label_selector
from promoter_view.reading.pages import Part
from promoter_view.reading.selection import GlobError, Selection, parse_globs
from promoter_view.reading.sight import Sight
from promoter_view.reading.tokens import decode_token
from promoter_view.views.definition import STATE
from promoter_view.views.known import SELECTORS, STATES
from promoter_view.views.versions import LIMIT
from promoter_view.web.errors import BadRequest
from promoter_view.web.parameters import Parameters, first

_DECIMAL = re.compile(r"[0-9]{1,19}\Z", re.ASCII)
_Selector = TypeVar("_Selector")
_FILTER = ("kind", "namespace", "name", "labelSelector", "fieldSelector")
_RESUME = ("lastEventId", "scope")
_ON, _OFF = ("1", "true"), ("", "0", "false")
#: The parameters of each path.
_KNOWN = {
    "watch": (*_FILTER, *_RESUME),
    "changes": (*_FILTER, "since", "scope", "state"),
    "list": (*_FILTER, "limit", "continue", "at"),
    "pages/stream": ("page", *_RESUME),
    "session": (),
    "journal/figures": ("since", "until", "namespace", "name", "label", "format"),
    "journal": (
        *("event", "namespace", "name", "environment", "commit", "since", "until", "limit", "continue"),
        *("format", "watch", "lastEventId"),
    ),
}
#: A stream is of several pages, one each time; anything else is said once.
_REPEATABLE = "page"


@dataclass(frozen=True, slots=True)
class Resume:
    """Where a client says that it stands. ``position`` 0: nowhere that anybody could resume from.

    ``scope`` is what it may have seen until then; None where it does not say.
    """

    position: int
    scope: str | None

    def fits(self, sight: Sight) -> bool:
        """Who does not say what was seen can resume only where nothing else can have been."""
        return sight.everything if self.scope is None else self.scope == sight.scope


def require_known(path: str, parameters: Parameters) -> None:
    """A filter that is misspelt would select everything, and of one given twice the second would count for nothing.

    Errors: BadRequest for a parameter that the path has not, or that is repeated.
    """
    _require(first_unknown(parameters, _KNOWN[path], "query parameter"))
    repeated = next((name for name, values in parameters.items() if len(values) > 1 and name != _REPEATABLE), None)
    if repeated:
        raise BadRequest(f"query parameter {repeated!r} is given more than once; separate its values by commas")


def parse_filter(parameters: Parameters, views: Collection[str]) -> Selection:
    """kind, namespace, name, labelSelector, fieldSelector. Errors: BadRequest."""
    kinds = tuple(dict.fromkeys(filter(None, first(parameters, "kind").split(",")))) or tuple(views)
    _require(first_unknown(kinds, tuple(views), "kind"))
    fields = _selector(lambda text: parse_field_selector(text, selectable_by(kinds)), parameters, "fieldSelector")
    _require(first_unknown(_states_in(fields), _states_of(kinds), STATE))
    try:
        return Selection(
            tuple(sorted(kinds)),
            parse_globs(first(parameters, "namespace")),
            parse_globs(first(parameters, "name")),
            _selector(parse_label_selector, parameters, "labelSelector"),
            fields,
        )
    except GlobError as error:
        raise BadRequest(f"namespace, name: {error}") from error


def _states_in(fields: FieldSelector) -> Sequence[str]:
    """The states that are asked for, also those that are not wanted."""
    return [term.value for term in fields.requirements if term.field == STATE and term.value]


def _states_of(kinds: Iterable[str]) -> Sequence[str]:
    """Those that bundles of one of the kinds may have, each once."""
    return tuple(dict.fromkeys(chain.from_iterable(STATES[kind] for kind in kinds)))


def _require(problem: str) -> None:
    """Errors: BadRequest where there is one."""
    if problem:
        raise BadRequest(problem)


def selectable_by(views: Collection[str]) -> tuple[str, ...]:
    """The fields by which bundles of each of those views can be selected, beside name and namespace."""
    first_one, *others = views
    return tuple(each for each in SELECTORS[first_one] if all(each in SELECTORS[other] for other in others))


def _selector(parse: Callable[[str], _Selector], parameters: Parameters, name: str) -> _Selector:
    try:
        return parse(first(parameters, name))
    except SelectorError as error:
        raise BadRequest(f"{name}: {error}") from error


def parse_resume(parameters: Parameters, header: str | None) -> Resume | None:
    """Where a stream goes on; None: it begins anew. ``header`` is Last-Event-ID, which wins.

    What is no position is one that cannot be resumed: a browser sends what it was last given, whoever gave it.
    """
    given = header if header else first(parameters, "lastEventId")
    if not given:
        return None
    return Resume(_position(given), _scope(parameters))


def parse_since(parameters: Parameters) -> Resume | None:
    """The same for scripts, to which what is no position is told. Errors: BadRequest."""
    given = first(parameters, "since")
    if not given:
        return None
    position = _position(given)
    if not position:
        raise BadRequest(f"since: {given[:100]!r} is not a resourceVersion; leave it out to start with the next change")
    return Resume(position, _scope(parameters))


def wants_state(parameters: Parameters) -> bool:
    """Whether a script that begins is given all that is there first. Errors: BadRequest."""
    given = first(parameters, "state")
    if given not in (*_ON, *_OFF):
        raise BadRequest(f"state: {given[:100]!r} is neither 1 nor 0; fieldSelector={STATE}=... selects by state")
    return given in _ON


def parse_part(parameters: Parameters) -> Part:
    """limit and continue. Errors: BadRequest."""
    limit = first(parameters, "limit") or "0"
    if not _DECIMAL.match(limit):
        raise BadRequest(f"limit: {limit[:100]!r} is no number")
    token = first(parameters, "continue")
    return Part(int(limit), decode_token(token) if token else None)


def _position(given: str) -> int:
    """0 for what is none."""
    position = int(given) if _DECIMAL.match(given) else 0
    return position if position < LIMIT else 0


def _scope(parameters: Parameters) -> str | None:
    return first(parameters, "scope") if "scope" in parameters else None

"""``/compare``: thin: parse, have both moments read, have what differs shown."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

import orjson
from twisted.internet.interfaces import IReactorTime
from twisted.web.server import Request

from promoter_view.dashboard.nearest import first_unknown
from promoter_view.dashboard.page_resource import PageResource
from promoter_view.dashboard.past.banner import exactly
from promoter_view.dashboard.past.comparing import ComparedBundle, ComparedMoments, compare_steps
from promoter_view.dashboard.visitors.visitors import Visitor
from promoter_view.reading.past.moments import Moments
from promoter_view.reading.past.seen import SeenMoment, seen_of
from promoter_view.reading.past.state import PastState
from promoter_view.records import Bundle
from promoter_view.slices import outcome_in_slices
from promoter_view.views.contents import Readings
from promoter_view.web.accept import parse_clauses
from promoter_view.web.entrance import send
from promoter_view.web.errors import BadRequest
from promoter_view.web.parameters import Parameters, first

_KNOWN = ("from", "to", "namespace", "format")
_FORMATS = ("json", "html")
_JSON = "application/json"


def wants_json(parameters: Parameters, accept: str | None) -> bool:
    """``format`` says it, else the header Accept, which names it and no HTML."""
    accepted = {clause.value for clause in parse_clauses(accept or "")}
    written = first(parameters, "format")
    return written == "json" or (written != "html" and _JSON in accepted and "text/html" not in accepted)


def require_form(parameters: Parameters, known: Collection[str]) -> None:
    """Errors: BadRequest for a parameter that is not known, and for a form that there is not."""
    written = first(parameters, "format")
    problem = first_unknown(parameters, known, "query parameter")
    problem = problem or first_unknown([written] if written else [], _FORMATS, "format")
    if problem:
        raise BadRequest(problem)


class ComparePages:
    """``plurals`` are the views that are compared. ``to`` left out is now."""

    def __init__(self, plurals: Sequence[str], pages: PageResource, *, moments: Moments, reactor: IReactorTime) -> None:
        self._plurals = tuple(plurals)
        self._pages = pages
        self._moments = moments
        self._reactor = reactor
        self._readings = Readings()

    async def serve(self, request: Request, parameters: Parameters, visitor: Visitor) -> None:
        """Errors: those of ``web.status``."""
        require_form(parameters, _KNOWN)
        request.setHeader("Vary", "Accept, Accept-Encoding, Cookie")
        is_json = wants_json(parameters, request.getHeader("Accept"))
        parameters = {name: values for name, values in parameters.items() if first(parameters, name)}
        if "from" not in parameters:
            if is_json:
                raise BadRequest("from: give the earlier moment, such as from=-24h")
            await self._pages.send_comparison(request, visitor, None)
            return
        given = {"to": ("-0s",), **parameters}
        one, other = [await self._moments.asked(given, name) for name in ("from", "to")]
        assert one is not None
        assert other is not None
        namespace = first(parameters, "namespace")
        before, after = [await self._seen(past, namespace, visitor) for past in (one.state, other.state)]
        found = await self._compare(before, after)
        if is_json:
            changes = [each.document() for each in found]
            document = {"from": _moment(before.told), "to": _moment(after.told), "changes": changes}
            send(request, orjson.dumps(document) + b"\n", _JSON)
            return
        shown = ComparedMoments(
            asked=(first(parameters, "from"), first(parameters, "to")),
            told=(_words(before.told, first(given, "from")), _words(after.told, first(given, "to"))),
            versions=(before.told.version, after.told.version if "to" in parameters else 0),
            namespace=namespace,
            empty=not any(map(len, (*before.bundles.values(), *after.bundles.values()))),
            found=found,
        )
        await self._pages.send_comparison(request, visitor, shown)

    async def _compare(self, before: _Seen, after: _Seen) -> Sequence[ComparedBundle]:
        found: list[ComparedBundle] = []
        for view in self._plurals:
            steps = compare_steps(before.bundles[view], after.bundles[view], self._readings)
            found += await outcome_in_slices(steps, reactor=self._reactor)
        return found

    async def _seen(self, past: PastState, namespace: str, visitor: Visitor) -> _Seen:
        """By the rights of now."""
        sighted = self._moments.sights(past).of(visitor, *self._plurals)
        await sighted.sight.look()
        found = await sighted.see(lambda: {view: sighted.views.list(view, namespace) for view in self._plurals})
        return _Seen(found, seen_of(past, found.values(), whole=sighted.sight.whole))


class _Seen(NamedTuple):
    """The bundles by view, and when they were so."""

    bundles: Mapping[str, Sequence[Bundle]]
    told: SeenMoment


def _moment(told: SeenMoment) -> dict[str, str]:
    """Nothing of a moment of which nothing is seen."""
    if told.recorded is None:
        return {}
    return {"recorded": told.recorded.strftime("%Y-%m-%dT%H:%M:%SZ"), "resourceVersion": str(told.version)}


def _words(told: SeenMoment, asked: str) -> str:
    return asked if told.recorded is None else exactly(told.recorded)

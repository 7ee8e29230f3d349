"""The paths of commits: get by a sha, in a namespace or in all. Thin: parse, ask the finder, write."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import orjson
from twisted.web.server import Request

from promoter_view.access.admission import Admission
from promoter_view.api.commits.table import metadata_of, table_of
from promoter_view.api.format.layouts import laid_out
from promoter_view.api.format.rendering import layout_of
from promoter_view.api.format.tables import parse_include_object
from promoter_view.api.negotiation import Representation, Verb, negotiate
from promoter_view.api.past import past_of
from promoter_view.api.paths import CommitTarget
from promoter_view.api.query import parse_get, wants_newest
from promoter_view.boundaries import ViewReader
from promoter_view.reading.answering import PieceReader, answer
from promoter_view.reading.commits.finder import CommitFinder
from promoter_view.reading.commits.found import RESOURCE, document_of, not_found
from promoter_view.reading.commits.question import NoQuestion, read_sha
from promoter_view.reading.past.moments import Moments
from promoter_view.reading.pump import Pump
from promoter_view.views.definition import GROUP
from promoter_view.views.history import require_come
from promoter_view.web.accept import accepts_gzip
from promoter_view.web.entrance import send
from promoter_view.web.errors import BadRequest, MethodNotAllowed
from promoter_view.web.parameters import Parameters

#: Smaller answers are sent as they are (kube-apiserver's threshold, KEP-156).
_MIN_GZIP_BYTES = 128 * 1024
_PIECE = 64 * 1024


@dataclass(frozen=True, slots=True)
class CommitCall:
    """A read of a commit, as the request line has it."""

    target: CommitTarget
    verb: Verb
    parameters: Parameters


class CommitResource:
    """Serves CommitDetails."""

    def __init__(self, views: ViewReader, finder: CommitFinder, *, pump: Pump, moments: Moments) -> None:
        self._views = views
        self._finder = finder
        self._pump = pump
        self._moments = moments

    async def serve(self, request: Request, call: CommitCall, admission: Admission) -> None:
        """Errors: those of ``status``."""
        target = call.target
        if call.verb is not Verb.GET:
            raise MethodNotAllowed(GROUP, RESOURCE)
        accepted = negotiate(request.getHeader("Accept"), Verb.GET)
        include = parse_include_object(call.parameters)
        try:
            question = read_sha(target.name)
        except NoQuestion as error:
            raise BadRequest(str(error)) from error
        past = await past_of(call.parameters, self._moments)
        if past is None:
            await self._come(call.parameters)
        finder = self._finder if past is None else self._moments.finder(self._finder, past.state)
        found = await finder.find(admission, target.name, question, target.namespace)
        if found.empty:
            raise not_found(found)
        match accepted.representation:
            case Representation.TABLE:
                document = table_of(found, include, self._moments.now() if past is None else past.now)
            case Representation.METADATA:
                document = metadata_of(found)
            case _:
                document = document_of(found)
        layout = layout_of(accepted, request, call.parameters)
        await self._write(request, laid_out(layout, orjson.dumps(document)), layout.content_type)

    async def _come(self, parameters: Parameters) -> None:
        """What is read is as new as it has to be. Errors: BadRequest, Ahead."""
        version = parse_get(parameters)
        if wants_newest(parameters):
            await self._pump.newest()
        elif version:
            await self._pump.fresh(_at_once, lambda: require_come(version, self._views.head))

    async def _write(self, request: Request, body: bytes, content_type: str) -> None:
        if len(body) <= _MIN_GZIP_BYTES or not accepts_gzip(request.getHeader("Accept-Encoding")):
            send(request, body, content_type)
            return
        request.setHeader("Content-Type", content_type)
        request.setHeader("Content-Encoding", "gzip")
        pieces = (body[start : start + _PIECE] for start in range(0, len(body), _PIECE))
        await answer(self._pump, PieceReader(pieces, gzip=True), request)


async def _at_once(ask: Callable[[], None]) -> None:
    ask()

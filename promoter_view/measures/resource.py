"""``/metrics/promotions``: written as its client reads it, a slice a turn."""

from __future__ import annotations

from twisted.web.server import Request

from promoter_view.boundaries import ViewReader
from promoter_view.clocks import WallClock
from promoter_view.measures.exposition import CONTENT_TYPE
from promoter_view.measures.measuring import Measuring
from promoter_view.reading.answering import PieceReader, answer
from promoter_view.reading.pump import Pump
from promoter_view.web.accept import accepts_gzip
from promoter_view.web.errors import MethodNotAllowed, NotReady

#: The path.
MEASURES = "/metrics/promotions"


class MeasuresResource:
    """Serves what ``measuring`` gives."""

    def __init__(self, views: ViewReader, measuring: Measuring, *, pump: Pump, wall: WallClock) -> None:
        self._views = views
        self._measuring = measuring
        self._pump = pump
        self._wall = wall

    async def serve(self, request: Request) -> None:
        """Answers the request. Errors: those of ``web.status``."""
        if request.method not in (b"GET", b"HEAD"):
            raise MethodNotAllowed
        if not self._views.ready:
            raise NotReady
        gzip = accepts_gzip(request.getHeader("Accept-Encoding"))
        request.setHeader("Content-Type", CONTENT_TYPE)
        if gzip:
            request.setHeader("Content-Encoding", "gzip")
        await answer(self._pump, PieceReader(self._measuring.pieces(self._wall()), gzip=gzip), request)

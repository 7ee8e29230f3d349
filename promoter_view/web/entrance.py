"""The root of a port: every request passes here, is answered whatever happens, and over before the port is."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Generic, TypeVar

from twisted.internet.defer import CancelledError, Deferred, DeferredList
from twisted.logger import Logger
from twisted.python.failure import Failure
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET, Request

from promoter_view.web.limits import Claim, Limits, Shares
from promoter_view.web.status import Status, internal_error, status_of

#: A request as a port has read it.
_Call = TypeVar("_Call")
_log = Logger()


class Entrance(Resource, Generic[_Call]):
    """``end_streams`` has those answers end that would not by themselves, and lets none begin."""

    isLeaf = True  # noqa: N815 - Twisted's name

    def __init__(self, limits: Limits, *, end_streams: Callable[[], None]) -> None:
        super().__init__()
        self._shares = Shares(limits)
        self._end_streams = end_streams
        self._under_way: set[Deferred[None]] = set()

    @abstractmethod
    def begin(self, request: Request) -> _Call:
        """Sets the headers of every answer; what is asked."""

    @abstractmethod
    async def serve(self, request: Request, call: _Call) -> None:
        """Answers it. Errors: those of ``web.status``."""

    @abstractmethod
    def tell(self, request: Request, call: _Call, status: Status) -> None:
        """Writes why it is not answered, and finishes. Code and headers are those of ``status`` already."""

    @abstractmethod
    def reference(self, request: Request) -> str:
        """Where the log has a fault of ours, for whom it met."""

    def over(self, request: Request, call: _Call) -> None:
        """The request is answered, or its client has left."""

    def render(self, request: Request) -> int:
        """Answers every request; what is not over at once is cancelled when the client leaves."""
        request.responseHeaders.removeHeader("Server")
        call = self.begin(request)
        work = Deferred.fromCoroutine(self.serve(request, call))
        if not work.called:
            self._under_way.add(work)
            request.notifyFinish().addErrback(lambda _: work.cancel())
        work.addErrback(self.failed, request, call)
        work.addBoth(lambda _: self._over(work, request, call))
        return NOT_DONE_YET

    def drain(self) -> Deferred[None]:
        """Before shutdown: end all streams cleanly; fires when every request under way is over."""
        self._end_streams()
        return DeferredList(list(self._under_way)).addCallback(lambda _: None)

    @contextmanager
    def counted(self, claim: Claim) -> Iterator[None]:
        """As part of what its user has under way. Errors: TooManyRequests."""
        self._shares.take(claim)
        try:
            yield
        finally:
            self._shares.give_back(claim)

    def refuse(self, request: Request, call: _Call, failure: Failure) -> None:
        """Answers with the Status of that failure."""
        self.tell(request, call, refusal(request, failure, self.reference(request)))

    def failed(self, failure: Failure, request: Request, call: _Call) -> None:
        """An errback: what came instead of an answer."""
        if failure.check(CancelledError):
            return  # the client has left, there is nobody to tell
        if request.startedWriting:
            # Half an answer cannot be taken back: without its end the client knows that it is not whole.
            _log.failure("an answer for {path!r} broke off", failure, path=request.path)
            request.loseConnection()
        else:
            self.refuse(request, call, failure)

    def _over(self, work: Deferred[None], request: Request, call: _Call) -> None:
        self._under_way.discard(work)
        self.over(request, call)


def send(request: Request, body: bytes, content_type: str) -> None:
    """A whole answer, in as few writes as there can be."""
    request.setHeader("Content-Type", content_type)
    request.setHeader("Content-Length", str(len(body)))
    request.write(body)
    request.finish()


def refusal(request: Request, failure: Failure, reference: str) -> Status:
    """The Status of that failure, its code and headers set. A fault of ours is logged under ``reference``."""
    status = status_of(failure.value) if isinstance(failure.value, Exception) else None
    if status is None:
        _log.failure("request {reference} for {path!r} failed", failure, reference=reference, path=request.path)
        status = internal_error(reference)
    request.setResponseCode(status.code, HTTPStatus(status.code).phrase.encode())
    request.responseHeaders.removeHeader("Content-Encoding")
    for name, value in status.headers.items():
        request.setHeader(name, value)
    return status

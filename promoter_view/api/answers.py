"""Answers on the wire: the headers that all have, a body with its length, a Status for an error."""

from __future__ import annotations

import re
import uuid
from http import HTTPStatus
from random import Random

from twisted.logger import Logger
from twisted.python.failure import Failure
from twisted.web.server import Request

from promoter_view.api.layouts import laid_out
from promoter_view.api.rendering import lenient_layout
from promoter_view.web.parameters import parameters_of
from promoter_view.web.status import Status, internal_error, status_of

JSON = "application/json"

_AUDIT_ID = re.compile(r"[!-~]{1,64}\Z", re.ASCII)
_log = Logger()


def begin(request: Request, random: Random) -> None:
    """The headers of every answer. An Audit-Id that the client (or the aggregator) sent is echoed."""
    given = request.getHeader("Audit-Id")
    audit_id = given if given and _AUDIT_ID.match(given) else str(uuid.UUID(int=random.getrandbits(128), version=4))
    request.setHeader("Audit-Id", audit_id)
    request.setHeader("Cache-Control", "no-cache, private")
    request.setHeader("Vary", "Accept, Accept-Encoding")
    request.responseHeaders.removeHeader("Server")


def send(request: Request, body: bytes, content_type: str = JSON) -> None:
    """A whole answer, in as few writes as there can be."""
    request.setHeader(b"Content-Type", content_type.encode())
    request.setHeader(b"Content-Length", b"%d" % len(body))
    request.write(body)
    request.finish()


def send_error(request: Request, failure: Failure) -> None:
    """The Status of that failure. A fault of ours is logged; one that comes in mid-answer ends the connection."""
    body = refuse(request, failure)
    if request.startedWriting:
        # Half an answer cannot be taken back: without its end the client knows that it is not whole.
        request.loseConnection()
        return
    request.write(body)
    request.finish()


def refuse(request: Request, failure: Failure) -> bytes:
    """Sets code and headers for that failure; the body that goes with them."""
    status = status_of(failure.value) if isinstance(failure.value, Exception) else None
    if status is None:
        status = _fault(request, failure)
    layout = lenient_layout(request, parameters_of(request.uri))
    body = laid_out(layout, status.encode())
    request.setResponseCode(status.code, HTTPStatus(status.code).phrase.encode())
    for name, value in status.headers.items():
        request.setHeader(name, value)
    request.responseHeaders.removeHeader("Content-Encoding")
    request.setHeader("Content-Type", layout.content_type)
    request.setHeader("Content-Length", str(len(body)))
    return body


def _fault(request: Request, failure: Failure) -> Status:
    audit_id = (request.responseHeaders.getRawHeaders("Audit-Id") or ["unknown"])[0]
    _log.failure("request {audit_id} for {path!r} failed", failure, audit_id=audit_id, path=request.path)
    return internal_error(f"Audit-Id {audit_id}")

"""Answers on the wire: the headers that all have, a body with its length, a Status for an error."""

from __future__ import annotations

import re
import uuid
from random import Random

from twisted.python.failure import Failure
from twisted.web.server import Request

from promoter_view.api.format.layouts import laid_out
from promoter_view.api.format.rendering import lenient_layout
from promoter_view.web.entrance import refusal
from promoter_view.web.parameters import parameters_of
from promoter_view.web.status import Status

_AUDIT_ID = re.compile(r"[!-~]{1,64}\Z", re.ASCII)


def begin(request: Request, random: Random) -> None:
    """The headers of every answer. An Audit-Id that the client (or the aggregator) sent is echoed."""
    given = request.getHeader("Audit-Id")
    audit_id = given if given and _AUDIT_ID.match(given) else str(uuid.UUID(int=random.getrandbits(128), version=4))
    request.setHeader("Audit-Id", audit_id)
    request.setHeader("Cache-Control", "no-cache, private")
    request.setHeader("Vary", "Accept, Accept-Encoding")


def send_status(request: Request, status: Status) -> None:
    """A refusal whose code and headers are set."""
    request.write(_body(request, status))
    request.finish()


def refuse(request: Request, failure: Failure) -> bytes:
    """Sets code and headers for that failure; the body that goes with them."""
    return _body(request, refusal(request, failure, reference(request)))


def reference(request: Request) -> str:
    """By what the log has what went wrong with it."""
    return f"Audit-Id {(request.responseHeaders.getRawHeaders('Audit-Id') or ['unknown'])[0]}"


def _body(request: Request, status: Status) -> bytes:
    layout = lenient_layout(request, parameters_of(request.uri))
    body = laid_out(layout, status.encode())
    request.setHeader("Content-Type", layout.content_type)
    request.setHeader("Content-Length", str(len(body)))
    return body

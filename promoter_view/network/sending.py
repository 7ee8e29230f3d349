"""Requests on their way: treq makes them, over an agent of ours, for a URI that is sent as it is."""

from __future__ import annotations

from typing import Any

from hyperlink import URL
from treq.client import HTTPClient
from twisted.internet.defer import Deferred
from twisted.web.http_headers import Headers
from twisted.web.iweb import IAgent, IBodyProducer


class _SentAsItIs(URL):
    """treq takes every host through IDNA 2008, which refuses addresses and names that resolvers take (targets.py)."""

    def to_uri(self) -> URL:
        return self


def send(
    agent: IAgent, method: str, uri: bytes, *, headers: Headers, body: IBodyProducer | None, reactor: Any
) -> Deferred[Any]:
    """The response, its body still to be delivered. gzip is taken off.

    Redirects are not followed: credentials go where the configuration says, nowhere else.
    """
    return HTTPClient(agent).request(
        method,
        _SentAsItIs.from_text(uri.decode("ascii")),
        headers=headers,
        data=body,
        allow_redirects=False,
        unbuffered=True,
        reactor=reactor,
    )

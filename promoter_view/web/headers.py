"""A request's headers as bytes, of which each reader knows the encoding."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from twisted.web.server import Request

#: All values of each header, by its name in lower case.
Headers = Mapping[str, Sequence[bytes]]


def headers_of(request: Request) -> Headers:
    """The request's headers."""
    found = request.requestHeaders.getAllRawHeaders()
    return {name.decode("latin-1").lower(): values for name, values in found}

"""Which moment a get or a list asks for."""

from __future__ import annotations

from promoter_view.reading.past.moments import AskedPast, Moments
from promoter_view.web.errors import BadRequest
from promoter_view.web.parameters import Parameters, first


async def past_of(parameters: Parameters, moments: Moments) -> AskedPast | None:
    """None: that of now. Errors: BadRequest, those of ``Moments.asked``."""
    if "at" in parameters and first(parameters, "resourceVersion"):
        raise BadRequest("at: leave out at or resourceVersion: both name a state")
    return await moments.asked(parameters)

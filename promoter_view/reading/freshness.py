"""Whether the views have come as far as a client has already seen. Pure."""

from __future__ import annotations

from promoter_view.boundaries import ViewReader
from promoter_view.views.history import Ahead
from promoter_view.views.versions import split


def require(views: ViewReader, resource_version: int) -> None:
    """The newest state is not older than that. Errors: Ahead.

    Offsets are compared: a list's resourceVersion is the last place of its offset, so that a smaller place of the same
    offset is in it, and one of another generation of definitions means the same events.
    """
    if split(resource_version).offset > split(views.head).offset:
        raise Ahead(resource_version, views.head)

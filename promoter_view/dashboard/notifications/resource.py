"""``/notifications``: thin: who may, and in which form."""

from __future__ import annotations

import orjson
from twisted.web.server import Request

from promoter_view.access.admission import Attributes
from promoter_view.access.authorization import AccessReviews
from promoter_view.boundaries import NotificationsDesk
from promoter_view.dashboard.notifications.page import notifications_shown
from promoter_view.dashboard.page_resource import PageResource
from promoter_view.dashboard.page_table import NOTIFICATIONS
from promoter_view.dashboard.past.resource import require_form, wants_json
from promoter_view.dashboard.visitors.visitors import Visitor
from promoter_view.web.entrance import send
from promoter_view.web.errors import BadRequest, ResourceNotFound
from promoter_view.web.parameters import Parameters

_RIGHT = Attributes(verb="get", path=f"/{NOTIFICATIONS.path}")


class NotificationPages:
    """The page, and its JSON. ``desk`` None: no file is given; ``reviews`` None: everybody who can connect may look."""

    def __init__(self, desk: NotificationsDesk | None, pages: PageResource, *, reviews: AccessReviews | None) -> None:
        self._desk = desk
        self._pages = pages
        self._reviews = reviews

    async def serve(self, request: Request, parameters: Parameters, visitor: Visitor) -> None:
        """Errors: BadRequest, Forbidden, ReviewUnavailable, ResourceNotFound."""
        if "at" in parameters:
            raise BadRequest("at: this page has no past; remove it")
        require_form(parameters, ("format",))
        if self._reviews is not None:
            await self._reviews.require(visitor.identity, _RIGHT)
        document = None if self._desk is None else self._desk.document()
        if not wants_json(parameters, request.getHeader("Accept")):
            await self._pages.send_notifications(request, visitor, notifications_shown(document))
        elif document is None:
            raise ResourceNotFound("there are no notifications: --notifications declares them")
        else:
            send(request, orjson.dumps(document) + b"\n", "application/json")

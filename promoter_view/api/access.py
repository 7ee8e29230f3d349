"""The joint at which authentication and authorization stand before every request. Nothing is decided here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from twisted.web.iweb import IRequest


@dataclass(frozen=True, slots=True)
class Attributes:
    """What a request wants to do, in the words of a SubjectAccessReview.

    A resource request has ``resource``; of any other only ``verb`` and ``path`` count. ``verb`` is get, list or watch
    (or that of a write), for other paths the HTTP method in lower case. ``name`` is also that of a list or watch with
    the field selector metadata.name.
    """

    verb: str
    path: str
    group: str = ""
    version: str = ""
    resource: str = ""
    namespace: str = ""
    name: str = ""


class Access(Protocol):
    """Admits a request or raises."""

    async def admit(self, request: IRequest, attributes: Attributes) -> None:
        """Errors: Unauthorized, Forbidden, ReviewUnavailable (``errors``)."""


class OpenAccess:
    """Admits everyone to everything: for ``--demo`` and ``--insecure-no-auth``, on loopback only."""

    async def admit(self, request: IRequest, attributes: Attributes) -> None:
        """Never raises."""

"""The joint at which authentication and authorization stand before every request. Nothing is decided here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from twisted.web.server import Request

from promoter_view.access.identity import ANONYMOUS, Identity
from promoter_view.web.errors import Forbidden


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
    subresource: str = ""


class Admission(Protocol):
    """A request that was admitted."""

    @property
    def identity(self) -> Identity:
        """Who asks."""

    async def revoked(self) -> Forbidden | None:
        """How the same would be refused now; None where it would not, or where that cannot be told."""


class Access(Protocol):
    """Admits a request or raises."""

    async def admit(self, request: Request, attributes: Attributes) -> Admission:
        """Errors: Unauthorized, Forbidden, ReviewUnavailable (``errors``)."""


class Free:
    """An admission that nothing can take back: nobody was asked for it."""

    identity = ANONYMOUS

    async def revoked(self) -> Forbidden | None:
        """Never."""
        return None


FREELY_ADMITTED = Free()


class OpenAccess:
    """Admits everyone to everything: for ``--demo`` and ``--insecure-no-auth``, on loopback only."""

    async def admit(self, request: Request, attributes: Attributes) -> Admission:  # noqa: ARG002
        """Never raises."""
        return FREELY_ADMITTED

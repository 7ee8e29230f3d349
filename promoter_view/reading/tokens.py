"""Continue tokens: where a list in pages goes on. They hold all there is to know; the server keeps nothing. Pure."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass

import orjson

from promoter_view.views.versions import LIMIT
from promoter_view.web.errors import BadRequest

_MAX_LENGTH = 2048


@dataclass(frozen=True, slots=True)
class Token:
    """A page begins behind (``view``, ``namespace``, ``name``), in the state at ``resource_version``.

    None: in the newest. ``view`` is "" in a list of one view.
    """

    resource_version: int | None
    namespace: str
    name: str
    view: str = ""

    def encode(self) -> str:
        """As ``metadata.continue`` has it: opaque to clients, safe in a URL."""
        parts = [self.resource_version, self.namespace, self.name, self.view]
        return base64.urlsafe_b64encode(orjson.dumps(parts if self.view else parts[:3])).decode()


def decode_token(text: str) -> Token:
    """The inverse of ``Token.encode``. Errors: BadRequest for anything that is no token."""
    if len(text) > _MAX_LENGTH:
        raise BadRequest("continue key is not valid: it is too long")
    try:
        found = orjson.loads(base64.urlsafe_b64decode(text.encode()))
    except (binascii.Error, ValueError) as error:
        raise BadRequest("continue key is not valid: it does not come from this server") from error
    if not _is_token(found):
        raise BadRequest("continue key is not valid: it does not come from this server")
    return Token(*found)


def _is_token(found: object) -> bool:
    if not isinstance(found, list) or len(found) not in (3, 4):
        return False
    version, *names = found
    numbered = version is None or (type(version) is int and 0 < version < LIMIT)
    return numbered and all(isinstance(name, str) for name in names)

"""The query parameters of ``/watch``, ``/list`` and ``/pages/stream``, read into frozen values. Pure."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Collection
from dataclasses import dataclass

import orjson

from promoter_view.dashboard.filters import Filter, FilterError, parse_globs
from promoter_view.dashboard.nearest import first_unknown
from promoter_view.kubernetes.selectors import SelectorError, parse_label_selector
from promoter_view.records import BundleKey
from promoter_view.views.versions import LIMIT
from promoter_view.web.errors import BadRequest
from promoter_view.web.parameters import Parameters

_DECIMAL = re.compile(r"[0-9]{1,19}\Z", re.ASCII)
_MAX_TOKEN = 2048
_FILTER = ("kind", "namespace", "name", "labelSelector")
_RESUME = ("lastEventId", "scope")
#: The parameters of each path.
_KNOWN = {
    "watch": (*_FILTER, *_RESUME),
    "list": (*_FILTER, "limit", "continue"),
    "pages/stream": ("page", *_RESUME),
    "session": (),
}


@dataclass(frozen=True, slots=True)
class Resume:
    """Where a client says that it stands. ``position`` 0: nowhere that anybody could resume from.

    ``scope`` is what it may have seen until then; None where it does not say.
    """

    position: int
    scope: str | None


@dataclass(frozen=True, slots=True)
class ListToken:
    """A page begins behind ``key``, in the state at ``resource_version``."""

    resource_version: int
    key: BundleKey

    def encode(self) -> str:
        """As ``metadata.continue`` has it: opaque to clients, safe in a URL."""
        return base64.urlsafe_b64encode(orjson.dumps([self.resource_version, *self.key])).decode()


@dataclass(frozen=True, slots=True)
class ListQuery:
    """``limit`` 0: all."""

    filter: Filter
    limit: int
    token: ListToken | None


def require_known(path: str, parameters: Parameters) -> None:
    """A filter that is misspelt would select everything. Errors: BadRequest for a parameter that the path has not."""
    problem = first_unknown(parameters, _KNOWN[path], "query parameter")
    if problem:
        raise BadRequest(problem)


def parse_filter(parameters: Parameters, views: Collection[str]) -> Filter:
    """kind, namespace, name, labelSelector. Errors: BadRequest."""
    kinds = tuple(dict.fromkeys(filter(None, text(parameters, "kind").split(",")))) or tuple(views)
    unknown = [kind[:100] for kind in kinds if kind not in views]
    if unknown:
        raise BadRequest(f"kind: {unknown[0]!r} is not served; there are {', '.join(views)}")
    try:
        return Filter(
            tuple(sorted(kinds)),
            parse_globs(text(parameters, "namespace")),
            parse_globs(text(parameters, "name")),
            parse_label_selector(text(parameters, "labelSelector")),
        )
    except SelectorError as error:
        raise BadRequest(f"labelSelector: {error}") from error
    except FilterError as error:
        raise BadRequest(f"namespace, name: {error}") from error


def parse_resume(parameters: Parameters, header: str | None) -> Resume | None:
    """Where a stream goes on; None: it begins anew. ``header`` is Last-Event-ID, which wins.

    What is no position is one that cannot be resumed: a browser sends what it was last given, whoever gave it.
    """
    given = header if header else text(parameters, "lastEventId")
    if not given:
        return None
    position = int(given) if _DECIMAL.match(given) else 0
    scope = text(parameters, "scope") if "scope" in parameters else None
    return Resume(position if position < LIMIT else 0, scope)


def parse_list(parameters: Parameters, views: Collection[str]) -> ListQuery:
    """Errors: BadRequest."""
    limit = text(parameters, "limit") or "0"
    if not _DECIMAL.match(limit):
        raise BadRequest(f"limit: {limit[:100]!r} is no number")
    token = text(parameters, "continue")
    return ListQuery(parse_filter(parameters, views), int(limit), decode_token(token) if token else None)


def decode_token(given: str) -> ListToken:
    """The inverse of ``ListToken.encode``. Errors: BadRequest for anything that is no token."""
    try:
        found = orjson.loads(base64.urlsafe_b64decode(given.encode())) if len(given) <= _MAX_TOKEN else None
    except (binascii.Error, ValueError):
        found = None
    if not isinstance(found, list) or len(found) != 4 or not all(isinstance(part, str) for part in found[1:]):
        raise BadRequest("continue: it is not one that this server has made")
    if type(found[0]) is not int or not 0 < found[0] < LIMIT:
        raise BadRequest("continue: it is not one that this server has made")
    return ListToken(found[0], BundleKey(*found[1:]))


def text(parameters: Parameters, name: str) -> str:
    """The first value of that name, "" where there is none."""
    return next(iter(parameters.get(name, ())), "")

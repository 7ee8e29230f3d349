"""The query parameters of get, list and watch, read and validated into frozen values. Pure.

What is unreadable is 400, what does not go together 422 with causes, in kube-apiserver's order and words
(apimachinery, ValidateListOptions; KEP-3157 for sendInitialEvents). Unknown parameters are ignored; of a repeated one
the first counts.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import TypeVar

from promoter_view.kubernetes.selectors import (
    FieldSelector,
    LabelSelector,
    SelectorError,
    parse_field_selector,
    parse_label_selector,
)
from promoter_view.reading.pages import Part
from promoter_view.reading.tokens import Token, decode_token
from promoter_view.views.known import SELECTORS
from promoter_view.web.errors import BadRequest, Cause, Invalid
from promoter_view.web.parameters import Parameters, first

_EXACT = "Exact"
_NOT_OLDER_THAN = "NotOlderThan"
_INTEGER = re.compile(r"[+-]?[0-9]{1,19}\Z", re.ASCII)
_DECIMAL = re.compile(r"[0-9]{1,20}\Z", re.ASCII)
_INT64 = range(-(1 << 63), 1 << 63)
_UINT64 = range(1 << 64)
_Selector = TypeVar("_Selector")
#: What any view can be selected by: whether that one can is said once the request is permitted.
_EVERY_FIELD = frozenset().union(*SELECTORS.values())


@dataclass(frozen=True, slots=True)
class ListQuery(Part):
    """What a list asks for."""

    labels: LabelSelector = field(default_factory=LabelSelector)
    fields: FieldSelector = field(default_factory=FieldSelector)


@dataclass(frozen=True, slots=True)
class WatchQuery:
    """What a watch asks for.

    ``initial``: begin with ADDED for all that is there, in a state not older than ``resource_version``; else with what
    came after it (0: after now). ``initial_end``: mark the end of the initial events with a bookmark (WatchList).
    ``timeout_seconds`` None: the server chooses; not above 0: at once.
    """

    labels: LabelSelector
    fields: FieldSelector
    resource_version: int
    initial: bool
    initial_end: bool
    bookmarks: bool
    timeout_seconds: int | None


def is_watch(parameters: Parameters) -> bool:
    """``watch`` is there and neither false nor 0."""
    return bool(_boolean(parameters, "watch"))


def selected_name(parameters: Parameters) -> str:
    """The one name that a list or watch can see, for its authorization; "" when there is none or it cannot be read."""
    try:
        return parse_field_selector(first(parameters, "fieldSelector"), _EVERY_FIELD).name or ""
    except SelectorError:
        return ""


def wants_newest(parameters: Parameters) -> bool:
    """Whether the answer must hold all that was there when it was asked for: it names no resourceVersion, not even 0.

    A token goes on with a list of its own resourceVersion, if it has one. A bad one is for its reader to refuse. Who
    reads a moment of the past waits for what it may lack.
    """
    if "at" in parameters:
        return False
    try:
        token = _token(parameters)
    except BadRequest:
        return False
    return not first(parameters, "resourceVersion") and (token is None or token.resource_version is None)


def parse_get(parameters: Parameters) -> int:
    """The resourceVersion that the answer must not be older than; 0: any. Errors: BadRequest."""
    return _resource_version(parameters)


def parse_list(parameters: Parameters, selectable: Collection[str] = ()) -> ListQuery:
    """``selectable``: the fields that may be selected by, beside name and namespace. Errors: BadRequest, Invalid."""
    labels, fields = _selectors(parameters, selectable)
    limit = _integer(parameters, "limit") or 0
    _integer(parameters, "timeoutSeconds")
    _refuse(_list_causes(parameters))
    version = _resource_version(parameters)
    token = _token(parameters)
    if token is not None and version:
        raise BadRequest("specifying resource version is not allowed when using continue")
    match = first(parameters, "resourceVersionMatch")
    exact = match == _EXACT or (match == "" and limit > 0 and version > 0)
    return ListQuery(
        labels=labels,
        fields=fields,
        limit=max(limit, 0),
        exact=version if exact else None,
        at_least=0 if exact else version,
        token=token,
    )


def parse_watch(parameters: Parameters, selectable: Collection[str] = ()) -> WatchQuery:
    """``selectable`` as for a list. Errors: BadRequest, Invalid."""
    labels, fields = _selectors(parameters, selectable)
    _integer(parameters, "limit")
    timeout = _integer(parameters, "timeoutSeconds")
    parameters = _with_defaults(parameters)
    send_initial = _boolean(parameters, "sendInitialEvents")
    _refuse(_watch_causes(parameters, send_initial))
    version = _resource_version(parameters)
    bookmarks = bool(_boolean(parameters, "allowWatchBookmarks"))
    return WatchQuery(
        labels=labels,
        fields=fields,
        resource_version=version,
        initial=bool(send_initial),
        initial_end=bool(send_initial) and bookmarks,
        bookmarks=bookmarks,
        timeout_seconds=timeout or None,
    )


def _with_defaults(parameters: Parameters) -> Parameters:
    """A watch from nowhere asks for initial events (apimachinery, SetListOptionsDefaults): their end is marked too."""
    if "sendInitialEvents" in parameters or first(parameters, "resourceVersionMatch"):
        return parameters
    if first(parameters, "resourceVersion") not in ("", "0"):
        return parameters
    return {**parameters, "sendInitialEvents": ("true",), "resourceVersionMatch": (_NOT_OLDER_THAN,)}


def _list_causes(parameters: Parameters) -> list[Cause]:
    causes = []
    match = first(parameters, "resourceVersionMatch")
    version = first(parameters, "resourceVersion")
    if match:
        if not version:
            causes.append(_forbidden("resourceVersionMatch is forbidden unless resourceVersion is provided"))
        if first(parameters, "continue"):
            causes.append(_forbidden("resourceVersionMatch is forbidden when continue is provided"))
        if match not in (_EXACT, _NOT_OLDER_THAN):
            causes.append(_unsupported(match, f'"{_EXACT}", "{_NOT_OLDER_THAN}", ""'))
        if match == _EXACT and version == "0":
            causes.append(_forbidden('resourceVersionMatch "Exact" is forbidden for resourceVersion "0"'))
    if "sendInitialEvents" in parameters:
        causes.append(_forbidden("sendInitialEvents is forbidden for list", "sendInitialEvents"))
    return causes


def _watch_causes(parameters: Parameters, send_initial: bool | None) -> list[Cause]:
    causes = []
    match = first(parameters, "resourceVersionMatch")
    if send_initial is not None and match != _NOT_OLDER_THAN:
        causes.append(_forbidden(f"sendInitialEvents requires setting resourceVersionMatch to {_NOT_OLDER_THAN}"))
    if match:
        if send_initial is None:
            causes.append(
                _forbidden("resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided")
            )
        if match != _NOT_OLDER_THAN:
            causes.append(_unsupported(match, f'"{_NOT_OLDER_THAN}"'))
        if first(parameters, "continue"):
            causes.append(_forbidden("resourceVersionMatch is forbidden when continue is provided"))
    return causes


def _forbidden(why: str, field: str = "resourceVersionMatch") -> Cause:
    return Cause(field, "FieldValueForbidden", f"Forbidden: {why}")


def _unsupported(value: str, supported: str) -> Cause:
    message = f'Unsupported value: "{value}": supported values: {supported}'
    return Cause("resourceVersionMatch", "FieldValueNotSupported", message)


def _refuse(causes: list[Cause]) -> None:
    if causes:
        raise Invalid("ListOptions", "meta.k8s.io", tuple(causes))


def _selectors(parameters: Parameters, selectable: Collection[str]) -> tuple[LabelSelector, FieldSelector]:
    labels = _selector(parse_label_selector, parameters, "labelSelector")
    return labels, _selector(lambda text: parse_field_selector(text, selectable), parameters, "fieldSelector")


def _selector(parse: Callable[[str], _Selector], parameters: Parameters, name: str) -> _Selector:
    try:
        return parse(first(parameters, name))
    except SelectorError as error:
        raise BadRequest(str(error)) from error


def _token(parameters: Parameters) -> Token | None:
    text = first(parameters, "continue")
    return decode_token(text) if text else None


def _resource_version(parameters: Parameters) -> int:
    text = first(parameters, "resourceVersion")
    if not text:
        return 0
    version = int(text) if _DECIMAL.match(text) else -1
    if version not in _UINT64:
        raise BadRequest(f'invalid resource version: "{text}" is not a decimal number below 2^64')
    return version


def _integer(parameters: Parameters, name: str) -> int | None:
    if name not in parameters:
        return None
    text = first(parameters, name)
    number = int(text) if _INTEGER.match(text) else None
    if number is None or number not in _INT64:
        raise BadRequest(f'{name}: "{text}" is not a 64-bit integer')
    return number


def _boolean(parameters: Parameters, name: str) -> bool | None:
    # apimachinery, Convert_Slice_string_To_bool: whatever is there and does not say no is a yes.
    return first(parameters, name).lower() not in ("false", "0") if name in parameters else None

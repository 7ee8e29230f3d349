"""What a request asks for: its path and its query parameters, read and checked. Pure.

Source: API conventions and k8s.io/apimachinery's ValidateListOptions, as kube-apiserver 1.36 answers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from promoter_view.kubernetes.selectors import (
    FieldSelector,
    LabelSelector,
    SelectorError,
    parse_field_selector,
    parse_label_selector,
)
from promoter_view.simulator.kubernetes.errors import bad_request, invalid_options

EXACT = "Exact"
NOT_OLDER_THAN = "NotOlderThan"


@dataclass(frozen=True, slots=True)
class RequestTarget:
    """Which resource, object or subresource a path names; ``plural`` is "" for a group's own page."""

    group: str
    version: str
    plural: str = ""
    namespace: str = ""
    name: str = ""
    subresource: str = ""


@dataclass(frozen=True, slots=True)
class QueryOptions:
    """The query of a list or watch. ``resource_version`` is None when unset; ``timeout_seconds`` 0 means none."""

    labels: LabelSelector
    fields: FieldSelector
    limit: int = 0
    token: str = ""
    resource_version: int | None = None
    match: str = ""
    watch: bool = False
    bookmarks: bool = False
    initial_events: bool | None = None
    timeout_seconds: int = 0

    @property
    def selective(self) -> bool:
        """There is a selector, so that how many remain is not known."""
        return not (self.labels.empty and self.fields.empty)

    @property
    def begins_with_state(self) -> bool:
        """A watch that first says what is there."""
        return self.initial_events or (self.initial_events is None and not self.resource_version)

    @property
    def begins_now(self) -> bool:
        """A watch that neither says what is there nor what came before."""
        return self.initial_events is False and not self.resource_version


def read_target(segments: Sequence[str]) -> RequestTarget | None:
    """Reads a path split at its slashes, e.g. ``("apis", "g", "v1", "namespaces", "a", "things", "x")``."""
    if segments[:1] == ["api"] and len(segments) >= 2:
        group, version, rest = "", segments[1], list(segments[2:])
    elif segments[:1] == ["apis"] and len(segments) >= 3:
        group, version, rest = segments[1], segments[2], list(segments[3:])
    else:
        return None
    namespace = ""
    if len(rest) >= 3 and rest[0] == "namespaces" and rest[2] not in ("status", "finalize"):
        namespace, rest = rest[1], rest[2:]
    if len(rest) > 3:
        return None
    plural, name, subresource = (*rest, "", "", "")[:3]
    return RequestTarget(group, version, plural, namespace, name, subresource)


def read_options(query: Mapping[str, str]) -> QueryOptions:
    """Reads the query of a list or watch. Errors: StatusError 400 and 422."""
    initial = query.get("sendInitialEvents")
    options = QueryOptions(
        labels=_label_selector(query.get("labelSelector", "")),
        fields=_field_selector(query.get("fieldSelector", "")),
        limit=max(0, _integer(query, "limit")),
        token=query.get("continue", ""),
        resource_version=_resource_version(query.get("resourceVersion", "")),
        match=query.get("resourceVersionMatch", ""),
        watch=is_true(query.get("watch")),
        bookmarks=is_true(query.get("allowWatchBookmarks")),
        initial_events=None if initial is None else is_true(initial),
        timeout_seconds=max(0, _integer(query, "timeoutSeconds")),
    )
    if options.watch:
        _check_watch(options)
    else:
        _check_list(options)
    return options


def is_true(text: str | None) -> bool:
    """How Kubernetes reads a boolean parameter: there, and neither ``false`` nor ``0``."""
    return text is not None and text.lower() not in ("false", "0")


def _check_watch(options: QueryOptions) -> None:
    if options.initial_events is not None and options.match != NOT_OLDER_THAN:
        problem = "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"
        raise invalid_options("resourceVersionMatch", problem)
    if options.initial_events is None and options.match:
        problem = "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided"
        raise invalid_options("resourceVersionMatch", problem)


def _check_list(options: QueryOptions) -> None:
    if options.initial_events is not None:
        raise invalid_options("sendInitialEvents", "sendInitialEvents is forbidden for list")
    if options.token and options.resource_version is not None:
        raise bad_request("specifying resource version is not allowed when using continue")
    if not options.match:
        return
    if options.resource_version is None:
        problem = "resourceVersionMatch is forbidden unless resourceVersion is provided"
        raise invalid_options("resourceVersionMatch", problem)
    if options.match not in (EXACT, NOT_OLDER_THAN):
        raise invalid_options("resourceVersionMatch", f'"{options.match}" is not supported')
    if options.match == EXACT and options.resource_version == 0:
        problem = 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"'
        raise invalid_options("resourceVersionMatch", problem)


def _label_selector(text: str) -> LabelSelector:
    try:
        return parse_label_selector(text)
    except SelectorError as error:
        raise bad_request(f"unable to parse requirement: {error}") from error


def _field_selector(text: str) -> FieldSelector:
    try:
        return parse_field_selector(text)
    except SelectorError as error:
        raise bad_request(str(error)) from error


def _resource_version(text: str) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdecimal()):
        problem = f'Invalid value: "{text}": strconv.ParseUint: parsing "{text}": invalid syntax'
        raise bad_request(f"invalid resource version: resourceVersion: {problem}")
    return int(text)


def _integer(query: Mapping[str, str], name: str) -> int:
    text = query.get(name, "0")
    try:
        return int(text)
    except ValueError as error:
        raise bad_request(f'strconv.ParseInt: parsing "{text}": invalid syntax') from error

"""What lists and watches show of a table: selection, pages, continue tokens. Pure.

A page is cut from the table as it was at the first page's resourceVersion; a token names that and the last key, and no
state is held for it. Once compaction has passed it, the token answers 410 with one that goes on with what is there now.
"""

from __future__ import annotations

import base64
import binascii
from bisect import bisect_right
from dataclasses import dataclass

import orjson

from promoter_view.records import ChangeType
from promoter_view.simulator.kubernetes.errors import bad_request, continue_too_old, list_too_old, too_large
from promoter_view.simulator.kubernetes.objects import Stored
from promoter_view.simulator.kubernetes.query import EXACT, QueryOptions
from promoter_view.simulator.kubernetes.table import Selected, Table, TableEvent

#: In a token: go on with the objects of now, whatever became of those of then.
_INCONSISTENT = -1


@dataclass(frozen=True, slots=True)
class TablePage:
    """A list, or a piece of one. ``remaining`` is None where the last piece or a selector leaves it out."""

    items: tuple[Stored, ...]
    resource_version: int
    token: str = ""
    remaining: int | None = None


@dataclass(frozen=True, slots=True)
class _Start:
    """Where a page begins: at which resourceVersion, after which key."""

    resource_version: int
    after: str


def list_page(table: Table, namespace: str, options: QueryOptions, current: int) -> TablePage:
    """The page that is asked for, of a cluster that is at ``current``. Errors: StatusError 400, 410, 504."""
    start = _start(table, options, current)
    state = table.objects if start.resource_version == current else table.at(start.resource_version)
    keys = sorted(key for key, found in state.items() if selects(found, namespace, options))
    rest = keys[bisect_right(keys, start.after) :]
    if not options.limit or len(rest) <= options.limit:
        return TablePage(tuple(state[key] for key in rest), start.resource_version)
    taken = rest[: options.limit]
    return TablePage(
        items=tuple(state[key] for key in taken),
        resource_version=start.resource_version,
        token=_encode(_Start(start.resource_version, taken[-1])),
        remaining=None if options.selective else len(rest) - options.limit,
    )


def selects(found: Stored, namespace: str, options: QueryOptions) -> bool:
    """Whether an object is in that namespace ("" means all) and matches the selectors."""
    return (
        namespace in ("", found.namespace)
        and options.labels.matches(found.labels)
        and options.fields.matches(found.namespace, found.name)
    )


def select(event: TableEvent, namespace: str, options: QueryOptions) -> Selected | None:
    """What a watcher with these selectors sees of an event; None when it sees nothing.

    An object that begins to match is ADDED. One that stops matching is DELETED, and shown as it last matched, under
    the event's resourceVersion.
    """
    before = event.before if event.before and selects(event.before, namespace, options) else None
    after = event.after if event.after and selects(event.after, namespace, options) else None
    if after is not None:
        return Selected(ChangeType.ADDED if before is None else ChangeType.MODIFIED, after)
    if before is not None:
        return Selected(ChangeType.DELETED, before.at(event.resource_version))
    return None


def _start(table: Table, options: QueryOptions, current: int) -> _Start:
    if options.token:
        start = _decode(options.token)
        if start.resource_version == _INCONSISTENT:
            return _Start(current, start.after)
        if start.resource_version < table.horizon:
            raise continue_too_old(_encode(_Start(_INCONSISTENT, start.after)))
        return start
    wanted = options.resource_version or 0
    if wanted > current:
        raise too_large(wanted, current)
    exact = options.match == EXACT or (wanted and options.limit and not options.match)
    if not exact:
        return _Start(current, "")
    if wanted < table.horizon:
        raise list_too_old()
    return _Start(wanted, "")


def _encode(start: _Start) -> str:
    token = {"v": "meta.k8s.io/v1", "rv": start.resource_version, "start": start.after}
    return base64.urlsafe_b64encode(orjson.dumps(token)).decode().rstrip("=")


def _decode(token: str) -> _Start:
    try:
        found = orjson.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
        return _Start(int(found["rv"]), str(found["start"]))
    except (binascii.Error, ValueError, KeyError, TypeError) as error:
        raise bad_request("invalid continue token: continue key is not valid") from error

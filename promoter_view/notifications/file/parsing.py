"""The whole file: subscriptions, or all that is wrong with it. Pure; the largest file takes half a second."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from promoter_view.notifications.addresses import check_address, has_placeholders
from promoter_view.notifications.declaring import (
    DEFAULT_REFUSE_AFTER,
    DigestSchedule,
    FormatName,
    QuietHours,
    Receiver,
    ReceiverHeader,
    Subscription,
    Template,
)
from promoter_view.notifications.file import values
from promoter_view.notifications.file.fields import MOST_COMPLAINTS, StrictFields
from promoter_view.notifications.file.yaml_values import YAMLTextError, read_yaml
from promoter_view.notifications.filters import EntryFilter
from promoter_view.notifications.templating.syntax import check_template
from promoter_view.stages.health import Health
from promoter_view.views.promotion_strategy.state.words import StateWord

MAX_SUBSCRIPTIONS = 100
_WHOLE = "notifications"
_FILTERS = ("namespaces", "names", "labels", "events", "environments", "states", "authors")
_RECEIVER = ("url", "urlFile", "caFile", "secretFile", "headers")
_OTHERS = ("name", "format", "template", "since", "digest", "quietHours", "refuseAfter")
_KNOWN = (*_OTHERS, *_RECEIVER, *_FILTERS)
_STATES = tuple(dict.fromkeys((*map(str, StateWord), *map(str, Health))))
_MOST_HEADERS = 20
#: Those that belong to whoever sends.
_TAKEN_HEADERS = frozenset(
    (
        "connection",
        "content-length",
        "content-type",
        "host",
        "transfer-encoding",
        "webhook-id",
        "webhook-signature",
        "webhook-timestamp",
    )
)


class NotificationsFileError(ValueError):
    """The file cannot be used; ``complaints`` are all that is wrong, a line each, without anything secret."""

    def __init__(self, complaints: Sequence[str]) -> None:
        super().__init__("; ".join(complaints))
        self.complaints = tuple(complaints)


def parse_notifications(text: bytes) -> tuple[Subscription, ...]:
    """The subscriptions, in the order of the file. Errors: NotificationsFileError."""
    try:
        found = read_yaml(text)
    except YAMLTextError as error:
        raise NotificationsFileError([str(error)]) from error
    complaints = list[str]()
    subscriptions = [_subscription(fields) for fields in _each(found, complaints)]
    names = [each.name for each in subscriptions if each.name]
    for name in dict.fromkeys(each for each in names if names.count(each) > 1):
        complaints.append(f"{_WHOLE}: {names.count(name)} are named {name}: expected a name of its own for each")
    if len(complaints) >= MOST_COMPLAINTS:
        complaints.append("more may be wrong")
    if complaints:
        raise NotificationsFileError(complaints)
    return tuple(subscriptions)


def _each(found: Any, complaints: list[str]) -> Sequence[StrictFields]:
    if not isinstance(found, dict) or _WHOLE not in found:
        complaints.append(f"expected a list in the field {_WHOLE}")
        return ()
    StrictFields("", found, complaints).allow((_WHOLE,))
    listed = found[_WHOLE]
    if not isinstance(listed, list) or len(listed) > MAX_SUBSCRIPTIONS:
        complaints.append(f"{_WHOLE}: expected a list of at most {MAX_SUBSCRIPTIONS}")
        return ()
    return [_fields(number, each, complaints) for number, each in enumerate(listed)]


def _fields(number: int, found: Any, complaints: list[str]) -> StrictFields:
    place = f"{_WHOLE}[{number}]"
    if not isinstance(found, dict):
        complaints.append(f"{place}: expected a mapping with a name")
        found = {}
    name = found.get("name")
    return StrictFields(f"{place} ({name})" if _is_name(name) else place, found, complaints)


def _is_name(name: Any) -> bool:
    try:
        return bool(values.a_name(name))
    except ValueError:
        return False


def _subscription(fields: StrictFields) -> Subscription:
    fields.allow(_KNOWN)
    if "name" not in fields:
        fields.complain("name", "expected one: it tells subscriptions apart for ever")
    told = fields.read("format", values.one_of([each.value for each in FormatName]), "")
    found = Subscription(
        fields.read("name", values.a_name, ""),
        _receiver(fields),
        _filter(fields),
        FormatName(told or FormatName.CLOUDEVENTS),
        _template(fields),
        fields.read("since", values.since, ""),
        _digest(fields),
        _quiet_hours(fields),
        fields.read("refuseAfter", values.count, DEFAULT_REFUSE_AFTER),
    )
    if told or "format" not in fields:
        _check_together(fields, found)
    return found


def _check_together(fields: StrictFields, found: Subscription) -> None:
    """What one field asks of another."""
    is_event, is_template = found.format is FormatName.KUBERNETES_EVENT, found.format is FormatName.TEMPLATE
    if is_event:
        for name in (*_RECEIVER, "digest"):
            if name in fields:
                fields.complain(name, f"expected none with format {found.format}, which writes to the cluster")
    elif ("url" in fields) == ("urlFile" in fields):
        fields.complain("url", "expected one of url and urlFile")
    if is_template != ("template" in fields):
        wrong = "expected one with format template" if is_template else "expected none without format template"
        fields.complain("template", wrong)
    if has_placeholders(found.receiver.url) and found.digest is not None:
        fields.complain("digest", "expected none with an address that names a commit")


def _receiver(fields: StrictFields) -> Receiver:
    return Receiver(
        fields.read("url", _address, ""),
        fields.read("urlFile", values.a_path, ""),
        fields.read("caFile", values.a_path, ""),
        fields.read("secretFile", values.a_path, ""),
        _headers(fields),
    )


def _address(found: Any) -> str:
    return check_address(found if isinstance(found, str) else "")


def _headers(fields: StrictFields) -> tuple[ReceiverHeader, ...]:
    """``{NAME: {value: TEXT}}`` or ``{NAME: {valueFile: PATH}}``."""
    below = fields.below("headers")
    return () if below is None else tuple(_header(below, name) for name in _header_names(below))


def _header(headers: StrictFields, name: str) -> ReceiverHeader:
    one = headers.below(name)
    if one is None:
        return ReceiverHeader(name)
    one.allow(("value", "valueFile"))
    if ("value" in one) == ("valueFile" in one):
        one.complain("", "expected one of value and valueFile")
    return ReceiverHeader(name, one.read("value", values.header_value, ""), one.read("valueFile", values.a_path, ""))


def _header_names(headers: StrictFields) -> Sequence[str]:
    names = headers.names
    if len(names) > _MOST_HEADERS:
        headers.complain("", f"expected at most {_MOST_HEADERS}")
    if len({name.lower() for name in names}) != len(names):
        headers.complain("", "expected each name once, in whichever case")
    return [name for name in names[:_MOST_HEADERS] if headers.holds(_header_name, name)]


def _header_name(name: str) -> str:
    if values.header_name(name).lower() in _TAKEN_HEADERS:
        raise ValueError(f"{name} belongs to whoever sends: expected another name")
    return name


def _template(fields: StrictFields) -> Template | None:
    below = fields.below("template")
    if below is None:
        return None
    below.allow(("body", "contentType", "headers", "files"))
    if "body" not in below:
        below.complain("body", "expected one")
    return Template(
        below.read("body", _source, ""),
        below.read("contentType", values.content_type, "application/json"),
        _template_headers(below),
        _files(below),
    )


def _source(found: Any) -> str:
    if not isinstance(found, str) or not found:
        raise ValueError("expected the text of a template")
    check_template(found)
    return found


def _template_headers(fields: StrictFields) -> tuple[tuple[str, str], ...]:
    below = fields.below("headers")
    return () if below is None else tuple((name, below.read(name, _source, "")) for name in _header_names(below))


def _files(fields: StrictFields) -> tuple[tuple[str, str], ...]:
    below = fields.below("files")
    if below is None:
        return ()
    names = [name for name in below.names if below.holds(values.identifier, name)]
    return tuple((name, below.read(name, values.a_path, "")) for name in names)


def _filter(fields: StrictFields) -> EntryFilter:
    nothing: tuple[str, ...] = ()
    return EntryFilter(
        namespaces=fields.read("namespaces", values.patterns, nothing),
        names=fields.read("names", values.patterns, nothing),
        labels=fields.read("labels", values.labels, ()),
        events=fields.read("events", values.events, frozenset()),
        environments=fields.read("environments", values.patterns, nothing),
        states=fields.read("states", values.states(_STATES), nothing),
        authors=fields.read("authors", values.patterns, nothing),
    )


def _digest(fields: StrictFields) -> DigestSchedule | None:
    below = fields.below("digest")
    if below is None:
        return None
    below.allow(("every", "at", "timeZone"))
    if ("every" in below) == ("at" in below):
        below.complain("", 'expected one of every and at, such as every: 15m or at: "09:00"')
    return DigestSchedule(
        below.read("every", values.every, 0),
        below.read("at", values.times, ()),
        below.read("timeZone", values.time_zone, "UTC"),
    )


def _quiet_hours(fields: StrictFields) -> QuietHours | None:
    below = fields.below("quietHours")
    if below is None:
        return None
    below.allow(("from", "to", "timeZone"))
    midnight = values.a_time("00:00")
    if not ("from" in below and "to" in below):
        below.complain("", 'expected from and to, such as from: "22:00" and to: "07:00"')
        return None
    begin, end = below.read("from", values.a_time, midnight), below.read("to", values.a_time, midnight)
    if begin == end:
        below.complain("to", "expected another time than from")
    return QuietHours(begin, end, below.read("timeZone", values.time_zone, "UTC"))

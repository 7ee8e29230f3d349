"""The notifications file is read whole and strictly: a mistake is said with its place, all of them at once."""

from __future__ import annotations

from datetime import time

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from promoter_view.journal.entries import EventType
from promoter_view.notifications.declaring import (
    DigestSchedule,
    FormatName,
    QuietHours,
    Receiver,
    ReceiverHeader,
    Subscription,
    Template,
)
from promoter_view.notifications.file.fields import MOST_COMPLAINTS
from promoter_view.notifications.file.parsing import _KNOWN, NotificationsFileError, parse_notifications
from promoter_view.notifications.filters import EntryFilter

MANY = ", ".join(f"X{number}: {{value: a}}" for number in range(21))
FULL = """
notifications:
- name: everything
  url: https://hooks.example.com/x
- name: payments
  urlFile: /etc/promoter-view/url
  caFile: /etc/promoter-view/ca.crt
  secretFile: /etc/promoter-view/secret
  headers:
    X-Team: {value: payments}
    Authorization: {valueFile: /etc/promoter-view/token}
  namespaces: [payments, pay-*]
  names: [ledger]
  labels: {example.com/team: payments, tier: "1"}
  events: [promoted, state]
  environments: ["environment/*"]
  states: [Failed, "*Approval", Unhealthy]
  authors: [Ann]
  format: template
  template:
    body: '{"text": {{ entry.sentence }}}'
    contentType: application/vnd.example+json; charset=utf-8
    headers: {X-Name: "{{ entry.name }}"}
    files: {routingKey: /etc/promoter-view/key}
  since: -7d
  quietHours: {from: 22:00, to: 07:30, timeZone: Europe/Berlin}
  digest: {every: 1h30m}
  refuseAfter: 7
- name: morning
  format: slack
  urlFile: /etc/promoter-view/slack
  digest: {at: ["13:00", 9:00, "13:00"], timeZone: America/New_York}
- name: objects
  format: kubernetes-event
""".replace("9:00", "09:00")


def test_all_fields() -> None:
    """Every field comes out as it was meant."""
    everything, payments, morning, objects = parse_notifications(FULL.encode())
    assert everything == Subscription("everything", Receiver("https://hooks.example.com/x"))
    assert payments == Subscription(
        "payments",
        Receiver(
            url_file="/etc/promoter-view/url",
            ca_file="/etc/promoter-view/ca.crt",
            secret_file="/etc/promoter-view/secret",
            headers=(
                ReceiverHeader("X-Team", "payments"),
                ReceiverHeader("Authorization", value_file="/etc/promoter-view/token"),
            ),
        ),
        EntryFilter(
            ("payments", "pay-*"),
            ("ledger",),
            (("example.com/team", "payments"), ("tier", "1")),
            frozenset((EventType.PROMOTED, EventType.STATE)),
            ("environment/*",),
            ("Failed", "*Approval", "Unhealthy"),
            ("Ann",),
        ),
        FormatName.TEMPLATE,
        Template(
            '{"text": {{ entry.sentence }}}',
            "application/vnd.example+json; charset=utf-8",
            (("X-Name", "{{ entry.name }}"),),
            (("routingKey", "/etc/promoter-view/key"),),
        ),
        "-7d",
        DigestSchedule(5400),
        QuietHours(time(22), time(7, 30), "Europe/Berlin"),
        7,
    )
    assert morning.digest == DigestSchedule(at=(time(9), time(13)), time_zone="America/New_York")
    assert objects.receiver.is_cluster
    assert not morning.receiver.is_cluster


def test_no_more_is_said_than_is_read() -> None:
    """Of a file in which everything is wrong the first faults are said, and that there may be others."""
    fields = ", ".join(f"field{number}: x" for number in range(10_000))
    found = complaints(f"notifications: [{{name: a, url: 'http://x', {fields}}}]")
    assert [len(found), found[-1]] == [MOST_COMPLAINTS + 1, "more may be wrong"]
    assert "field19" in found[MOST_COMPLAINTS - 1]


def test_nothing_secret_is_shown() -> None:
    """Addresses and values of headers stay out of what a value says of itself, which may come into a log."""
    receiver = Receiver("https://example.com/secret", headers=(ReceiverHeader("X", "secret"),))
    assert "secret'" not in repr(receiver)
    assert "example.com" not in repr(receiver)


@pytest.mark.parametrize(
    "text",
    [
        "https://hooks.example.com/SECRET: x",
        "notifications: [{name: a, 'https://hooks.example.com/SECRET': x}]",
        "notifications: [{name: a, url: 'http://x', events: ['https://hooks.example.com/SECRET']}]",
        "notifications: [{name: a, url: 'http://x', states: [whsec_SECRETSECRETSECRETSECRETSECRETSECRET]}]",
        "notifications: [{name: a, url: 'http://x', labels: {'https://hooks.example.com/SECRET': x}}]",
        "notifications: [{name: a, url: 'http://x', headers: {Bearer SECRET: {value: x}}}]",
        "notifications: [{name: a, url: 'http://x', since: 'https://hooks.example.com/SECRET'}]",
        "notifications: [{name: a, url: 'http://x', format: 'https://hooks.example.com/SECRET'}]",
        "notifications: [{name: 'https://hooks.example.com/SECRET', url: 'https//SECRET'}]",
        "a: {'https://hooks.example.com/SECRET': x, 'https://hooks.example.com/SECRET': y}",
        "notifications: [{name: a, url: 'http://x', format: template, template: {files: {http://SECRET: /x}}}]",
    ],
)
def test_no_complaint_repeats_what_may_be_a_secret(text: str) -> None:
    """An address, a token or a secret that stands in a wrong place is not said again: complaints come into logs."""
    assert "SECRET" not in "; ".join(complaints(text))


def complaints(text: str) -> tuple[str, ...]:
    """What is wrong."""
    with pytest.raises(NotificationsFileError) as raised:
        parse_notifications(text.encode())
    assert str(raised.value) == "; ".join(raised.value.complaints)
    return raised.value.complaints


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("", "expected a list in the field notifications"),
        ("[]", "expected a list in the field notifications"),
        ("notification: []", "expected a list in the field notifications"),
        ("notifications: x", "notifications: expected a list of at most 100"),
        ("{notifications: [], more: 1}", "more: there is no such field; known: notifications"),
        (f"notifications: [{'{},' * 101}]", "notifications: expected a list of at most 100"),
        ("notifications: [", "line "),
    ],
)
def test_whole(text: str, wrong: str) -> None:
    """A file that has no list of notifications is said to have none."""
    assert complaints(text)[0].startswith(wrong)


def test_none() -> None:
    """A file may have no notification at all."""
    assert parse_notifications(b"notifications: []") == ()


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("evnts: [promoted]", "evnts: there is no such field; did you mean 'events'?"),
        ("zzzzzz: 1", "zzzzzz: there is no such field; known: name, "),
        ('"a\\nb": 1', "what may be a secret, and is not shown: there is no such field"),
        ("events: [promotd]", "events: 'promotd' is no event; did you mean 'promoted'?"),
        ("events: promoted", "events: expected a list of 1 to 200 names"),
        ("events: []", "events: expected a list"),
        ("events: [[promoted]]", "events: expected a text on one line"),
        ("namespaces: {a: b}", "namespaces: expected a list"),
        ('names: ["a\\nb"]', "names: expected a text on one line"),
        ("environments: ['']", "environments: expected a text on one line"),
        ("states: [Faild]", "states: 'Faild' is no state; did you mean 'Failed'?"),
        ("states: [zzz]", "states: 'zzz' is no state; known: Failed, Held"),
        ("labels: [a]", "labels: expected labels with their values"),
        ("labels: {a: [b]}", "labels: expected labels with their values"),
        ('labels: {"a b": c}', "labels: what may be a secret, and is not shown, is no name of a label"),
        ("format: slak", "format: expected one of cloudevents, slack, teams, template, kubernetes-event; did you mean"),
        ("format: zzz", "format: expected one of cloudevents, slack, teams, template, kubernetes-event"),
        ("format: [slack]", "format: expected one of cloudevents"),
        ("caFile: ca.crt", "caFile: expected the absolute path of a file"),
        ("secretFile: [a]", "secretFile: expected the absolute path"),
        ("headers: x", "headers: expected a mapping"),
        ("headers: {X: y}", "headers: X: expected a mapping"),
        ("headers: {X: {}}", "headers: X: expected one of value and valueFile"),
        ("headers: {X: {value: a, valueFile: /b}}", "headers: X: expected one of value and valueFile"),
        ("headers: {X: {valu: a}}", "headers: X: valu: there is no such field; did you mean 'value'?"),
        ('headers: {X: {value: "a\\r\\nSet-Cookie: b"}}', "headers: X: value: expected a text without line ends"),
        ('headers: {X: {value: "a\\0"}}', "headers: X: value: expected a text without line ends"),
        (
            'headers: {"X\\r\\nY": {value: a}}',
            "headers: what may be a secret, and is not shown, is no name of a header",
        ),
        ("headers: {Webhook-Id: {value: a}}", "headers: Webhook-Id belongs to whoever sends"),
        ("headers: {X: {value: a}, x: {value: a}}", "headers: expected each name once"),
        (
            f"headers: {{{MANY}}}",
            "headers: expected at most 20",
        ),
        ("since: yesterday", "since: expected a time such as"),
        ("digest: {}", "digest: expected one of every and at"),
        ('digest: {every: 1h, at: "09:00"}', "digest: expected one of every and at"),
        ("digest: {every: 15}", "digest: every: expected a duration from 1m to 7d"),
        ("digest: {every: 1s}", "digest: every: expected a duration from 1m to 7d"),
        ("digest: {every: [1h]}", "digest: every: expected a duration from 1m to 7d"),
        ("digest: {at: 25:00}", "digest: at: expected a time from 00:00 to 23:59"),
        ("digest: {at: []}", "digest: at: expected a time such as"),
        ("digest: {at: [[a]]}", "digest: at: expected a time from"),
        ("digest: {every: 1h, evry: 1h}", "digest: evry: there is no such field; did you mean 'every'?"),
        ("digest: {every: 1h, timeZone: Mars/Olympus}", "digest: timeZone: expected a time zone such as"),
        ("digest: {every: 1h, timeZone: ../../etc/passwd}", "digest: timeZone: expected a time zone such as"),
        ("digest: {every: 1h, timeZone: Europe}", "digest: timeZone: expected a time zone such as"),
        ("quietHours: {from: 22:00}", "quietHours: expected from and to"),
        ("quietHours: {from: 22:00, to: 22:00}", "quietHours: to: expected another time than from"),
        ("quietHours: [a]", "quietHours: expected a mapping"),
        ("refuseAfter: 0", "refuseAfter: expected a number from 1 to 1000"),
        ("refuseAfter: many", "refuseAfter: expected a number from 1 to 1000"),
        ("refuseAfter: '٣'", "refuseAfter: expected a number from 1 to 1000"),
        ("urlFile: /x", "url: expected one of url and urlFile"),
        ("template: {body: x}", "template: expected none without format template"),
        ("format: template", "template: expected one with format template"),
        ("format: kubernetes-event", "url: expected none with format kubernetes-event"),
        ("{format: template, template: {}}", "template: body: expected one"),
        ("{format: template, template: {body: ''}}", "template: body: expected the text of a template"),
        ("{format: template, template: {body: '{% if %}'}}", "template: body: line 1 of it: Expected an expression"),
        (
            "{format: template, template: {body: '{{ a|nofilter }}', boddy: b}}",
            "template: boddy: there is no such field",
        ),
        ("{format: template, template: {body: x, contentType: 5}}", "template: contentType: expected a media type"),
        ("{format: template, template: {body: x, headers: {Host: x}}}", "template: headers: Host belongs"),
        ("{format: template, template: {body: x, files: {a-b: /c}}}", "template: files: 'a-b' is no name"),
        ("{format: template, template: {body: x, files: {a: c}}}", "template: files: a: expected the absolute path"),
    ],
)
def test_fields(field: str, wrong: str) -> None:
    """Each complaint says which notification, which field, and what is expected."""
    more = field[1:-1] if field.startswith("{format") else field
    text = f"notifications:\n- {{name: ops, url: 'https://example.com/', {more}}}"
    assert any(each.startswith(f"notifications[0] (ops): {wrong}") for each in complaints(text)), complaints(text)


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("x", "notifications[0]: expected a mapping with a name"),
        ("{url: 'https://example.com/'}", "notifications[0]: name: expected one: it tells"),
        (
            "{name: A, url: 'https://example.com/'}",
            "notifications[0]: name: expected a name of at most 63 small letters",
        ),
        ("{name: a}", "notifications[0] (a): url: expected one of url and urlFile"),
        ("{name: a, url: 'https://u:p@example.com/'}", "notifications[0] (a): url: expected no user name"),
        ("{name: a, url: [x]}", "notifications[0] (a): url: expected an address"),
        (
            "{name: a, url: 'https://example.com/{sha}', digest: {every: 1h}}",
            "notifications[0] (a): digest: expected none with an address that names a commit",
        ),
        (
            "{name: a, format: kubernetes-event, digest: {every: 1h}}",
            "notifications[0] (a): digest: expected none with format kubernetes-event",
        ),
    ],
)
def test_notification(text: str, wrong: str) -> None:
    """The same of what belongs to a notification as a whole."""
    assert any(each.startswith(wrong) for each in complaints(f"notifications: [{text}]")), complaints(text)


def test_names_stand_once() -> None:
    """Two of a name would share what was sent already."""
    one = "{name: a, url: 'https://example.com/'}"
    assert complaints(f"notifications: [{one}, {one}]") == (
        "notifications: 2 are named a: expected a name of its own for each",
    )


def test_all_at_once() -> None:
    """Everything that is wrong is said, and not only the first thing."""
    found = complaints("notifications: [{name: a, url: x, events: [y], since: z}, {name: b, urlFile: w}, 5]")
    assert [each.split(":")[1].strip() for each in found] == [
        "expected a mapping with a name",
        "url",
        "events",
        "since",
        "urlFile",
        "name",
        "url",
    ]


VALUES = st.recursive(
    st.text(max_size=10) | st.sampled_from(["slack", "template", "promoted", "09:00", "1h", "https://e.com/", "/x"]),
    lambda below: st.lists(below, max_size=3) | st.dictionaries(st.text(max_size=5), below, max_size=3),
    max_leaves=8,
)
FIELDS = st.sampled_from(("other", *_KNOWN))


@given(st.lists(st.dictionaries(FIELDS, VALUES, max_size=6), max_size=3))
def test_anything(found: list[dict[str, object]]) -> None:
    """Whatever shape the fields have, the file is taken, or each thing that is wrong is one line."""
    wrong = ["one line"]
    try:
        parse_notifications(yaml.safe_dump({"notifications": found}).encode())
    except NotificationsFileError as error:
        wrong = list(error.complaints)
    assert wrong
    assert all(each.isprintable() for each in wrong)

"""What docs/notifications.md shows is what the program takes: each recipe, each file, the receiver in Python."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import orjson
import pytest
import yaml

from promoter_view.clocks import wall
from promoter_view.journal.entries import EventCheck, EventType, Happening, JournalEntry
from promoter_view.notifications.addresses import address_of
from promoter_view.notifications.declaring import DEFAULT_REFUSE_AFTER, FormatName, Subscription, Template
from promoter_view.notifications.file.parsing import _KNOWN, parse_notifications
from promoter_view.notifications.filters import EntryFilter
from promoter_view.notifications.formats.kubernetes_event import write_kubernetes_event
from promoter_view.notifications.formats.slack import write_slack
from promoter_view.notifications.formats.teams import write_teams
from promoter_view.notifications.links import Links
from promoter_view.notifications.sample import SAMPLE
from promoter_view.notifications.signatures import read_secrets, webhook_headers
from promoter_view.notifications.templating.rendering import render
from promoter_view.notifications.templating.values import template_values

PAGE = (Path(__file__).parents[2] / "docs" / "notifications.md").read_text()
COMPONENT = Path(__file__).parents[2] / "deploy" / "apiserver" / "components" / "notification-events"
FILES = re.findall(r"```yaml\n(notifications:\n.*?)```", PAGE, re.DOTALL)
RECIPES = dict(re.findall(r"\n### ([^\n]+)\n[^#]*?```yaml\n(notifications:\n.*?)```", PAGE, re.DOTALL))
LINKS = Links("https://promoter.example.com")
OBJECT = "https://promoter.example.com/strategies/sample/sample"
ATTACK = '"}]}, <!channel> {{ 7*7 }}\r\nX: y\0'


def told(event: EventType, message: str = "2 of 3 are down") -> JournalEntry:
    """A check of the sample in production, and what it says."""
    happening = Happening(
        event,
        "environment/production",
        commit=replace(SAMPLE.happening.commit, subject=message),  # type: ignore[type-var]
        check=EventCheck("health", "failure", message),
    )
    return replace(SAMPLE, happening=happening)


def recipe(name: str) -> Subscription:
    """The one notification of a recipe."""
    (found,) = parse_notifications(RECIPES[name].encode())
    return found


def rendered(template: Template | None, entry: JournalEntry) -> Any:
    """What a recipe's template makes of an entry."""
    assert template is not None
    files = {name: f"text of {path}" for name, path in template.files}
    values = template_values([entry], LINKS, files)
    asked = {"body": template.body, "content_type": template.content_type, "headers": {}, "values": values}
    return orjson.loads(render(asked, lambda: None)["body"])


@pytest.mark.parametrize("text", FILES)
def test_files(text: str) -> None:
    """Every file of the page is taken."""
    assert parse_notifications(text.encode())


def test_recipes_are_there() -> None:
    """Each service of the page has its recipe, and each recipe a test below."""
    assert set(RECIPES) == {
        "Slack",
        "Microsoft Teams",
        "Alertmanager",
        "PagerDuty",
        "GitHub commit status",
        "Events of the cluster",
    }


def test_slack() -> None:
    """What is promoted, and a state that needs somebody; not each state."""
    found = recipe("Slack")
    assert found.filter.admits(SAMPLE, None)
    assert found.filter.admits(replace(SAMPLE, happening=Happening(EventType.STATE, after="NeedsApproval")), None)
    assert not found.filter.admits(replace(SAMPLE, happening=Happening(EventType.STATE, after="UpToDate")), None)
    assert OBJECT.encode() in write_slack([SAMPLE], LINKS).body


def test_teams() -> None:
    """Production only."""
    found = recipe("Microsoft Teams")
    assert found.filter.admits(told(EventType.FAILED), None)
    assert not found.filter.admits(SAMPLE, None)
    assert OBJECT.encode() in write_teams([told(EventType.FAILED)], LINKS).body


@pytest.mark.parametrize("message", ["why", ATTACK])
def test_alertmanager(message: str) -> None:
    """The alert that a recovered check ends has the labels of the one that a failed one began."""
    template = recipe("Alertmanager").template
    (began,), (ended,) = (rendered(template, told(each, message)) for each in (EventType.FAILED, EventType.RECOVERED))
    assert began["labels"] == ended["labels"]
    assert began["labels"]["check"] == "health"
    assert began["endsAt"] > "2090"
    assert began["startsAt"] == ended["startsAt"] == "2026-01-02T15:04:05Z"
    assert ended["endsAt"] == "2026-01-02T15:04:05Z"
    assert began["generatorURL"] == OBJECT
    assert message in began["annotations"]["summary"]
    assert began["annotations"]["description"] == message


@pytest.mark.parametrize("message", ["why", ATTACK])
def test_pagerduty(message: str) -> None:
    """The same of an incident, by its key; the integration's key is the file's."""
    template = recipe("PagerDuty").template
    began, ended = (rendered(template, told(each, message)) for each in (EventType.FAILED, EventType.RECOVERED))
    assert (began["event_action"], ended["event_action"]) == ("trigger", "resolve")
    assert began["dedup_key"] == ended["dedup_key"] == "sample/sample/environment/production/health"
    assert began["routing_key"] == "text of /etc/promoter-view/notifications/pagerduty-key"
    assert began["links"] == [{"href": OBJECT, "text": "promoter-view"}]
    assert message in began["payload"]["summary"]


def test_bounds_of_pagerduty() -> None:
    """A key has 255 characters at most, a summary 1,024."""
    entry = told(EventType.FAILED, "why" * 1000)
    long = replace(entry, key=entry.key._replace(name="s" * 253))
    made = rendered(recipe("PagerDuty").template, long)
    assert len(made["dedup_key"]) == 255
    assert len(made["payload"]["summary"]) == 1024


def test_github() -> None:
    """The commit's own address; where it is live, and whether it failed there."""
    found = recipe("GitHub commit status")
    address = address_of(found.receiver.url, [SAMPLE])
    assert address == f"https://api.github.com/repos/acme/config/statuses/{'5a' * 20}"
    assert rendered(found.template, SAMPLE) == {
        "target_url": OBJECT,
        "state": "success",
        "description": "promoted ",
        "context": "live/environment/sample",
    }
    failed = rendered(found.template, told(EventType.FAILED, ATTACK))
    assert (failed["state"], failed["description"]) == ("failure", "failed health")


def test_events_of_the_cluster() -> None:
    """They are created with the permission that the page shows."""
    assert recipe("Events of the cluster").format is FormatName.KUBERNETES_EVENT
    message = write_kubernetes_event([SAMPLE], LINKS, lambda _: "")
    (role,) = (yaml.safe_load(each) for each in re.findall(r"```yaml\n(apiVersion: rbac.*?)```", PAGE, re.DOTALL))
    (rule,) = role["rules"]
    assert message.path.startswith(f"/apis/{rule['apiGroups'][0]}/")
    assert message.path.endswith(f"/{rule['resources'][0]}")
    assert rule["verbs"] == ["create"]
    given = yaml.safe_load_all((COMPONENT / "rbac.yaml").read_text())
    assert role["rules"] in [each.get("rules") for each in given]


def test_fields_are_documented() -> None:
    """The page names every field of a notification, every filter and every format."""
    rows = set(re.findall(r"`([A-Za-z-]+)`", "\n".join(re.findall(r"^\| (`[^|]*) \|", PAGE, re.MULTILINE))))
    assert set(_KNOWN) <= rows
    assert {each.name for each in fields(EntryFilter)} <= rows
    assert {each.value for each in FormatName} <= rows
    assert f"| `refuseAfter` | `{DEFAULT_REFUSE_AFTER}` |" in PAGE


def test_receiver() -> None:
    """The function in Python takes what is signed, by either of two secrets, and nothing else."""
    made: dict[str, Any] = {}
    (code,) = (each for each in re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL) if "def verify" in each)
    exec(code, made)  # the page's own words
    secrets = [f"whsec_{letter * 40}" for letter in "ABC"]
    now = int(wall())

    def signed(timestamp: int = now) -> Mapping[str, str]:
        known = read_secrets("\n".join(secrets[:2]).encode())
        return dict(webhook_headers("1-0", timestamp, b"body", known))

    for secret in secrets[:2]:
        made["verify"](secret, signed(), b"body")
    for secret, headers, body in (
        (secrets[2], signed(), b"body"),
        (secrets[0], signed(), b"other"),
        (secrets[0], signed(now - 3600), b"body"),
        (secrets[0], {**signed(), "webhook-id": "2-0"}, b"body"),
    ):
        with pytest.raises(ValueError, match=r"signed|old"):
            made["verify"](secret, headers, body)

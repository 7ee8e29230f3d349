"""Entries as CloudEvents 1.0."""

from __future__ import annotations

import orjson
from hypothesis import given
from hypothesis import strategies as st

from promoter_view.journal.entries import JournalEntry
from promoter_view.notifications.formats.cloudevents import write_cloud_event, write_cloud_events
from promoter_view.notifications.links import Links
from tests.notifications.formats.attacks import GAP, hostile
from tests.support.journal.journals import entry

LINKS = Links("https://promoter.example.com/")


def test_one() -> None:
    """The attributes of the specification, and the entry's own JSON."""
    told = entry(1)
    message = write_cloud_event([told], LINKS)
    assert message.content_type == "application/cloudevents+json; charset=utf-8"
    assert orjson.loads(message.body) == {
        "specversion": "1.0",
        "id": "1-0",
        "source": "https://promoter.example.com/",
        "type": "io.promoter-view.promoted",
        "subject": "shop/search",
        "time": "2026-11-21T09:01:00Z",
        "datacontenttype": "application/json",
        "page": "https://promoter.example.com/strategies/shop/search",
        "data": told.document(),
    }


def test_nobody_said_where() -> None:
    """Without the dashboard's address there is a source, which an event has to have, and no page."""
    found = orjson.loads(write_cloud_event([entry(1)], Links()).body)
    assert found["source"] == "promoter-view"
    assert "page" not in found


def test_gap() -> None:
    """A gap is of no object: its page is the journal."""
    found = orjson.loads(write_cloud_event([GAP], LINKS).body)
    assert "subject" not in found
    assert found["page"] == "https://promoter.example.com/journal"


def test_batch() -> None:
    """Those of a digest are a batch, as the specification has it, also where there is one."""
    message = write_cloud_events([entry(1), entry(2)], LINKS)
    assert message.content_type == "application/cloudevents-batch+json; charset=utf-8"
    assert [each["id"] for each in orjson.loads(message.body)] == ["1-0", "2-0"]
    assert len(orjson.loads(write_cloud_events([entry(1)], LINKS).body)) == 1


@given(st.lists(hostile(), min_size=1, max_size=3))
def test_attacks(entries: list[JournalEntry]) -> None:
    """Whatever its texts are, an event has its attributes and no others, and its data is the entry."""
    for found, told in zip(orjson.loads(write_cloud_events(entries, LINKS).body), entries, strict=True):
        assert set(found) <= {
            *("specversion", "id", "source", "type", "subject", "time", "datacontenttype", "page", "data")
        }
        assert found["data"] == told.document()
        assert found["page"].startswith("https://promoter.example.com/")

"""Entries as Events of the cluster, on the object that they are of."""

from __future__ import annotations

import re
from dataclasses import replace

import orjson
import pytest
from hypothesis import given

from promoter_view.journal.entries import EventType, Happening, JournalEntry
from promoter_view.notifications.formats.kubernetes_event import write_kubernetes_event
from promoter_view.notifications.links import Links
from promoter_view.notifications.messages import FormatError
from promoter_view.records import BundleKey
from tests.notifications.formats.attacks import GAP, hostile
from tests.support.journal.journals import entry

LINKS = Links("https://promoter.example.com")


def test_event() -> None:
    """All that the cluster asks of an Event; it is named by its entry, so that it is created once."""
    message = write_kubernetes_event([entry(1)], LINKS, lambda key: f"uid of {key.name}")
    assert message.path == "/apis/events.k8s.io/v1/namespaces/shop/events"
    found = orjson.loads(message.body)
    assert re.fullmatch(r"search\.[0-9a-f]{16}", found["metadata"]["name"])
    assert found == {
        "apiVersion": "events.k8s.io/v1",
        "kind": "Event",
        "metadata": {
            "name": found["metadata"]["name"],
            "namespace": "shop",
            "annotations": {"promoter-view.io/page": "https://promoter.example.com/strategies/shop/search"},
        },
        "eventTime": "2026-11-21T09:01:00.000000Z",
        "reportingController": "promoter-view.io/notifications",
        "reportingInstance": "promoter-view",
        "action": "Promoted",
        "reason": "Promoted",
        "regarding": {
            "apiVersion": "promoter.argoproj.io/v1alpha1",
            "kind": "PromotionStrategy",
            "namespace": "shop",
            "name": "search",
            "uid": "uid of search",
        },
        "note": "shop/search env/dev: promoted aaaaaaa change a by Ann",
        "type": "Normal",
    }
    assert message == write_kubernetes_event([entry(1)], LINKS, lambda key: f"uid of {key.name}")


def test_stage() -> None:
    """Of a Stage it is on the Stage; what failed is a warning; nobody's uid and no page are left out."""
    told = replace(
        entry(1), key=BundleKey("stagedetails", "shop", "prod"), happening=Happening(EventType.PROMOTION_ERRORED)
    )
    found = orjson.loads(write_kubernetes_event([told], Links(), lambda _: "").body)
    assert found["regarding"] == {
        "apiVersion": "kargo.akuity.io/v1alpha1",
        "kind": "Stage",
        "namespace": "shop",
        "name": "prod",
    }
    assert (found["type"], found["reason"]) == ("Warning", "PromotionErrored")
    assert "annotations" not in found["metadata"]


def test_gap() -> None:
    """A gap is on no object."""
    with pytest.raises(FormatError, match="about no object"):
        write_kubernetes_event([GAP], LINKS, lambda _: "")


@given(hostile())
def test_attacks(told: JournalEntry) -> None:
    """Whatever is said, the note is a line that the cluster takes, and the path that of one namespace."""
    try:
        message = write_kubernetes_event([told], LINKS, lambda _: "")
    except FormatError:
        return
    found = orjson.loads(message.body)
    assert found["note"].isprintable()
    assert len(found["note"].encode()) <= 1024
    assert message.path.count("/") == 6
    assert message.path.isascii()

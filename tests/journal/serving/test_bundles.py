"""An entry as a PromotionEvent."""

from __future__ import annotations

from dataclasses import replace

import orjson
import pytest

from promoter_view.journal.entries import EntryIdentity, EventType
from promoter_view.journal.serving.bundles import EventBundles, EventMask, change_of, event_bundle, is_told, parse_name
from promoter_view.records import BundleKey
from tests.support.journal.journals import BEGAN, KEY, entry

MASK = EventMask()


def test_the_document() -> None:
    """The entry's own fields behind the metadata, and what field selectors ask for."""
    found = event_bundle(entry(7, 2))
    document = orjson.loads(found.encode())
    assert document["kind"] == "PromotionEvent"
    assert document["metadata"] == {
        "name": "7-2",
        "namespace": "shop",
        "uid": EntryIdentity(7, 2).uid,
        "resourceVersion": "7",
        "creationTimestamp": "2026-11-21T09:07:00Z",
    }
    assert (document["name"], document["event"], document["item"]) == ("search", "promoted", 2)
    assert "namespace" not in document
    assert found.selectable == {
        "name": "search",
        "environment": "env/dev",
        "event": "promoted",
        "commit": "a" * 40,
        "view": KEY.view,
    }


def test_without_a_commit() -> None:
    """There is none to select it by."""
    bare = entry(7, event=EventType.STATE)
    assert event_bundle(replace(bare, happening=replace(bare.happening, commit=None))).selectable["commit"] == ""


def test_where_a_watch_goes_on() -> None:
    """Before the resourceVersion of an entry behind which another one of the same comes."""
    last, first = event_bundle(entry(7, 1)), event_bundle(replace(entry(7), has_more=True))
    assert (first.resource_version, last.resource_version) == (6, 7)
    change = change_of(last)
    assert (change.resource_version, change.before, change.after) == (7, None, last)
    assert change.time_ms == int(BEGAN.timestamp() * 1000) + 7 * 60_000


@pytest.mark.parametrize(
    "name", ["", "7", "7-", "-2", "0-1", "07-1", "7-01", "7-2 ", "7-x", "9" * 20 + "-1", f"{1 << 63}-0"]
)
def test_names(name: str) -> None:
    """The name of an entry gives its identity; anything else nothing."""
    assert parse_name(EntryIdentity(7, 0).name) == EntryIdentity(7, 0)
    assert parse_name("4708187086977957888-12") == EntryIdentity(4708187086977957888, 12)
    assert parse_name(name) is None


def test_who_is_told() -> None:
    """An entry whole, or not at all."""
    plain = entry(7)
    bundle = event_bundle(replace(plain, happening=replace(plain.happening, told_by=frozenset({"Promotion"}))))
    change = change_of(bundle)
    for hidden in (frozenset[str](), frozenset({"Application"})):
        assert MASK.change(change, hidden) is change
    assert MASK.change(change, frozenset({"Promotion"})) is None
    assert MASK.bundle(bundle, frozenset({"Promotion"})) is bundle
    assert not is_told(None, frozenset())


def test_bundles_of_entries_are_made_when_they_are_looked_at() -> None:
    """As many as there are entries, in their order, whole or in part; those of one view by themselves."""
    entries = [entry(1), entry(2, key=BundleKey("stagedetails", "kargo", "prod")), entry(3)]
    bundles = EventBundles(entries)
    assert len(bundles) == 3
    assert [each.entry for each in bundles] == entries
    assert [each.entry for each in bundles[1:]] == entries[1:]

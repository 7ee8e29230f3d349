"""What is read of an old log is what today's rules leave of it. Pure."""

from __future__ import annotations

from typing import Any

import orjson

from promoter_view.kubernetes.cleaning import CleaningRules
from promoter_view.kubernetes.kinds import REFLECTED_KINDS
from promoter_view.reading.past.cleaned import CleanedPast
from promoter_view.records import BundleKey, Change, ChangeType, Mark, Mirror, ObjectKey, Record, Snapshot, SourceObject
from promoter_view.slices import outcome

RULES = {kind.kind: CleaningRules(kind) for kind in REFLECTED_KINDS}
GATE = ObjectKey("WebRequestCommitStatus", "team", "a")
BROKEN = ObjectKey("PullRequest", "team", "b")
PATH = "webrequestcommitstatuses"
OLD = Mirror("cluster", {PATH: "older"})


def gate() -> bytes:
    """As older rules recorded it: with its secret."""
    document: dict[str, Any] = {
        "apiVersion": "promoter.argoproj.io/v1alpha1",
        "kind": GATE.kind,
        "metadata": {"name": "a", "namespace": "team", "resourceVersion": "7"},
        "spec": {"httpRequest": {"url": "https://a", "headerTemplates": {"X": "hunter2"}}},
    }
    return orjson.dumps(document)


def test_a_snapshot_is_cleaned() -> None:
    """What today's rules take away is gone; what is no object any more is left out."""
    objects = {GATE: SourceObject(gate(), "7"), BROKEN: SourceObject(b"{", "8")}
    snapshot = Snapshot(5, OLD, 1, True, {}, objects, {})
    found = outcome(CleanedPast(RULES, lambda key: None).snapshot(snapshot)).objects
    assert list(found) == [GATE]
    assert b"hunter2" not in found[GATE].body


def test_a_root_that_is_left_out_takes_its_bundle_with_it() -> None:
    """So that the state is whole, and not one whose bundles are others than its snapshot said."""
    root = ObjectKey("PromotionStrategy", "team", "a")
    objects = {root: SourceObject(b"{", "8"), GATE: SourceObject(gate(), "7")}
    kept, gone = BundleKey("stagedetails", "team", "a"), BundleKey("promotionstrategydetails", "team", "a")
    snapshot = Snapshot(5, OLD, 1, True, {}, objects, {kept: 3, gone: 4})
    past = CleanedPast(RULES, lambda key: None, {"PromotionStrategy": gone.view, "Stage": kept.view})
    assert outcome(past.snapshot(snapshot)).bundles == {kept: 3}
    stage, other = ObjectKey("Stage", "team", "a"), BundleKey("others", "team", "a")
    later = Snapshot(9, OLD, 1, True, {}, {stage: SourceObject(b"{}", "9")}, {kept: 3, gone: 8, other: 9})
    assert past.rooted(later).bundles == {kept: 3, other: 9}


def test_records_are_cleaned_by_the_mark_before_them() -> None:
    """Those by older rules; those by the rules of now stay as they are, and so do deletions."""
    past = CleanedPast(RULES, lambda key: None)
    today = Mirror("cluster", {PATH: RULES[GATE.kind].digest})
    change = Change(ChangeType.MODIFIED, GATE, gate(), "7", PATH, "7")
    broken = Change(ChangeType.MODIFIED, BROKEN, b"{", "8", "pullrequests", "8")
    gone = Change(ChangeType.DELETED, GATE, b"", "9", PATH, "9")
    entries = (Mark(0, OLD, 1), change, broken, gone, Mark(0, today, 1), change)
    found = [each.entry for each in outcome(past.records([Record(at, at, entry) for at, entry in enumerate(entries)]))]
    cleaned, deleted = found[1], found[2]
    assert isinstance(cleaned, Change)
    assert b"hunter2" not in cleaned.body
    assert isinstance(deleted, Change)
    assert (deleted.type, deleted.body) == (ChangeType.DELETED, b"")
    assert found[3] is gone
    assert found[5] == change


def test_what_has_not_changed_since_is_shared() -> None:
    """A past state costs the objects that are others now, not all."""
    now = SourceObject(gate(), "7")
    past = CleanedPast(RULES, lambda key: now)
    today = Mirror("cluster", {PATH: RULES[GATE.kind].digest})
    snapshot = Snapshot(5, today, 1, True, {}, {GATE: SourceObject(gate(), "7")}, {})
    assert outcome(past.snapshot(snapshot)).objects[GATE] is now
    older = Snapshot(5, today, 1, True, {}, {GATE: SourceObject(gate(), "6")}, {})
    shared = outcome(past.snapshot(older)).objects[GATE]
    assert (shared.body is now.body, shared.resource_version) == (True, "6")

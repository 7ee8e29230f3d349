"""What ``why``, ``history`` and ``status`` tell of a Stage."""

from __future__ import annotations

from datetime import UTC, datetime

from promoter_view.command.deciding.rows import of_freight, of_stages
from promoter_view.command.deciding.stage_telling import (
    ended,
    explain_stage,
    of_promotions,
    promotion_document,
    stage_document,
)
from promoter_view.command.reading.stage import read_stage
from tests.support.command.stages import NEW, OLD, OLDER, coming, stage_details

NOW = datetime(2026, 11, 30, 12, 10, tzinfo=UTC)
SOAKS = coming(NEW, "Waiting", "soaks in test, for 1h", until="2026-11-30T12:30:00Z", autoPromotion="Enabled")


def test_why_a_stage_is_where_it_is() -> None:
    """How it stands, what it has, what is under way, and for newer Freight why it is not there."""
    found = stage_details(state="Unknown", current=OLDER, newer=[SOAKS], message="busy")
    assert list(explain_stage(read_stage(found), NOW)) == [
        "team/prod is Unknown for 10m: busy",
        "it has wise-elk",
        "Promotion p9 of aaaaaaa is Running",
        "  keen-owl is Waiting: soaks in test, for 1h (in 20m); a policy promotes it",
    ]
    assert list(explain_stage(read_stage(stage_details(has="")), NOW)) == [
        "team/prod is Healthy for 10m",
        "it has no Freight",
        "no newer Freight than that is known",
    ]
    assert stage_document(read_stage(found)) == {
        "stage": "team/prod",
        "state": "Unknown",
        "message": "busy",
        "freight": [OLD],
        "newer": [
            {
                "freight": NEW,
                "alias": "keen-owl",
                "state": "Waiting",
                "message": "soaks in test, for 1h",
                "until": "2026-11-30T12:30:00Z",
            }
        ],
    }
    assert stage_document(read_stage(stage_details(newer=[coming(NEW)])))["newer"][0]["state"] == "Available"


def test_the_promotions_of_a_stage() -> None:
    """Those that have ended, the newest first."""
    stage = read_stage(stage_details(current=NEW, last=(OLDER, "Failed"), newer=[coming(NEW)]))
    (found,) = ended(stage)
    assert of_promotions([found]).rows == [["2026-11-30T11:30:00Z", "aaaaaaa", "Failed", "p8", ""]]
    assert promotion_document(stage, found) == {
        "stage": "team/prod",
        "promotion": "p8",
        "freight": OLDER,
        "alias": "aaaaaaa",
        "phase": "Failed",
        "finishedAt": "2026-11-30T11:30:00Z",
    }
    assert of_promotions([found._replace(ended=None)]).rows[0][0] == "-"
    assert "finishedAt" not in promotion_document(stage, found._replace(ended=None))


def test_what_comes_next_in_a_row() -> None:
    """By alias, and its state where it may not come yet; wide also why, and the last Promotion."""
    stage = read_stage(stage_details(last=(OLD, "Succeeded"), newer=[SOAKS]))
    rows = of_stages([stage], NOW, namespaces=False, wide=True)
    assert rows.headings == [
        "STAGE",
        "STATE",
        "FOR",
        "FREIGHT",
        "NEXT",
        "LAST PROMOTION",
        "PHASE",
        "WHY NEXT",
        "MESSAGE",
    ]
    why = "soaks in test, for 1h (in 20m); a policy promotes it"
    assert rows.rows == [["prod", "Healthy", "10m", "wise-elk", "keen-owl (Waiting)", "p8", "Succeeded", why, ""]]
    held = read_stage(stage_details(newer=[coming(NEW, autoPromotion="Held")]))
    assert of_stages([held], NOW, namespaces=False, wide=True).rows[0][4:8] == [
        "keen-owl",
        "-",
        "-",
        "verified in test; auto-promotion is held",
    ]


def test_what_has_soaked_is_available() -> None:
    """The object says until when: a reader compares."""
    (row,) = of_freight(read_stage(stage_details(newer=[{**SOAKS, "until": "2026-11-30T12:10:00Z"}])), NOW).rows
    assert row == ["keen-owl", "main", "Available", "70m", "soaks in test, for 1h; a policy promotes it"]

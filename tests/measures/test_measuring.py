"""What a scrape gets of the views."""

from __future__ import annotations

from promoter_view.measures.strategies import MeasuredEnvironment, StrategySeries
from promoter_view.records import Memory
from promoter_view.views.promotion_strategy.tally.environment import Tally
from tests.support.measures.bundles import STAGES, VIEW, bundle, environment, strategy
from tests.support.measures.scraping import NOW, Shelf, families, measuring, samples

SERIES = StrategySeries((MeasuredEnvironment(b"", "", 0, Tally()),)).count


def test_states() -> None:
    """Each environment has a line for each word, and the time since when."""
    found = families(measuring(Shelf(strategy("shop", environment("dev"), environment("prod", "Failed"))), []))
    states = samples(found["promoter_view_environment_state"], strategy="shop", environment="prod", namespace="team")
    assert [word for word, value in states.items() if value] == ["Failed"]
    since = samples(found["promoter_view_environment_state_timestamp_seconds"], namespace="team", strategy="shop")
    assert since == {"dev": 1796014800, "prod": 1796014800}


def test_stalled() -> None:
    """What should move by itself, and has not for an hour."""
    environments = (
        environment("new", "Checking", "2026-11-18T10:30:00Z"),
        environment("old", "Checking", "2026-11-18T10:00:00Z"),
        environment("asked", "NeedsApproval", "2026-11-01T00:00:00Z"),
        environment("odd", "Checking", "some time ago"),
    )
    found = families(measuring(Shelf(strategy("shop", *environments)), []))["promoter_view_environment_stalled"]
    assert samples(found, namespace="team", strategy="shop") == {"new": 0, "old": 1, "asked": 0, "odd": 0}


def test_what_is_counted() -> None:
    """It is what is remembered of the strategy; of what is not known yet nothing is counted."""
    shelf = Shelf(strategy("shop", environment("dev"), environment("prod")))
    counted = Tally(promotions=3, deployments=2, failed_proposals=4, failed_deliveries=1).observed(300)
    shelf.memories[shelf.bundles[0].key] = Memory("uid", {}, {"environment/dev": counted.write()})
    told = families(measuring(shelf, []))
    assert [each.value for each in told["promoter_view_promotions"].samples] == [3, 0]
    assert [each.value for each in told["promoter_view_deployments"].samples] == [2, 0]
    failed = samples(told["promoter_view_failed_promotions"], environment="dev", namespace="team", strategy="shop")
    assert failed == {"proposed": 4, "active": 1}
    dev = (each for each in told["promoter_view_promotion_seconds"].samples if each.labels["environment"] == "dev")
    seconds = {each.labels.get("le", each.name): each.value for each in dev}
    assert (seconds["180"], seconds["600"], seconds["promoter_view_promotion_seconds_sum"]) == (0, 1, 300)


def test_stages() -> None:
    """A Stage has a line for each word."""
    stage = bundle("test", [("status", {"state": "Healthy"})], view=STAGES)
    states = samples(families(measuring(Shelf(stage), []))["promoter_view_stage_state"], stage="test", namespace="team")
    assert states == {"Healthy": 1, "Progressing": 0, "Unhealthy": 0, "Unknown": 0, "NotApplicable": 0}


def test_a_bundle_without_a_status() -> None:
    """It has no series, and others do."""
    bare, broken = bundle("bare", []), bundle("broken", [("status", [{"environments": 1}])])
    found = families(measuring(Shelf(bare, broken, strategy("shop", environment("dev"))), []))
    assert {each.labels["strategy"] for each in found["promoter_view_promotions"].samples} == {"shop"}


def test_a_bundle_that_cannot_be_measured() -> None:
    """It is left out alone."""
    shelf = Shelf(bundle("broken", []), strategy("shop", environment("dev")))
    object.__setattr__(shelf.bundles[0], "tail", (b"", b"{", b',"status":', b"{{", b"}"))
    found = families(measuring(shelf, []))
    assert {each.labels["strategy"] for each in found["promoter_view_promotions"].samples} == {"shop"}


def test_no_more_series_than_are_allowed() -> None:
    """Whole strategies are left out, always the same; the answer, a metric and one line of the log say so."""
    shelf = Shelf(*(strategy(f"s{number}", environment("dev"), environment("prod")) for number in range(4)))
    lines: list[str] = []
    found = measuring(shelf, lines, max_series=2 * 2 * SERIES + 1)
    for _ in range(2):
        text = b"".join(found.pieces(NOW)).decode()
        assert f"\n# 2 of 4 promotion strategies are left out: --metrics-max-series is {4 * SERIES + 1}\n" in text
        told = families(found)
        assert {each.labels["strategy"] for each in told["promoter_view_promotions"].samples} == {"s0", "s1"}
        assert samples(told["promoter_view_measures_left_out"]) == {VIEW: 2, STAGES: 0}
    assert sum(len(each.samples) for each in told.values()) == 2 * 2 * SERIES + 2
    shelf.bundles = shelf.bundles[:2]
    assert samples(families(found)["promoter_view_measures_left_out"]) == {VIEW: 0, STAGES: 0}
    assert lines == [
        "/metrics/promotions leaves out 2 promotion strategies: --metrics-max-series is reached",
        "/metrics/promotions has all promotion strategies again",
    ]


def test_a_large_fleet_in_small_pieces() -> None:
    """No piece is more than a few strategies' lines."""
    shelf = Shelf(*(strategy(f"s{number}", environment("dev"), environment("prod")) for number in range(200)))
    pieces = list(measuring(shelf, [], max_series=100_000).pieces(NOW))
    assert max(map(len, pieces)) < 80 * 1024
    assert sum(map(len, pieces)) > 1_000_000

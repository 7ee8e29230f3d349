"""Prometheus' own promtool reads the alerts, and says when they fire."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

ALERTS = Path(__file__).parents[2] / "deploy" / "chart" / "files" / "alerts.yaml"
PROMTOOL = shutil.which("promtool")

pytestmark = pytest.mark.skipif(PROMTOOL is None, reason="promtool is not installed (Debian's package prometheus)")


def promtool(*arguments: str | Path) -> None:
    """Runs it; it must find nothing wrong."""
    done = subprocess.run(["promtool", *arguments], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_prometheus_reads_them() -> None:
    """Expressions and templates are well formed."""
    promtool("check", "rules", ALERTS)


@pytest.mark.parametrize(
    ("outcome", "kinds", "minutes", "fires"),
    [
        ("not_permitted", 2, 20, True),
        ("not_permitted", 2, 10, False),
        ("too_many_objects", 1, 20, True),
        ("not_permitted", 0, 20, False),
        ("taken_up", 3, 20, False),
    ],
)
def test_a_kind_that_is_left_out(tmp_path: Path, outcome: str, kinds: int, minutes: int, fires: bool) -> None:
    """It is told of after a quarter of an hour, by its outcome, also while the replica that leads changes."""
    metric = "promoter_view_undeclared_kinds{namespace='promoter-system',pod='%s',outcome='%s'}"
    name = "PromoterViewUndeclaredKindLeftOut"
    firing: dict[str, Any] = {
        "exp_labels": {"severity": "warning", "namespace": "promoter-system", "outcome": outcome},
        "exp_annotations": {
            "summary": f"Kinds of GitOps Promoter that this version does not know are left out ({outcome})",
            "description": (
                "All else is shown. /readyz?verbose of the replica that leads names each; docs/access.md, undeclared"
                f" kinds, has the way on from {outcome}."
            ),
        },
    }
    asked = {"eval_time": f"{minutes}m", "alertname": name, "exp_alerts": [firing] if fires else []}
    series = [
        {"series": metric % ("one", outcome), "values": f"{kinds}x7 stale"},
        {"series": metric % ("two", outcome), "values": f"_x7 {kinds}x30"},
    ]
    test = {"interval": "1m", "input_series": series, "alert_rule_test": [asked]}
    found = tmp_path / "test.yaml"
    found.write_text(json.dumps({"rule_files": [str(ALERTS)], "evaluation_interval": "1m", "tests": [test]}))
    promtool("test", "rules", found)


ENVIRONMENT = "namespace='team',strategy='shop',environment='production'"


@pytest.mark.parametrize(
    ("alert", "series", "minutes", "fires"),
    [
        ("Stalled", {"promoter_view_environment_stalled{%s}": "1x90"}, 61, True),
        ("Stalled", {"promoter_view_environment_stalled{%s}": "1x90"}, 59, False),
        ("Stalled", {"promoter_view_environment_stalled{%s}": "1x50 0x50"}, 90, False),
        ("Failed", {"promoter_view_environment_state{%s,state='Failed'}": "1x10"}, 6, True),
        ("Failed", {"promoter_view_environment_state{%s,state='Failed'}": "0x10"}, 6, False),
        ("Failed", {"promoter_view_environment_state{%s,state='UpToDate'}": "1x10"}, 6, False),
        (
            "NeedsApproval",
            {
                "promoter_view_environment_state{%s,state='NeedsApproval'}": "1x1500",
                "promoter_view_environment_state_timestamp_seconds{%s}": "60x1500",
            },
            24 * 60 + 2,
            True,
        ),
        (
            "NeedsApproval",
            {
                "promoter_view_environment_state{%s,state='NeedsApproval'}": "1x1500",
                "promoter_view_environment_state_timestamp_seconds{%s}": "60x700 42000x800",
            },
            24 * 60 + 2,
            False,
        ),
    ],
)
def test_an_environment_that_wants_somebody(
    tmp_path: Path, alert: str, series: dict[str, str], minutes: int, fires: bool
) -> None:
    """It is told of after its time, once however many replicas tell of it, and while replicas change."""
    replicas = [f"{ENVIRONMENT},pod='{pod}'" for pod in ("one", "two")]
    told = [{"series": name % each, "values": found} for name, found in series.items() for each in replicas]
    assert_fires(tmp_path, f"PromoterViewEnvironment{alert}", told, minutes, 1 if fires else 0)


@pytest.mark.parametrize(("days", "alerts"), [(13, 1), (15, 0)])
def test_a_certificate_that_ends(tmp_path: Path, days: int, alerts: int) -> None:
    """It is told of for 14 days."""
    name = "promoter_view_certificate_expiry_timestamp_seconds{namespace='n',pod='one',certificate='serving'}"
    told = [{"series": name, "values": f"{days * 86400}x20"}]
    assert_fires(tmp_path, "PromoterViewCertificateExpires", told, 10, alerts)


@pytest.mark.parametrize(
    ("problem", "lag", "minutes", "alerts"),
    [("1x20", "0x20", 11, 1), ("0x20", "90x20", 11, 1), ("1x20", "90x20", 9, 0), ("1x8 0x12", "90x8 5x12", 11, 0)],
)
def test_a_journal_that_is_behind(tmp_path: Path, problem: str, lag: str, minutes: int, alerts: int) -> None:
    """It is told of after ten minutes of either, once."""
    labels = "{namespace='n',pod='one'}"
    told = [
        {"series": f"promoter_view_journal_problem{labels}", "values": problem},
        {"series": f"promoter_view_journal_lag_seconds{labels}", "values": lag},
    ]
    assert_fires(tmp_path, "PromoterViewJournalBehind", told, minutes, alerts)


def test_measures_that_are_left_out(tmp_path: Path) -> None:
    """It is told of after a quarter of an hour."""
    name = "promoter_view_measures_left_out{namespace='n',view='%s'}"
    told = [{"series": name % "a", "values": "3x20"}, {"series": name % "b", "values": "0x20"}]
    assert_fires(tmp_path, "PromoterViewMeasuresLeftOut", told, 16, 1)


def assert_fires(folder: Path, alert: str, series: list[dict[str, str]], minutes: int, count: int) -> None:
    """So many of that name fire at that time, by Prometheus' own count."""
    asked = f'count(ALERTS{{alertname="{alert}",alertstate="firing"}}) or vector(0)'
    expected = {"expr": asked, "eval_time": f"{minutes}m", "exp_samples": [{"labels": "{}", "value": count}]}
    test = {"interval": "1m", "input_series": series, "promql_expr_test": [expected]}
    found = folder / "test.yaml"
    found.write_text(json.dumps({"rule_files": [str(ALERTS)], "evaluation_interval": "1m", "tests": [test]}))
    promtool("test", "rules", found)

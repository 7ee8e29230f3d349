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

"""The expressions of docs/measures.md give what it says they give: Prometheus' own promtool computes them."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

PAGE = (Path(__file__).parents[2] / "docs" / "measures.md").read_text()
SECTION = PAGE.split("## Delivery figures in PromQL")[1].split("\n## ")[0]
EXPRESSIONS = re.findall(r"```promql\n(.*?)```", SECTION, re.DOTALL)

pytestmark = pytest.mark.skipif(
    shutil.which("promtool") is None, reason="promtool is not installed (Debian's package prometheus)"
)
DAY = 24 * 60
#: How each counter goes on in steps of an hour over 32 days: nothing for a day, then one by one.
STEPS = 32 * 24


def series(name: str, environment: str, rise: int, **labels: str) -> list[dict[str, str]]:
    """That counter, rising by so many in the middle of the window, as two replicas report it."""
    told = {"namespace": "team", "strategy": "shop", "environment": environment, **labels}
    values = f"0x{10 * 24} {rise}x{STEPS - 10 * 24}"
    words = ",".join(f'{key}="{value}"' for key, value in told.items())
    return [{"series": f'{name}{{{words},pod="{pod}"}}', "values": values} for pod in ("one", "two")]


def hops(environment: str, counts: dict[str, int]) -> list[dict[str, str]]:
    """A histogram, by its buckets."""
    found = [each for le, count in counts.items() for each in series(BUCKET, environment, count, le=le)]
    return found + series("promoter_view_promotion_seconds_count", environment, counts["+Inf"])


BUCKET = "promoter_view_promotion_seconds_bucket"
INPUT = [
    *series("promoter_view_deployments_total", "production", 8),
    *series("promoter_view_deployments_total", "development", 0),
    *series("promoter_view_failed_promotions_total", "production", 2, side="active"),
    *series("promoter_view_failed_promotions_total", "production", 5, side="proposed"),
    *series("promoter_view_failed_promotions_total", "development", 4, side="active"),
    *hops("development", {"60": 0, "180": 8, "600": 8, "+Inf": 8}),
    *hops("production", {"60": 0, "180": 0, "600": 8, "+Inf": 8}),
]
#: Deployments, the share that failed, the median of hops (between the buckets of both), how many hops.
EXPECTED = (8.0, 0.25, 180.0, 16.0)


@pytest.mark.parametrize(("expression", "value"), list(zip(EXPRESSIONS, EXPECTED, strict=True)))
def test_what_it_gives(tmp_path: Path, expression: str, value: float) -> None:
    """Of a strategy with two environments and two replicas, each thing counted once."""
    asked = {
        "expr": expression,
        "eval_time": "32d",
        "exp_samples": [{"labels": '{namespace="team", strategy="shop"}', "value": value}],
    }
    test = {"interval": "1h", "input_series": INPUT, "promql_expr_test": [asked]}
    found = tmp_path / "test.yaml"
    found.write_text(json.dumps({"evaluation_interval": "1h", "tests": [test]}))
    done = subprocess.run(["promtool", "test", "rules", found], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr

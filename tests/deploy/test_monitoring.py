"""Alerts and dashboards name only what the program tells, and what Prometheus and Grafana can read."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from tests.support.measures.naming import TARGET, named, scraped, unknown

DEPLOY = Path(__file__).parents[2] / "deploy"
DASHBOARDS = sorted((DEPLOY / "grafana").glob("*.json"))
SCHEMA = json.loads(Path(__file__).with_name("dashboard.schema.json").read_text())
RULES = yaml.safe_load((DEPLOY / "chart/files/alerts.yaml").read_text())
PROMTOOL = shutil.which("promtool")
RUNBOOKS = "https://promoter.example.org/docs/"
by_name = pytest.mark.parametrize("file", DASHBOARDS, ids=lambda file: file.stem)


def rules() -> list[dict[str, Any]]:
    """All alerts."""
    return [rule for group in RULES["groups"] for rule in group["rules"]]


def dashboard(file: Path) -> dict[str, Any]:
    """A dashboard."""
    found: dict[str, Any] = json.loads(file.read_text())
    return found


def panels(file: Path) -> list[dict[str, Any]]:
    """Those that show something."""
    return [panel for panel in dashboard(file)["panels"] if panel["type"] != "row"]


def targets(file: Path) -> Iterator[dict[str, Any]]:
    """What is asked of Prometheus."""
    for panel in panels(file):
        yield from panel["targets"]


def test_alerts_name_what_there_is() -> None:
    """Metrics under the names by which they are scraped, and labels that these have; so do their words."""
    assert unknown(rule["expr"] for rule in rules()) == []
    for rule in rules():
        words = " ".join(rule["annotations"].values())
        assert {"summary", "description"} <= set(rule["annotations"])
        assert set(re.findall(r"\$labels\.(\w+)", words)) <= named(rule["expr"]).grouped | TARGET


def test_runbooks_are_written() -> None:
    """Each that an alert names is a headline of these documents, and each of a promotion's names one."""
    linked = [rule["annotations"].get("runbook_url", "") for rule in rules()]
    assert all(rule["annotations"].get("runbook_url") for rule in RULES["groups"][1]["rules"])
    for link in filter(None, linked):
        assert link.startswith(RUNBOOKS)
        page, _, anchor = link.removeprefix(RUNBOOKS).partition("#")
        headlines = re.findall(r"^#+ (.*)$", (DEPLOY.parent / "docs" / page).read_text(), re.MULTILINE)
        assert anchor in {re.sub(r"[^a-z0-9 -]", "", headline.lower()).replace(" ", "-") for headline in headlines}


@by_name
def test_a_dashboard_is_one_of_grafana(file: Path) -> None:
    """It has the documented shape, its panels are one beside the other, and each asks by a letter of its own."""
    assert list(Draft202012Validator(SCHEMA).iter_errors(dashboard(file))) == []
    found = dashboard(file)["panels"]
    assert len({panel["id"] for panel in found}) == len(found)
    taken = set[tuple[int, int]]()
    for panel in found:
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken, panel["title"]
        taken |= cells
        letters = [target["refId"] for target in panel.get("targets", ())]
        assert len(letters) == len(set(letters))


@by_name
def test_a_dashboard_names_what_there_is(file: Path) -> None:
    """Metrics, the labels of these, and variables of its own."""
    asked = [target["expr"] for target in targets(file)]
    assert unknown(asked) == []
    variables = {each["name"] for each in dashboard(file)["templating"]["list"]}
    used = {name for expression in asked for name in re.findall(r"\$(\w+)", expression)}
    assert used - variables <= {"__rate_interval", "__range"}
    there = scraped()
    for target in targets(file):
        labels = TARGET.union(*(there[name] for name in named(target["expr"]).metrics))
        assert set(re.findall(r"\{\{(\w+)\}\}", target["legendFormat"])) <= labels
    for each in dashboard(file)["templating"]["list"]:
        if each["type"] == "query":
            metric, label = re.fullmatch(r"label_values\((.*), (\w+)\)", each["definition"], re.DOTALL).groups()  # type: ignore[union-attr]
            assert unknown([metric]) == []
            assert label in there[next(iter(named(metric).metrics))] | TARGET


@by_name
@pytest.mark.skipif(PROMTOOL is None, reason="promtool is not installed (Debian's package prometheus)")
def test_prometheus_reads_what_a_dashboard_asks(file: Path, tmp_path: Path) -> None:
    """Each expression is well formed, with its variables filled in."""
    filled = [re.sub(r"\$__\w+", "5m", target["expr"]) for target in targets(file)]
    recorded = [{"record": f"asked:{place}", "expr": expression} for place, expression in enumerate(filled)]
    asked = tmp_path / "rules.yaml"
    asked.write_text(json.dumps({"groups": [{"name": "asked", "rules": recorded}]}))
    done = subprocess.run(["promtool", "check", "rules", asked], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@by_name
def test_the_chart_has_the_same(file: Path) -> None:
    """A chart holds its files itself."""
    assert (DEPLOY / "chart/files/grafana" / file.name).read_text() == file.read_text()
    assert len(DASHBOARDS) == len(list((DEPLOY / "chart/files/grafana").glob("*.json")))

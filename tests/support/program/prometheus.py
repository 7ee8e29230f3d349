"""Debian's Prometheus as a process: it scrapes a program, and is asked what it has."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.parse import quote
from urllib.request import urlopen

import yaml

from tests.support.ports import free_port
from tests.support.program.client import Endpoint
from tests.support.program.truth import wait

PROMETHEUS = shutil.which("prometheus")
ALERTS = Path(__file__).parents[3] / "deploy/chart/files/alerts.yaml"
JOB = "promoter-apiserver"


class Prometheus:
    """Asked over its own API."""

    def __init__(self, url: str) -> None:
        self._url = url

    def get(self, path: str) -> Any:
        """``data`` of an answer."""
        with urlopen(f"{self._url}/api/v1/{path}", timeout=10) as answer:
            return json.loads(answer.read())["data"]

    def ready(self) -> bool:
        """It answers."""
        try:
            return bool(self.get("status/buildinfo"))
        except (URLError, OSError):
            return False

    def query(self, expression: str, *labels: str) -> dict[tuple[str, ...], float]:
        """The values of now, by the values of those labels."""
        found = self.get(f"query?query={quote(expression)}")["result"]
        return {tuple(each["metric"].get(label, "") for label in labels): float(each["value"][1]) for each in found}


@contextmanager
def scraping(folder: Path, endpoint: Endpoint, *paths: str) -> Iterator[Prometheus]:
    """A Prometheus that scrapes these paths each half second, with the alerts of deploy/; it ends with the block."""
    folder.mkdir()
    config = folder / "prometheus.yaml"
    config.write_text(yaml.safe_dump(_config(endpoint, paths)))
    port = free_port()
    where = [f"--config.file={config}", f"--storage.tsdb.path={folder / 'data'}"]
    command = ["prometheus", *where, f"--web.listen-address=127.0.0.1:{port}", "--log.level=warn"]
    with (folder / "log").open("wb") as log, subprocess.Popen(command, stdout=log, stderr=log) as process:
        try:
            found = Prometheus(f"http://127.0.0.1:{port}")
            wait(found.ready, 30, "Prometheus listens")
            yield found
        finally:
            process.kill()


def _config(endpoint: Endpoint, paths: tuple[str, ...]) -> Mapping[str, Any]:
    """As the Prometheus operator makes it of deploy/'s ServiceMonitor, but for the pod's labels."""
    target = {"targets": [f"{endpoint.host}:{endpoint.port}"], "labels": {"namespace": "promoter-system"}}
    jobs = [
        {
            "job_name": f"{JOB}/{place}",
            "metrics_path": path,
            "scheme": "https",
            "tls_config": {"insecure_skip_verify": True},
            "honor_labels": path != "/metrics",
            "static_configs": [target],
            "relabel_configs": [
                {"target_label": "job", "replacement": JOB},
                {"source_labels": ["__metrics_path__"], "target_label": "metrics_path"},
            ],
        }
        for place, path in enumerate(paths)
    ]
    intervals = {"scrape_interval": "500ms", "scrape_timeout": "500ms", "evaluation_interval": "500ms"}
    return {"global": intervals, "rule_files": [str(ALERTS)], "scrape_configs": jobs}

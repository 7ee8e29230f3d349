"""``/metrics/promotions``, as Prometheus asks for it."""

from __future__ import annotations

import gzip

import pytest

from tests.support.api.world import World, fleet

PATH = "/metrics/promotions"


def test_prometheus_text() -> None:
    """It is of the text format, and compressed for whoever takes that."""
    world = fleet(2)
    plain = world.ask(PATH)
    assert (plain.code, plain.header("content-type")) == (200, "text/plain; version=0.0.4; charset=utf-8")
    assert b"# TYPE promoter_view_environment_state gauge\n" in plain.body
    packed = world.ask(PATH, {"Accept-Encoding": "gzip"})
    assert packed.header("content-encoding") == "gzip"
    assert gzip.decompress(packed.body) == plain.body


def test_head() -> None:
    """HEAD gives the headers."""
    answer = fleet(1).ask(PATH, method="HEAD")
    assert (answer.code, answer.body) == (200, b"")


@pytest.mark.parametrize(("method", "ready", "code"), [("POST", True, 405), ("GET", False, 503)])
def test_refusals(method: str, ready: bool, code: int) -> None:
    """It is read only, and there is nothing before the views are built."""
    assert World(ready=ready).ask(PATH, method=method).code == code

"""Our own OpenAPI document, put to us by schemathesis: whatever it allows or forbids has an answer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.generation import GenerationMode

from tests.support.program.program import Program

DOCUMENT = "/openapi/v3/apis/view.promoter.argoproj.io/v1alpha1"
#: What a client is told that asks for a position ahead of us, after three seconds.
AHEAD = 504


@dataclass(frozen=True)
class Target:
    """A program that runs, and the certificate to trust."""

    url: str
    authority: str


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    """A demo; it must not have logged a fault when all is over."""
    with Program(tmp_path_factory.mktemp("fuzz"), ["--demo", "--event-log", "memory:"]) as program:
        program.start()
        program.wait_ready()
        certificate = program.folder / "promoter-view-demo/certificates/apiserver.crt"
        yield Target(f"https://127.0.0.1:{program.endpoint.port}", str(certificate))
        assert "Traceback" not in program.log


def _operations(target: Target) -> list[Any]:
    answer = requests.get(target.url + DOCUMENT, verify=target.authority, timeout=20)
    schema = schemathesis.openapi.from_dict(answer.json())
    return [found.ok() for found in schema.get_all_operations()]


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
def test_no_request_is_a_fault(target: Target, mode: GenerationMode) -> None:
    """Every operation answers whatever parameters it is given: below 500, or 504 for a position that is ahead."""
    operations = _operations(target)
    assert len(operations) >= 3
    for operation in operations:
        _put(operation, target, mode)


def _put(operation: Any, target: Target, mode: GenerationMode) -> None:
    @given(case=operation.as_strategy(generation_mode=mode))
    @settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck), database=None, derandomize=True)
    def ask(case: Any) -> None:
        # Else a watch would last for half an hour.
        case.query = {**(case.query or {}), "timeoutSeconds": "1"}
        if "watch" in case.query:
            case.query["watch"] = "0"
        answer = case.call(base_url=target.url, verify=target.authority, timeout=20)
        assert answer.status_code < 500 or answer.status_code == AHEAD, (case.as_curl_command(), answer.text)
        if answer.status_code >= 400 and operation.method.upper() != "HEAD":
            assert answer.json()["kind"] == "Status"

    ask()

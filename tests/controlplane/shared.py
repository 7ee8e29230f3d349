"""What tests take from outside the repository: the CRDs and the fixture objects beside it, skipped where missing."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

SHARED = Path(__file__).resolve().parents[3] / "shared"


def crd_files(pattern: str = "promoter.argoproj.io_*.yaml") -> list[Path]:
    """The files of CustomResourceDefinitions; skips the test where there are none."""
    found = sorted((SHARED / "crds").glob(pattern))
    if not found:
        pytest.skip("../shared/crds is missing: the CustomResourceDefinitions are not part of this repository")
    return found


def fixture_objects(strategies: int, *arguments: str) -> list[dict[str, Any]]:
    """The objects that ../shared/tools/fixtures.py prints for so many strategies; skips where it is missing."""
    script = SHARED / "tools" / "fixtures.py"
    if not script.exists():
        pytest.skip("../shared/tools/fixtures.py is missing: it is not part of this repository")
    command = [sys.executable, str(script), str(strategies), *arguments]
    done = subprocess.run(command, check=True, capture_output=True)
    return [json.loads(line) for line in done.stdout.splitlines()]

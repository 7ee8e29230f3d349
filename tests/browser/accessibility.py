"""What axe-core has to say of a page."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

_AXE = Path(__file__).parent / "node_modules" / "axe-core" / "axe.min.js"


def violations(page: Any) -> list[str]:
    """All of it; skips, and says why, where axe-core is not installed."""
    if not _AXE.exists():
        pytest.skip("axe-core is not installed (npm ci --prefix tests/browser)")
    page.evaluate(_AXE.read_text())
    found = page.evaluate("axe.run({resultTypes: ['violations']})")["violations"]
    return [
        f"{each['id']}: {each['help']}: {each['nodes'][0]['html'][:200]} {each['nodes'][0].get('failureSummary', '')}"
        for each in found
    ]

"""Long runs: ``make test`` has a short version of each, ``make soak`` (PROMOTER_VIEW_SOAK) runs it whole."""

from __future__ import annotations

import os
from typing import TypeVar

import pytest

T = TypeVar("T")

SOAKS = bool(os.environ.get("PROMOTER_VIEW_SOAK"))
#: Marks a test that has such a version.
soak = pytest.mark.soak


def lasting(short: T, whole: T) -> T:
    """A duration, or how often something happens."""
    return whole if SOAKS else short

"""What fails for one bundle."""

from __future__ import annotations

from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from promoter_view.metrics import Metrics
from promoter_view.records import BundleKey
from promoter_view.views.isolation import Isolation

KEY = BundleKey("promotionstrategydetails", "team", "a")


def fails() -> str:
    raise ValueError("a defect")


class IsolationTests(SynchronousTestCase):
    """Failures of one bundle among others."""

    def setUp(self) -> None:
        """A fresh one."""
        self.metrics = Metrics()
        self.isolation = Isolation(self.metrics)

    def test_instead(self) -> None:
        """What cannot be made is replaced, counted each time, and logged once; after it came right, once more."""
        for made in (fails, fails, lambda: "right", fails):
            expected = "right" if made is not fails else "instead"
            self.assertEqual(self.isolation.of(KEY, "row", made, lambda: "instead"), expected)
        self.assertEqual(self.count("row"), 3)
        self.assertEqual(len(self.flushLoggedErrors(ValueError)), 2)

    def test_each(self) -> None:
        """Another part and another bundle are told of by themselves, and what is remembered is bounded."""
        self.isolation.of(KEY, "row", fails, lambda: "")
        self.isolation.of(KEY, "history", fails, lambda: "")
        for number in range(1100):
            self.isolation.of(KEY._replace(name=str(number)), "row", fails, lambda: "")
        self.isolation.of(KEY, "row", fails, lambda: "")
        self.assertEqual(len(self.flushLoggedErrors(ValueError)), 1103)

    def count(self, part: str) -> Any:
        """The metric."""
        return self.metrics.registry.get_sample_value(
            "promoter_view_unrendered_total", {"view": KEY.view, "part": part}
        )

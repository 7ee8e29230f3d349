"""What fails for one bundle."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from promoter_view.metrics import Metrics
from promoter_view.records import BundleKey
from promoter_view.views.isolation import Isolation

KEY = BundleKey("promotionstrategydetails", "team", "a")


def fails() -> str:
    raise ValueError("a defect")


def broken() -> Iterator[str]:
    yield "half"
    raise ValueError("a defect")


def right() -> Iterator[str]:
    yield "right"


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

    def test_whole(self) -> None:
        """Of pieces, too, nothing is shown where one fails; once all came right, a later failure is logged again."""
        for pieces, shown in ((broken, ["", "instead"]), (broken, ["", "instead"]), (right, ["", "right"])) * 2:
            self.assertEqual(list(self.isolation.whole(KEY, "page", pieces, lambda: "instead")), shown)
        self.assertEqual(self.count("page"), 4)
        self.assertEqual(len(self.flushLoggedErrors(ValueError)), 2)

    def test_steps(self) -> None:
        """The same of steps; those that nobody takes to their end say nothing."""
        for made, taken in ((broken, 9), (right, 9), (broken, 9), (right, 1), (broken, 9)):
            steps = self.isolation.steps(KEY, "warm", (None for _ in made()))
            self.assertEqual(len(list(islice(steps, taken))), 1)
            steps.close()  # type: ignore[attr-defined]
        self.assertEqual(self.count("warm"), 3)
        self.assertEqual(len(self.flushLoggedErrors(ValueError)), 2)

    def test_steps_and_what_is_made_of_them(self) -> None:
        """A part that is read in steps and then made may fail in one of the two: told once, not at each change."""

        def show(reading: Callable[[], Iterator[str]], made: Callable[[], str]) -> None:
            list(self.isolation.steps(KEY, "row", (None for _ in reading())))
            self.isolation.of(KEY, "row", made, lambda: "instead")

        for reading, made in ((right, fails), (broken, lambda: "right"), (broken, fails)):
            for _ in range(3):
                show(reading, made)
            self.assertEqual(len(self.flushLoggedErrors(ValueError)), 1)
            show(right, lambda: "right")
        self.assertEqual(self.flushLoggedErrors(ValueError), [])

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

"""The notifications file is followed: while it is invalid, people are told what counts instead."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from twisted.internet.task import Clock
from twisted.logger import capturedLogs, formatEvent
from twisted.python.failure import Failure

from promoter_view.notifications.declaring import Subscription
from promoter_view.notifications.delivery.following import NotificationsFile
from tests.support.runtimes import a_runtime

GOOD = "notifications:\n- name: chat\n  url: https://hooks.example.com/x\n"


class _ThreadlessClock(Clock):
    """Its threads do what they are given at once."""

    def getThreadPool(self) -> _ThreadlessClock:
        return self

    def callFromThread(self, call: Callable[..., Any], *given: Any) -> None:
        call(*given)

    def callInThreadWithCallback(
        self, told: Callable[[bool, Any], None], call: Callable[..., Any], *given: Any
    ) -> None:
        try:
            found = call(*given)
        except Exception as error:
            told(False, Failure(error))
        else:
            told(True, found)


def test_what_counts_while_it_is_invalid(tmp_path: Path) -> None:
    """At the start there is no valid one: nothing is sent. Later it is the last one. Everybody reads the same."""
    path, taken = tmp_path / "notifications.yaml", list[list[str]]()

    def take(found: Sequence[Subscription]) -> None:
        taken.append([each.name for each in found])

    file = NotificationsFile(path, take, runtime=a_runtime(_ThreadlessClock()))
    with capturedLogs() as lines:
        for text in ("notifications: [", GOOD, "notifications: 5", f"{GOOD} "):
            path.write_text(text)
            file.check()
            told = f"the notifications file {path} is invalid, {file.meanwhile}: {file.problem}"
            assert (told in map(formatEvent, lines)) == bool(file.problem)
    warned = [formatEvent(line).split(": ")[0] for line in lines if "is invalid" in formatEvent(line)]
    assert [line.rpartition(", ")[2] for line in warned] == [
        "nothing is sent until it is valid",
        "the last valid one is used",
    ]
    assert taken == [["chat"], ["chat"]]

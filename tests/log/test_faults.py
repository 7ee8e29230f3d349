"""What is the matter with a log, for people and as metrics."""

from __future__ import annotations

from twisted.logger import capturedLogs, formatEvent

from promoter_view.log.faults import Faults
from promoter_view.metrics import Metrics


def gauge(metrics, reason):
    return metrics.log_fault.labels(reason)._value.get()


def test_a_fault_lasts():
    """It is said when it begins and when it is over; meanwhile the newest line of the oldest fault is at hand."""
    metrics = Metrics()
    faults = Faults("etcd", metrics=metrics)
    with capturedLogs() as lines:
        faults.set("NO_SPACE", "no space")
        faults.set("UNREACHABLE", "no route")
        faults.set("NO_SPACE", "still no space")
        assert (faults.fault, gauge(metrics, "NO_SPACE")) == ("still no space", 1)
        faults.clear("NO_SPACE", "UNREACHABLE")
    assert (faults.fault, gauge(metrics, "NO_SPACE")) == (None, 0)
    assert [formatEvent(line) for line in lines] == [
        "no space",
        "no route",
        "the event log in etcd works again (NO_SPACE is over)",
        "the event log in etcd works again (UNREACHABLE is over)",
    ]


def test_faults_of_one_who_has_ended():
    """They are no longer there, and nobody says that they are over."""
    metrics = Metrics()
    faults = Faults("etcd", metrics=metrics)
    faults.set("NO_SPACE", "no space")
    with capturedLogs() as lines:
        faults.forget()
    assert (faults.fault, gauge(metrics, "NO_SPACE"), lines) == (None, 0, [])

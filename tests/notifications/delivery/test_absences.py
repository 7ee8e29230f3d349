"""How long a name may be absent."""

from __future__ import annotations

from promoter_view.notifications.delivery.absences import KEPT_SECONDS, Absences


def test_who_was_absent_for_too_long() -> None:
    """Without a break; who was there meanwhile begins anew."""
    absences = Absences()
    assert absences.over(["a", "b"], 5.0) == []
    assert absences.over(["a"], 10.0) == []
    assert absences.over(["a", "b"], 20.0) == []
    assert absences.over(["a", "b"], 5.0 + KEPT_SECONDS) == ["a"]
    assert absences.over(["a", "b"], 20.0 + KEPT_SECONDS) == ["a", "b"]
    assert absences.over([], 30.0 + KEPT_SECONDS) == []

"""What ``check`` says of what it found."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from promoter_view.command.checking.findings import Right, certificate, is_well, kinds, noted, permissions, to_do, well

NOW = datetime(2026, 11, 30, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)


def test_a_line() -> None:
    """The verdict, what was looked at, what is so, and what to do."""
    assert well("reachable", "yes").line == "ok    reachable     yes"
    assert to_do("CRDs", "none", "install them").line == "todo  CRDs          none: install them"
    assert is_well([well("a", "b"), noted("a", "b")])
    assert not is_well([well("a", "b"), to_do("a", "b", "c")])


@pytest.mark.parametrize(
    ("begins", "ends", "verdict", "words"),
    [
        (-DAY, 30 * DAY, "ok", "valid until 2026-12-30 12:00 UTC"),
        (-DAY, 13 * DAY, "todo", "expires at 2026-12-13 12:00 UTC"),
        (-DAY, timedelta(), "todo", "expired at 2026-11-30 12:00 UTC"),
        (DAY, 30 * DAY, "todo", "valid from 2026-12-01 12:00 UTC only"),
    ],
)
def test_certificates(begins: timedelta, ends: timedelta, verdict: str, words: str) -> None:
    """One that ends within two weeks is to be renewed."""
    found = certificate("certificate", "it", NOW + begins, NOW + ends, NOW)
    assert (found.verdict, words in found.words) == (verdict, True)


@pytest.mark.parametrize(
    ("served", "needed", "lines"),
    [
        (frozenset("ab"), True, ["ok    CRDs          g: 2 of 2 kinds"]),
        (
            frozenset("a"),
            True,
            [
                "ok    CRDs          g: 1 of 2 kinds",
                "note  CRDs          g has no b: an older release; they count as empty",
            ],
        ),
        (None, False, ["note  CRDs          g is not installed: it is shown once it is"]),
        (None, True, ["todo  CRDs          g is not installed: install it; until then there is nothing to show"]),
    ],
)
def test_kinds(served: frozenset[str] | None, needed: bool, lines: list[str]) -> None:
    """A group that is not there is no fault where another one is."""
    assert [each.line for each in kinds("g", "ab", served, is_needed=needed)] == lines


def test_permissions() -> None:
    """Missing verbs of one resource and place are one line; the rest is counted."""
    right = Right("list", "stages", "kargo.akuity.io")
    other = Right("create", "events", "", "argocd")
    found = [each.line for each in permissions([(right, False), (Right("watch", "stages", "kargo.akuity.io"), False)])]
    assert found == [
        "todo  permissions   may not list and watch stages.kargo.akuity.io in all namespaces: bind a role with these "
        "verbs, or leave Stages out by --views promotionstrategydetails"
    ]
    found = [each.line for each in permissions([(right, True), (other, False)])]
    events = "may not create events in namespace argocd: bind a role with these verbs"
    assert found[0] == f"todo  permissions   {events}"
    assert found[1] == "ok    permissions   1 of 2 are granted"
    assert [each.line for each in permissions([])] == ["ok    permissions   0 of 0 are granted"]


def test_how_a_right_is_asked_for() -> None:
    """A subresource is a field of its own; what is empty is left out."""
    assert Right("patch", "stages/status", "kargo.akuity.io").attributes == {
        "verb": "patch",
        "group": "kargo.akuity.io",
        "resource": "stages",
        "subresource": "status",
    }

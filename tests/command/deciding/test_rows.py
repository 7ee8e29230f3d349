"""The rows of ``status`` and ``where``."""

from __future__ import annotations

from datetime import UTC, datetime

from promoter_view.command.deciding.explaining import explain
from promoter_view.command.deciding.places import commits_of, places_of, stages_of
from promoter_view.command.deciding.rows import of_environments, of_reason, of_stages, of_strategies
from promoter_view.command.reading.stage import read_stage
from promoter_view.command.reading.status import read_strategy
from promoter_view.views.promotion_strategy.state.reading import ReadReason
from tests.support.command.strategies import BRANCHES, details, environment, sha, waits

NOW = datetime(2026, 11, 30, 12, 10, tzinfo=UTC)
DEV, STAGING, _ = BRANCHES
STRATEGY = read_strategy(
    details(
        [
            environment(DEV, "UpToDate", "c", checks={}),
            environment(
                STAGING,
                "Waiting",
                "b",
                "c",
                "timer soak",
                waitingFor=[waits("soak", kind="timer", until="2026-11-30T12:22:00Z"), waits("x")],
            ),
            environment(BRANCHES[2], "Unknown", "", since=""),
        ],
        state="Waiting",
        newest="c",
        message="staging waits",
    )
)


def test_strategies() -> None:
    """As on the Fleet page; wide with the newest commit."""
    assert of_strategies([STRATEGY], NOW, namespaces=False, wide=False) == (
        ["STRATEGY", "STATE", "FOR", "PROMOTED", "MESSAGE", "ENVIRONMENTS"],
        [["shop", "Waiting", "10m", "1/3", "staging waits", "development=ccccccc,staging=bbbbbbb,production=-"]],
    )
    wide = of_strategies([STRATEGY, read_strategy({})], NOW, namespaces=True, wide=True)
    assert wide.rows[0][:2] == ["team", "shop"]
    assert wide.rows[0][5:7] == ["ccccccc Change c", "C"]
    assert wide.rows[1] == ["", "", "Unknown", "-", "0/0", "-", "-", "", ""]
    assert {len(row) for row in wide.rows} == {len(wide.headings)}


def test_environments() -> None:
    """In promotion order, with what each waits for and until when."""
    plain = of_environments(STRATEGY, NOW, wide=False)
    assert plain.rows == [
        ["development", "UpToDate", "10m", "ccccccc", "-", "-", ""],
        ["staging", "Waiting", "10m", "bbbbbbb", "ccccccc", "1/2", "timer soak (in 12m)"],
        ["production", "Unknown", "-", "-", "-", "1/2", ""],
    ]
    wide = of_environments(STRATEGY, NOW, wide=True)
    assert wide.rows[1][6:10] == [STAGING, "", "", "https://git.example.com/app/pull/8"]
    assert wide.rows[2][6:10] == [BRANCHES[2], "-", "-", "-"]
    assert {len(row) for row in wide.rows} == {len(wide.headings)}


def test_stages() -> None:
    """With their Freight, and that they are promoting."""
    stage = read_stage(
        {
            "metadata": {"namespace": "kargo", "name": "test"},
            "freight": [{"alias": "wise-owl"}, {"metadata": {"name": "0123456789"}}],
            "status": {"state": "Progressing", "since": "2026-11-30T12:00:00Z", "promoting": True, "message": "syncs"},
        }
    )
    assert of_stages([stage], NOW, namespaces=True, wide=False).rows == [
        ["kargo", "test", "Progressing", "10m", "wise-owl,0123456", "", "promoting; syncs"]
    ]
    older = read_stage({"metadata": {"name": "old"}, "health": {"status": "Unhealthy", "issues": ["a", "b"]}})
    assert of_stages([older], NOW, namespaces=False, wide=False).rows == [["old", "Unhealthy", "-", "", "", "a"]]
    assert older.title == "/old"


def test_reasons() -> None:
    """The message, else what it is; and until when."""
    assert of_reason(ReadReason("check", "", "e2e"), NOW) == "check e2e"
    assert of_reason(ReadReason("timer", "soaks", "soak", until=NOW), NOW) == "soaks (due, not yet reported)"


FOUND = {
    "commits": [{"sha": sha("c"), "subject": "Change c", "author": "C <c@example.com>"}, {"sha": sha("d")}],
    "strategies": [
        {
            "namespace": "team",
            "name": "shop",
            "environments": [
                {"name": "staging", "relation": "live", "liveSince": "2026-11-30T12:00:00Z", "state": "UpToDate"},
                {
                    "branch": "production",
                    "relation": "none",
                    "state": "Queued",
                    "waitingFor": [{"message": "waits for staging"}],
                },
                {"name": "old", "relation": "delivered", "state": "UpToDate", "supersededBy": sha("d")},
            ],
        }
    ],
    "stages": [
        {
            "namespace": "kargo",
            "name": "test",
            "freight": ["wise-owl"],
            "relation": "live",
            "state": "Healthy",
            "message": "m",
        }
    ],
}


def test_where() -> None:
    """A row for each environment of each strategy, and for each Stage."""
    assert commits_of(FOUND) == ["ccccccc Change c by C", "ddddddd"]
    assert places_of(FOUND, NOW, namespaces=True).rows == [
        ["team", "shop", "staging", "live", "10m", "UpToDate", ""],
        ["team", "shop", "production", "not there yet", "-", "Queued", "waits for staging"],
        ["team", "shop", "old", "delivered", "-", "UpToDate", "ddddddd is later"],
    ]
    assert stages_of(FOUND, NOW, namespaces=False).rows == [["test", "wise-owl", "live", "-", "Healthy", "m"]]


def test_what_is_stalled() -> None:
    """What should move by itself and has not for an hour, where nothing tells how long it usually takes."""
    found = read_strategy(
        details([environment(DEV, "Checking", "b", "c", "check e2e")], message="development: check e2e")
    )
    later = datetime(2026, 11, 30, 13, 1, tzinfo=UTC)
    assert of_environments(found, NOW, wide=False).rows[0][-1] == "check e2e"
    assert of_environments(found, later, wide=False).rows[0][-1] == "stalled; check e2e"
    shown = of_strategies([found], later, namespaces=False, wide=False).rows[0]
    assert shown[4] == "development stalled; development: check e2e"
    assert explain(found, None).lines(later)[0] == "development is Checking for 61m and stalled: check e2e"

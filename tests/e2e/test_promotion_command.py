"""``kubectl promotion`` as a process, against an API that tests write: commands, exit statuses, last lines."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.command.api import ViewsApi, kubeconfig, views_api
from tests.support.command.running import PATIENCE_SECONDS, Running, promotion, script
from tests.support.command.stages import NEW, OLD, OLDER, coming, stage_details
from tests.support.command.strategies import BRANCHES, details, environment, policy, sha, waits

DEV, STAGING, PROD = BRANCHES
WANTED = "c" * 8


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ViewsApi]:
    with views_api(tmp_path_factory.mktemp("api")) as found:
        yield found


def strategy(
    name: str, state: str, live: str, proposed: str = "", past: str = "", message: str = "", **more: Any
) -> dict[str, Any]:
    """Two environments: staging has the wanted commit, production is as told."""
    return details(
        [environment(STAGING, "UpToDate", "c"), environment(PROD, state, live, proposed, message, **more)],
        [policy(STAGING, "c", past="c"), policy(PROD, live, proposed, past)],
        name=name,
        newest=max("c", live, proposed),
        state=state,
        message=message,
    )


COMING = ("Checking", "b", "c", "", "check e2e is pending")
#: What production is in when the wait begins, and becomes; the exit status, and the last line.
ENDINGS: dict[str, tuple[tuple[str, ...], tuple[str, ...] | None, int, str]] = {
    "live": (("UpToDate", "c"), None, 0, "cccccccc is live in production of team/"),
    "goes live": (COMING, ("Verifying", "c"), 0, "cccccccc is live in production of team/"),
    "overtaken after it was live": (
        COMING,
        ("UpToDate", "d", "", "dc"),
        0,
        "cccccccc was live in production of team/overtaken-after-it-was-live; ddddddd is live now",
    ),
    "a check fails": (
        COMING,
        ("Failed", "b", "c", "", "check e2e failed"),
        1,
        "error: cccccccc failed in production of team/a-check-fails: check e2e failed",
    ),
    "held": (
        COMING,
        ("Held", "b", "c", "", "restored to bbbbbbb"),
        1,
        "error: cccccccc is held back from production of team/held: restored to bbbbbbb",
    ),
    "overtaken before": (
        COMING,
        ("Checking", "b", "d"),
        3,
        "error: cccccccc was superseded in production of team/overtaken-before: ddddddd is proposed there",
    ),
    "nothing happens": (
        COMING,
        None,
        2,
        "error: timed out after 3s: cccccccc: production Checking (check e2e is pending)",
    ),
}


@pytest.mark.parametrize("case", ENDINGS)
def test_how_a_wait_ends(api: ViewsApi, case: str) -> None:
    """By eight characters of the commit, in capitals."""
    before, after, status, line = ENDINGS[case]
    name = case.replace(" ", "-")
    api.set(strategy(name, *before))
    timeout = "3s" if status == 2 else "5m"
    waiting = Running(
        api.kubeconfig, "wait", name, "--commit", WANTED.upper(), "--environment", "production", "--timeout", timeout
    )
    if after is not None:
        waiting.said("production Checking")
        api.set(strategy(name, *after))
    done = waiting.end()
    assert (done.status, line in done.last) == (status, True), done
    assert "Traceback" not in done.err


@pytest.mark.parametrize(
    ("words", "status", "line"),
    [
        (("wait",), 64, "See 'kubectl promotion wait --help'."),
        (("wait", "shop", "--commit", "abc"), 64, "See 'kubectl promotion wait --help'."),
        (("wait", "shop", "--timeout", "soon"), 64, "See 'kubectl promotion wait --help'."),
        (("wait", "shp"), 4, "there is no promotion strategy 'shp' in namespace team; did you mean 'shop'?"),
        (("wait", "shop", "--environment", "produktion"), 4, "did you mean 'production'?"),
        (
            ("wait", "--commit", "fffffff", "--appears-within", "1s"),
            4,
            "fffffff is not known to any strategy in namespace",
        ),
        (("why", "shop", "nowhere"), 4, "team/shop has no environment 'nowhere', known are staging, production"),
        (("why", "shp"), 4, "did you mean 'shop'?"),
        (("diff", "shop", "staging", "prod"), 4, "did you mean 'production'?"),
        (("status", "nothing"), 4, "there is no promotion strategy and no Stage 'nothing' in namespace team"),
        (("where", "ccccccc"), 69, "the server does not say where commits are: it is older than this command"),
        (("status", "--context", "none"), 78, "there is no 'none'"),
        (("log", "nothing", "-f"), 4, "there is no promotion strategy 'nothing'"),
    ],
)
def test_what_is_not_there(api: ViewsApi, words: tuple[str, ...], status: int, line: str) -> None:
    """A line for each, with the nearest name, and a status of its own."""
    api.set(strategy("shop", "Queued", "b", "c"))
    done = promotion(api.kubeconfig, *words)
    assert (done.status, line in done.last) == (status, True), done


def test_an_older_server(api: ViewsApi) -> None:
    """Its objects have no status: that is said, and nothing is guessed."""
    api.set({**strategy("old", "Queued", "b"), "status": None})
    try:
        for words in (("status",), ("why", "old"), ("wait", "old"), ("history", "old"), ("status", "-w")):
            done = promotion(api.kubeconfig, *words)
            assert (done.status, "the server is older than this command" in done.last) == (69, True), done
    finally:
        api.delete("promotionstrategydetails", "team", "old")


def test_unreachable(api: ViewsApi, tmp_path: Path) -> None:
    """A server that is not there, and one that has no such API."""
    nowhere = kubeconfig(tmp_path / "nowhere", "http://127.0.0.1:9")
    done = promotion(nowhere, "status")
    assert (done.status, "check the address in the kubeconfig" in done.last) == (69, True)
    done = promotion(nowhere, "wait", "shop", "--timeout", "2s")
    assert (done.status, done.last[:40]) == (2, "error: timed out after 2s: connection re")


# -- what is shown


def queued() -> dict[str, Any]:
    return details(
        [
            environment(DEV, "UpToDate", "c"),
            environment(STAGING, "Checking", "b", "c", "check e2e is pending", waitingFor=[waits("e2e")]),
            environment(PROD, "Queued", "b", "c", "waits for staging", waitingFor=[waits("order", on=STAGING)]),
        ],
        [policy(DEV, "c", past="cb"), policy(STAGING, "b", "c", "b"), policy(PROD, "b", "c", "b")],
        newest="c",
        name="seen",
        message="staging: check e2e is pending",
    )


def test_status(api: ViewsApi) -> None:
    """A row a strategy and a Stage; of one strategy its environments; in each form."""
    api.set(queued())
    api.set(
        {
            "apiVersion": "view.promoter.argoproj.io/v1alpha1",
            "kind": "StageDetails",
            "metadata": {"namespace": "team", "name": "uat"},
            "status": {"state": "Healthy", "since": "2026-11-30T12:00:00Z"},
            "freight": [{"alias": "wise-owl"}],
        }
    )
    lines = promotion(api.kubeconfig, "status").out.splitlines()
    # Its times are of one day: how long ago that is, and whether it counts as stalled, is for the day of the test.
    row = r"seen +Checking +\S+ +1/3 +(?:[a-z, ]+ stalled; )?staging: check e2e is pending +development=ccccccc,\S+"
    assert any(re.fullmatch(row, each) for each in lines), lines
    assert any(re.fullmatch(r"uat +Healthy +\S+ +wise-owl +- +-", each) for each in lines)
    one = promotion(api.kubeconfig, "status", "seen").out.splitlines()
    assert [each.split()[0] for each in one if each][3:] == ["development", "staging", "production"]
    everywhere = promotion(api.kubeconfig, "status", "-A", "-o", "wide").out.splitlines()
    assert everywhere[0].split()[:3] == ["NAMESPACE", "STRATEGY", "STATE"]
    assert promotion(api.kubeconfig, "status", "seen", "-o", "name").out == (
        "promotionstrategydetails.view.promoter.argoproj.io/seen\n"
    )
    found = json.loads(promotion(api.kubeconfig, "status", "seen", "-o", "json").out)
    assert found["status"]["environments"][2]["state"] == "Queued"
    assert "changeTransferPolicies" not in found
    several = yaml.safe_load(promotion(api.kubeconfig, "status", "-o", "yaml").out)
    assert several["kind"] == "List"
    assert (
        promotion(api.kubeconfig, "status", "-n", "empty").err
        == "No strategies and no Stages found in namespace empty.\n"
    )


def test_why_history_log_and_diff(api: ViewsApi) -> None:
    """The chain to the first cause, what went live where, what happened, and what lies between two environments."""
    api.set(queued())
    why = promotion(api.kubeconfig, "why", "seen", "production").out.splitlines()
    assert re.match(r"production is Queued for \S+: waits for staging", why[0])
    assert re.match(r"  staging is Checking for \S+(?: and stalled)?: check e2e is pending", why[2])
    chain = json.loads(promotion(api.kubeconfig, "why", "seen", PROD, "-o", "json").out)["chain"]
    assert [each["name"] for each in chain] == ["production", "staging"]
    history = promotion(api.kubeconfig, "history", "seen").out.splitlines()
    assert history[1].split()[:3] == ["2026-11-30T03:00:00Z", "development", "ccccccc"]
    log = promotion(api.kubeconfig, "log", "seen", "--since", "100d").out.splitlines()
    assert log[-1].endswith("team/seen production: Queued: waits for staging")
    assert log == sorted(log, key=lambda line: line.split()[0])
    diff = promotion(api.kubeconfig, "diff", "seen", "production", "development").out.splitlines()
    assert diff[0] == "development (ccccccc) is 1 known commit ahead of production (bbbbbbb)"
    assert diff[-1] == f"compare: https://git.example.com/app/compare/{sha('b')}...{sha('c')}"


#: What the Stage becomes; the exit status, and what the last line says.
STAGE_ENDINGS: dict[str, tuple[dict[str, Any] | None, int, str]] = {
    "in use": ({"has": NEW}, 0, "keen-owl is in use in team/in-use, which is Healthy"),
    "fails": (
        {"last": (NEW, "Failed"), "newer": [coming(NEW)]},
        1,
        "error: keen-owl failed in team/fails: Promotion p8 Failed: step 1 failed",
    ),
    "superseded": ({"has": OLD}, 3, "was superseded in team/superseded: wise-elk is there"),
    "nothing": (None, 2, "error: timed out after 3s: keen-owl: nothing verified in test"),
}


@pytest.mark.parametrize("case", STAGE_ENDINGS)
def test_how_a_wait_for_freight_ends(api: ViewsApi, case: str) -> None:
    """Of a Stage, by the beginning of the name of what comes next."""
    after, status, line = STAGE_ENDINGS[case]
    name = case.replace(" ", "-")
    api.set(stage_details(name, newer=[coming(NEW)]))
    timeout = "3s" if after is None else "5m"
    waiting = Running(api.kubeconfig, "wait", "--stage", name, "--freight", NEW[:9], "--timeout", timeout)
    if after is not None:
        waiting.said("verified in test")
        api.set(stage_details(name, **after))
    done = waiting.end()
    assert (done.status, line in done.last) == (status, True), done
    assert "Traceback" not in done.err


@pytest.mark.parametrize(
    ("words", "status", "line"),
    [
        (("wait", "--stage", "prdo"), 4, "there is no Stage 'prdo' in namespace team; did you mean 'prod'?"),
        (("wait", "prod", "--stage", "prod"), 64, "See 'kubectl promotion wait --help'."),
        (("wait", "--stage", "prod", "--freight", "no", "--appears-within", "1s"), 4, "no is not known to Stage prod"),
        (("why", "stage/prdo"), 4, "there is no Stage 'prdo' in namespace team; did you mean 'prod'?"),
        (
            ("why", "prdo"),
            4,
            "there is no promotion strategy and no Stage 'prdo' in namespace team; did you mean 'prod'?",
        ),
        (("status", "stage/prdo"), 4, "there is no Stage 'prdo' in namespace team; did you mean 'prod'?"),
        (("status", "prdo"), 4, "did you mean 'prod'?"),
        (("dora", "stage/prdo"), 4, "there is no Stage 'prdo' in namespace team; did you mean 'prod'?"),
        (("why", "prod", "test"), 4, "team/prod is a Stage: it has no environment 'test'"),
    ],
)
def test_what_is_not_there_of_stages(api: ViewsApi, words: tuple[str, ...], status: int, line: str) -> None:
    """As of strategies: a line, the nearest name, and a status of its own."""
    api.set(stage_details("prod"))
    done = promotion(api.kubeconfig, *words)
    assert (done.status, line in done.last) == (status, True), done


def test_a_stage_is_told_of_as_a_strategy_is(api: ViewsApi) -> None:
    """status, why, history and wait, in each form."""
    api.set(stage_details("delivery", last=(OLD, "Succeeded"), newer=[coming(NEW)]))
    status = promotion(api.kubeconfig, "status", "delivery").out.splitlines()
    assert re.fullmatch(r"delivery +Healthy +\S+ +wise-elk +keen-owl +-", status[1])
    assert re.fullmatch(r"keen-owl +main +Available +\S+ +verified in test", status[-1])
    assert promotion(api.kubeconfig, "status", "stage/delivery").out.splitlines()[0] == status[0]
    why = promotion(api.kubeconfig, "why", "stage/delivery").out.splitlines()
    assert why[1:] == ["it has wise-elk", "  keen-owl is Available: verified in test", "owner: team shop"]
    assert json.loads(promotion(api.kubeconfig, "why", "delivery", "-o", "json").out)["newer"][0]["freight"] == NEW
    assert "stagedetails" in promotion(api.kubeconfig, "why", "delivery", "-o", "name").out
    history = promotion(api.kubeconfig, "history", "delivery").out.splitlines()
    assert history[1].split()[:4] == ["2026-11-30T11:30:00Z", "wise-elk", "Succeeded", "p8"]
    listed = yaml.safe_load(promotion(api.kubeconfig, "history", "delivery", "-o", "yaml").out)
    assert listed["items"][0]["alias"] == "wise-elk"
    assert promotion(api.kubeconfig, "history", "delivery", "-o", "name").out == "p8\n"
    waited = promotion(api.kubeconfig, "wait", "--stage", "delivery", "--freight", "wise-elk", "-o", "json")
    assert json.loads(waited.out)["outcome"] == "well"
    api.set(stage_details("fresh"))
    assert "No Promotion to team/fresh has ended" in promotion(api.kubeconfig, "history", "fresh").err


def test_log_follows(api: ViewsApi) -> None:
    """A line for each change, until Ctrl-C."""
    api.set(strategy("followed", *COMING))
    following = Running(api.kubeconfig, "log", "followed", "-f", "--since", "100d")
    following.said("production: Checking: check e2e is pending")
    api.set(strategy("followed", "Verifying", "c", since="2026-11-30T13:00:00Z"))
    following.said("team/followed production: ccccccc is live: Change c, by C")
    following.said("2026-11-30T13:00:00Z team/followed production: Verifying")
    following.interrupt()
    done = following.end()
    assert (done.status, done.err) == (130, "")


# -- what a watch goes through


def test_a_wait_outlives_what_happens_to_its_watch(api: ViewsApi) -> None:
    """Cut watches, compacted positions, requests that are refused: it lists or resumes, and says how it ended."""
    api.set(strategy("outlives", *COMING))
    waiting = Running(api.kubeconfig, "wait", "outlives", "--commit", WANTED, "--environment", "production")
    waiting.said("production Checking")
    api.command("drop-watches")
    api.set(strategy("outlives", "Waiting", "b", "c", "", "soaks"))
    waiting.said("production Waiting (soaks)")
    api.command("request-fault", fault="Refuse", code=503, verb="watch", times=2)
    api.command("drop-watches")
    api.set(strategy("outlives", "Queued", "b", "c", "", "waits"))
    waiting.said("production Queued (waits)")
    api.command("advance", count=5)
    api.command("event-fault", fault="ErrorEvent", code=410, reason="Expired")
    api.set(strategy("outlives", "Promoting", "b", "c"))
    waiting.said("production Promoting")
    api.set(strategy("outlives", "UpToDate", "c"))
    done = waiting.end()
    assert (done.status, done.out) == (0, "cccccccc is live in production of team/outlives\n"), done


def test_ctrl_c(api: ViewsApi) -> None:
    """A wait and a watch end at once, and say nothing."""
    api.set(strategy("interrupted", *COMING))
    for words, said in (
        (("wait", "interrupted", "--commit", WANTED), "production Checking"),
        (("status", "interrupted", "-w"), "Checking"),
    ):
        running = Running(api.kubeconfig, *words)
        running.said(said)
        running.interrupt()
        done = running.end()
        assert done.status == 130
        assert "Traceback" not in done.err
        assert "error" not in done.err


def test_a_watch_without_a_terminal_appends(api: ViewsApi) -> None:
    """A row for each change, without colours or movements."""
    api.set(strategy("appends", *COMING))
    watching = Running(api.kubeconfig, "status", "appends", "-w")
    watching.said("production")
    api.set(strategy("appends", "Verifying", "c"))
    watching.said("Verifying")
    api.delete("promotionstrategydetails", "team", "appends")
    watching.said("team/appends is gone")
    watching.interrupt()
    assert "\x1b" not in watching.end().out


@pytest.mark.parametrize(("variables", "coloured"), [({}, True), ({"NO_COLOR": "1"}, False)])
def test_a_terminal(api: ViewsApi, variables: dict[str, str], coloured: bool) -> None:
    """The table is drawn in its place, as wide as the terminal; colours only without NO_COLOR."""
    api.set(strategy("drawn", *COMING))
    command = [script("kubectl-promotion"), "status", "drawn", "-w", "--kubeconfig", str(api.kubeconfig)]
    environ = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
    main, side = pty.openpty()
    process = subprocess.Popen(
        command, stdin=side, stdout=side, stderr=side, env={**environ, "TERM": "xterm", "COLUMNS": "60", **variables}
    )
    os.close(side)
    try:
        first = _read_until(main, b"Checking")
        api.set(strategy("drawn", "Verifying", "c"))
        rest = _read_until(main, b"Verifying")
        process.send_signal(2)
        assert process.wait(PATIENCE_SECONDS) == 130
    finally:
        process.kill()
        os.close(main)
    assert b"\x1b[" in rest
    assert re.search(rb"\x1b\[\d+A\r", rest) is not None
    assert (b"\x1b[36mChecking" in first) is coloured
    drawn = re.sub(rb"\x1b\[[0-9;]*[A-Za-z]", b"", first).decode().replace("\r", "").splitlines()
    assert max(map(len, drawn)) <= 60


@pytest.mark.parametrize(("variables", "shown"), [({"TERM": "xterm"}, 1), ({"TERM": "dumb"}, 2)])
def test_a_wait_on_a_terminal(api: ViewsApi, variables: dict[str, str], shown: int) -> None:
    """Its progress makes room for its last line, also where the terminal does not say how wide it is."""
    api.set(strategy("cleared", *COMING))
    words = ["wait", "cleared", "--commit", "e" * 8, "--appears-within", "1s", "--kubeconfig", str(api.kubeconfig)]
    environ = {name: value for name, value in os.environ.items() if name != "COLUMNS"}
    main, side = pty.openpty()
    process = subprocess.Popen(
        [script("kubectl-promotion"), *words], stdin=side, stdout=side, stderr=side, env={**environ, **variables}
    )
    os.close(side)
    try:
        said = _read_until(main, b"error: commit eeeeeeee is not known to cleared\r\n").decode()
        assert process.wait(PATIENCE_SECONDS) == 4
    finally:
        process.kill()
        os.close(main)
    left = [re.sub(r".*\r\x1b\[K", "", line) for line in said.split("\r\n")]
    assert len([line for line in left if "is not known" in line]) == shown


def _read_until(terminal: int, words: bytes) -> bytes:
    read, deadline = b"", time.monotonic() + PATIENCE_SECONDS
    while words not in read:
        assert time.monotonic() < deadline, read
        read += os.read(terminal, 4096)
    return read


def test_help_is_quick_and_imports_nothing() -> None:
    """Neither Twisted nor what asks the cluster; completion neither."""
    heavy = "twisted orjson yaml cryptography"
    code = f"import sys, promoter_view.command.promotion; print([m for m in '{heavy}'.split() if m in sys.modules])"
    done = subprocess.run([script("python"), "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == "[]\n"


def completed(*words: str) -> list[str]:
    """As kubectl reads them."""
    command = [script("kubectl_complete-promotion"), *words]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout.splitlines()


def test_kubectls_completion() -> None:
    """Commands, options and their values."""
    where, why, end = completed("wh")
    assert (where, why.split("\t")[0], end) == ("where\tShow where a commit is.", "why", ":4")
    assert completed("wait", "--fail")[0].startswith("--fail-fast\t")
    assert completed("status", "-o", "w") == ["wide", ":4"]
    assert completed()[-1] == ":4"


def test_names_are_completed(api: ViewsApi, tmp_path: Path) -> None:
    """Of strategies, Stages and Freight, as the cluster has them; nothing where it cannot be asked."""
    api.set(strategy("offered", *COMING))
    api.set(stage_details("offered-stage", newer=[coming(NEW)], had=[OLDER]))
    odd = {**coming(NEW), "name": "dddd", "alias": "$(reboot)"}
    api.set(stage_details("offered-odd", has="", newer=[odd]))
    reach = ("--kubeconfig", str(api.kubeconfig))
    assert completed("why", *reach, "offered") == ["offered", "offered-odd", "offered-stage", ":4"]
    assert completed("why", *reach, "stage/offered") == ["stage/offered-odd", "stage/offered-stage", ":4"]
    assert completed("diff", *reach, "offered") == ["offered", ":4"]
    assert completed("wait", *reach, "--stage", "offered-s") == ["offered-stage", ":4"]
    of_stage = ("wait", *reach, "--stage", "offered-stage", "--freight")
    assert completed(*of_stage, "") == ["aaaaaaa\t" + OLDER, "keen-owl\t" + NEW, "wise-elk\t" + OLD, ":4"]
    assert completed(*of_stage, NEW[:9]) == [NEW, ":4"]
    assert completed("wait", *reach, "--stage", "offered-odd", "--freight", "") == [":4"]
    assert completed("wait", *reach, "--freight", "keen") == ["keen-owl\t" + NEW, ":4"]
    assert completed("why", "--kubeconfig", str(tmp_path / "none"), "off") == [":4"]

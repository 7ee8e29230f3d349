"""How commands end: an exit status and one line for each, and never a traceback."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import click
import pytest

from promoter_view.command.exits import CommandError, Exit, Signalled
from promoter_view.command.shell import run


def failing(error: BaseException) -> Callable[[], None]:
    def fail() -> None:
        raise error

    return fail


CASES = {
    "nothing went wrong": (lambda: None, 0, ""),
    "an ending of its own": (lambda: click.get_current_context().exit(3), 3, ""),
    "a cause": (failing(CommandError(Exit.UNKNOWN, "no such thing")), 4, "error: no such thing\n"),
    "a cause with escape sequences": (
        failing(CommandError(Exit.UNREACHABLE, "no\x1b]0;x\x07\nway")),
        69,
        "error: no ]0;x  way\n",
    ),
    "wrong words": (failing(click.UsageError("Bad words.")), 64, "error: bad words\nSee 'it --help'.\n"),
    "a full disk": (
        failing(OSError(errno.ENOSPC, "No space left on device")),
        74,
        "error: the output cannot be written: No space left on device\n",
    ),
    "a signal": (failing(Signalled(Exit.TERMINATED)), 143, ""),
    "Ctrl-C": (failing(KeyboardInterrupt()), 130, ""),
    "a defect": (
        failing(ZeroDivisionError("by\nzero")),
        70,
        "error: a fault in it, please report it with what PROMOTER_VIEW_TRACEBACK=1 prints: ZeroDivisionError: "
        "by zero\n",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_each_ending(case: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The status, and what is said."""
    work, status, line = CASES[case]
    with pytest.raises(SystemExit) as ended:
        run(click.Command("it", callback=work), "it", [])
    assert (ended.value.code, capsys.readouterr().err) == (status, line)


def test_a_defect_is_shown_whole_on_demand(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """With the variable that the line names."""
    monkeypatch.setenv("PROMOTER_VIEW_TRACEBACK", "1")
    with pytest.raises(SystemExit):
        run(click.Command("it", callback=failing(ZeroDivisionError("by zero"))), "it", [])
    assert "Traceback" in capsys.readouterr().err


def test_a_letter_that_the_locale_lacks() -> None:
    """It is written as a question mark, wherever the output goes."""
    program = "import click; from promoter_view.command.shell import run; "
    program += "run(click.Command('it', callback=lambda: print('Ngozi Adéyẹmí …')), 'it', [])"
    ascii_only = {**os.environ, "PYTHONIOENCODING": "ascii"}
    done = subprocess.run([sys.executable, "-c", program], check=False, capture_output=True, env=ascii_only, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"Ngozi Ad?y?m? ?\n", b"")


def script(name: str) -> str:
    return str(Path(sys.executable).with_name(name))


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        ((), 64, "Usage: promoter-view [OPTIONS] COMMAND"),
        (("--help",), 0, ""),
        (("serv",), 64, "error: no such command 'serv'; did you mean serve?"),
        (("version", "--verbos"), 64, "error: no such option '--verbos'"),
        (("log", "copy", "a", "b", "--etcd-usr", "x"), 64, "did you mean --etcd-user?"),
        (
            ("completion", "fisch"),
            64,
            "invalid value 'fisch' for bash|zsh|fish: expected bash, zsh, fish; did you mean",
        ),
        (("serve", "--secur-port", "1"), 64, "did you mean --secure-port?"),
        (("check", "--kubecofig", "x"), 64, "did you mean --kubeconfig?"),
    ],
)
def test_words_of_the_program(words: tuple[str, ...], status: int, said: str) -> None:
    """A wrong one is 64, and the nearest right one is named."""
    done = subprocess.run([script("promoter-view"), *words], check=False, capture_output=True, text=True, timeout=60)
    assert (done.returncode, said in done.stderr) == (status, True), done.stderr
    assert "Traceback" not in done.stderr


def test_nobody_reads_on() -> None:
    """A reader that has gone is no reason for words."""
    command = f"{script('promoter-view')} serve --help | head -n 1; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], check=False, capture_output=True, text=True, timeout=60)
    assert done.stdout.splitlines()[0] == "Usage: promoter-view serve [OPTIONS]"
    assert done.stdout.splitlines()[1] in ("0", "141")
    assert done.stderr == ""


def test_serve_has_twistds_options() -> None:
    """Its help is that of the plugin, behind a usage of its own."""
    done = subprocess.run(
        [script("promoter-view"), "serve", "--help"], check=False, capture_output=True, text=True, timeout=60
    )
    assert done.stdout.startswith("Usage: promoter-view serve [OPTIONS]")
    assert "--retention-events" in done.stdout.replace("event-log-retention", "retention")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion(shell: str) -> None:
    """Each shell gets a script of its own that asks this command."""
    done = subprocess.run(
        [script("promoter-view"), "completion", shell], check=False, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0
    assert "_PROMOTER_VIEW_COMPLETE" in done.stdout


def test_what_is_completed() -> None:
    """Commands by their beginning, each with its help where the shell shows one."""
    asked = {"_PROMOTER_VIEW_COMPLETE": "zsh_complete", "COMP_WORDS": "promoter-view ver", "COMP_CWORD": "1"}
    done = subprocess.run(
        [script("promoter-view")], env={**os.environ, **asked}, check=False, capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stdout.splitlines()) == (0, ["plain", "version", "Print the version."])

"""The command that copies logs: what it moves, what it says, what it refuses."""

from __future__ import annotations

import subprocess
import sys
from configparser import ConfigParser
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from promoter_view.command.program import log_main
from promoter_view.metrics import Metrics
from promoter_view.records import Change, ChangeType, CursorMoved, CursorPlace, ObjectKey, Position
from promoter_view.views.definition import GENERATION
from promoter_view.views.known import DEFINITIONS
from promoter_view.views.projector import Projector
from tests.support.api.world import strategy
from tests.support.log.fakes import MIRROR, PATH, Bench


def projector() -> Projector:
    return Projector(
        DEFINITIONS, generation=GENERATION, history_bytes=1 << 20, metrics=Metrics(), warn=lambda line: None
    )


@pytest.fixture
def filled(tmp_path: Path) -> tuple[Path, Projector]:
    """A closed log of three strategies, and what it amounts to."""
    bench, views = Bench(tmp_path / "from", generation=GENERATION), projector()
    log = bench.make()
    bench.wait(log.start(views, MIRROR))
    bench.append(log, Position(PATH, "1"))
    for number in range(3):
        key = ObjectKey("PromotionStrategy", "n", f"s{number}")
        body = strategy("n", f"s{number}", note="x" * 1000)
        bench.append(log, Change(ChangeType.ADDED, key, body, str(number), PATH, str(number)))
    bench.stop(log)
    return bench.path, views


def command(*arguments: str) -> subprocess.CompletedProcess[str]:
    call = [sys.executable, "-c", "from promoter_view.command.program import log_main; log_main()"]
    return subprocess.run([*call, *arguments], check=False, capture_output=True, text=True, timeout=60)


def test_a_copy_serves_the_same(filled: tuple[Path, Projector], tmp_path: Path) -> None:
    """The copy has the same bundles, byte for byte; who stands at the head resumes, and the head only rises."""
    source, views = filled
    target = tmp_path / "to"
    done = command("copy", f"file:{source}", f"file:{target}")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("3 objects, 3 bundles and 1 positions are in ")
    assert f"above offset {views.snapshot().offset}" in done.stdout
    bench, copied = Bench(target, generation=GENERATION), projector()
    log = bench.make()
    bench.wait(log.start(copied, MIRROR))
    assert (copied.state.catalogue.digest.value, copied.ready) == (views.state.catalogue.digest.value, True)
    assert copied.head > views.head
    assert copied.cursor(DEFINITIONS[0].plural, "", views.head).take(10) == []
    bench.stop(log)


@pytest.mark.parametrize(("options", "copied"), [((), {}), (("--cursors",), {"chat": CursorPlace(5, 0)})])
def test_cursors_stay_behind_unless_they_are_asked_for(
    filled: tuple[Path, Projector], tmp_path: Path, options: tuple[str, ...], copied: dict[str, CursorPlace]
) -> None:
    """Two logs with one cursor would send everything twice; whoever moves for good takes the cursors along."""
    source, views = filled
    bench = Bench(source, generation=GENERATION)
    log = bench.make()
    bench.wait(log.start(views, MIRROR))
    bench.append(log, CursorMoved("chat", CursorPlace(5, 0)))
    bench.stop(log)
    target = tmp_path / "to"
    assert command("copy", f"file:{source}", f"file:{target}", *options).returncode == 0
    other, found = Bench(target, generation=GENERATION), projector()
    begun = other.make()
    other.wait(begun.start(found, MIRROR))
    assert dict(found.cursors) == copied
    other.stop(begun)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "Usage"),
        (("copy", "file:a"), "missing argument 'TO'"),
        (("copy", "a", "file:b"), "'a' names no log that can be copied"),
        (("copy", "file:a", "memory:"), "'memory:' names no log that can be copied"),
        (("copy", "file:a", "file:a"), "the same log"),
    ],
)
def test_wrong_arguments(arguments: tuple[str, ...], words: str) -> None:
    """Status 64, and what was expected."""
    done = command(*arguments)
    assert done.returncode == 64
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_a_folder_is_enough(filled: tuple[Path, Projector], tmp_path: Path) -> None:
    """As for a journal: the folder names its log, with and without file:."""
    source, _ = filled
    said = {command("verify", f"{scheme}{source}").stdout for scheme in ("", "file:")}
    assert len(said) == 1
    assert said.pop().startswith(f"file:{source} is whole up to offset ")
    target = tmp_path / "empty"
    target.mkdir()
    copied = command("copy", str(source), str(target))
    assert (copied.returncode, f"--event-log file:{target}:" in copied.stdout) == (0, True)


def test_nothing_to_copy(tmp_path: Path) -> None:
    """Status 1 and one line for a log that is not there; nothing is made."""
    done = command("copy", f"file:{tmp_path / 'from'}", f"file:{tmp_path / 'to'}")
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "holds no event log" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_target_that_is_in_use(filled: tuple[Path, Projector]) -> None:
    """Status 1 where there is a log already."""
    source, _ = filled
    other = source.with_name("to")
    assert command("copy", f"file:{source}", f"file:{other}").returncode == 0
    done = command("copy", f"file:{source}", f"file:{other}")
    assert done.returncode == 1
    assert "holds an event log already" in done.stderr


def test_the_command_has_its_name() -> None:
    """The package installs the command as promoter-view-log: so says setup.cfg, or what was made of it."""
    settings = ConfigParser()
    if settings.read(Path(__file__).parents[2] / "setup.cfg"):
        lines = settings["options.entry_points"]["console_scripts"].splitlines()
    else:
        lines = [f"{found.name} = {found.value}" for found in entry_points(group="console_scripts")]
    assert f"promoter-view-log = {log_main.__module__}:{log_main.__name__}" in lines

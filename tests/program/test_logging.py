"""Log lines in both forms."""

import io
from pathlib import Path

import orjson
import pytest
from twisted.logger import Logger
from twisted.python.failure import Failure
from twisted.python.logfile import LogFile

from promoter_view.program.logging import observer


def lines(form: str, level: str) -> list[str]:
    stream = io.StringIO()
    log = Logger(namespace="test", observer=observer(stream, form, level, "one"))
    log.debug("small")
    log.info("two\nlines of {what}", what="text")
    try:
        raise ValueError("bad")
    except ValueError:
        log.failure("it failed", failure=Failure())
    return stream.getvalue().splitlines()


def test_json_is_one_line_an_event() -> None:
    """Each event is one JSON object, whatever its message holds; a failure brings its traceback along."""
    first, second = (orjson.loads(line) for line in lines("json", "info"))
    assert first["message"] == "two\nlines of text"
    assert (first["level"], first["logger"]) == ("info", "test")
    assert "ValueError: bad" in second["traceback"]


@pytest.mark.parametrize(("level", "count"), [("debug", 3), ("info", 2), ("error", 1)])
def test_the_level_is_a_floor(level: str, count: int) -> None:
    """Events below the level are not written."""
    assert len(lines("json", level)) == count


def test_json_says_what_a_line_is_about() -> None:
    """Its object and how it ended, as fields to search by; the replica on every line; nothing that is no text."""
    stream = io.StringIO()
    log = Logger(namespace="test", observer=observer(stream, "json", "info", "pod-1"))
    log.info("{kind} {namespace}/{name}: {outcome}", kind="Promotion", namespace="team", name="p", outcome="Succeeded")
    log.info("no object", kind=3, other="x")
    first, second = (orjson.loads(line) for line in stream.getvalue().splitlines())
    assert first["message"] == "Promotion team/p: Succeeded"
    wanted = {"kind": "Promotion", "namespace": "team", "name": "p", "outcome": "Succeeded", "replica": "pod-1"}
    assert {name: first.get(name) for name in wanted} == wanted
    assert set(second) == {"time", "level", "logger", "message", "replica"}


def test_without_a_terminal_the_form_is_json() -> None:
    """What no person looks at is JSON unless asked otherwise."""
    assert lines("", "info")[0].startswith("{")
    assert not lines("text", "info")[0].startswith("{")


def test_a_log_file_that_twistd_rotates(tmp_path: Path) -> None:
    """Under ``twistd --logfile``, and in the background, lines go to Twisted's LogFile, as JSON."""
    file = LogFile("program.log", str(tmp_path))
    Logger(namespace="test", observer=observer(file, "", "info", "one")).info("it runs")
    file.close()
    assert orjson.loads((tmp_path / "program.log").read_bytes())["message"] == "it runs"

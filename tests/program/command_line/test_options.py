"""The command line as twistd calls it."""

import pytest

import promoter_view
from promoter_view.program.command_line.options import Options
from promoter_view.program.command_line.settings import OPTIONS


@pytest.mark.parametrize("words", [["--nonsense"], ["--history-bytes", "x"], ["surplus"], ["--tls-cert-file", "x"]])
def test_a_refusal_is_one_line_and_status_2(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Whatever is wrong with the command line, the program says one line and ends with status 2."""
    with pytest.raises(SystemExit) as caught:
        Options().parseOptions(words)
    assert caught.value.code == 2
    assert capsys.readouterr().err.startswith("promoter-view: ")


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("--secure-prot=1", "unknown option --secure-prot; did you mean --secure-port?"),
        ("--versoin", "unknown option --versoin; did you mean --version?"),
        ("--quux", "unknown option --quux"),
        ("--log=json", "several options begin with --log: --log-format, --log-level"),
    ],
)
def test_an_unknown_option_is_named_with_the_nearest(word: str, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Where nothing is alike, nothing is suggested."""
    with pytest.raises(SystemExit):
        Options().parseOptions([word])
    assert capsys.readouterr().err == f"promoter-view: {said}\n"


def test_the_version_is_the_programs_own(capsys: pytest.CaptureFixture[str]) -> None:
    """Not Twisted's, though twistd reads the options."""
    with pytest.raises(SystemExit) as caught:
        Options().parseOptions(["--version"])
    assert (caught.value.code, capsys.readouterr().out) == (0, f"promoter-view {promoter_view.__version__}\n")


def test_every_option_is_known_to_twistd() -> None:
    """What is declared is parsed: a flag by its name alone, all else with a value, and both reach the settings."""
    options = Options()
    options.parseOptions(["--demo", "--history-bytes", "1Mi", "--event-log=memory:"])
    assert options.settings.program.demo
    assert options.settings.event_log.history_bytes == 1 << 20
    assert options.settings.event_log.url == "memory:"
    assert {option.name for option in OPTIONS} <= set(options)


@pytest.mark.parametrize(("columns", "most"), [("40", 72), ("100", 100), ("300", 120)])
def test_the_help_is_as_wide_as_the_terminal(columns: str, most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Within bounds: below 72 columns nothing could be read, above 120 no eye finds the next line."""
    monkeypatch.setenv("COLUMNS", columns)
    widths = [len(line) for line in Options().getUsage().splitlines() if " " in line.strip()]
    assert most - 10 < max(widths) <= most

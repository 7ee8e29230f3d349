"""What --help says."""

import pytest

from promoter_view.program.command_line.help import help_text
from promoter_view.program.command_line.settings import OPTIONS, SECTIONS


@pytest.mark.parametrize("width", [72, 80, 120])
def test_every_option_stands_under_its_purpose(width: int) -> None:
    """Titles in their order, each option once at the beginning of a line, and no line wider than was asked for."""
    lines = help_text(SECTIONS, width).splitlines()
    assert [line[:-1] for line in lines if line and line[0] != " "] == [*(each.title for each in SECTIONS), "Others"]
    words = [line.split()[0] for line in lines if line.startswith("  --")]
    assert words == [*(f"--{option.name}" for option in OPTIONS), "--help", "--version"]
    assert all(len(line) <= width or " " not in line.strip() for line in lines)


def test_a_default_stands_behind_its_meaning() -> None:
    """What counts where an option is not given: its default, or in words what does."""
    text = " ".join(help_text(SECTIONS, 120).split())
    assert "memory for the history from which clients resume [default: 64Mi]" in text
    assert "context in the kubeconfig [default: its current-context]" in text
    assert "[default: 8080; 8080+ with --demo]" in text
    assert "file to write the picked port to --tls-cert-file" in text

"""The blocks of commands on the pages, and what their marks say of running them here.

A mark is a comment right before a block: ``<!-- docs-check: demo -->`` runs it beside a demo, ``laptop`` on a machine
with a kubeconfig, ``no, REASON`` not at all. ``python -m tests.docs.commands`` lists all of them; ``make docs-check``
lists and runs them.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.docs.pages import PAGES, shown

WORLDS = ("demo", "laptop")
_BLOCK = re.compile(
    r"(?:^<!-- docs-check: (?P<mark>[^\n]*?) -->\n+)?^```(?P<language>\w*)\n(?P<text>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
#: Made of the declared commands: usages, not commands.
_MADE = "command.md"


@dataclass(frozen=True, slots=True)
class Commands:
    """One block: its page, its text, and its mark, "" for none."""

    page: Path
    text: str
    mark: str


def commands() -> Iterator[Commands]:
    """All blocks of shell commands, but for the page of usages."""
    for page in PAGES:
        for found in _BLOCK.finditer(page.read_text(encoding="utf-8")):
            if found["language"] in ("", "sh", "bash") and page.name != _MADE:
                yield Commands(page, found["text"], found["mark"] or "")


def run_in(world: str) -> str:
    """The commands of that world, page by page, as one script."""
    return "\n".join(
        f"echo '## {shown(each.page)}'\nset -x\n{each.text}{{ set +x; }} 2>/dev/null"
        for each in commands()
        if each.mark == world
    )


def main() -> None:
    """Each block with its mark and its first line."""
    for each in commands():
        sys.stdout.write(f"{shown(each.page):28} {each.mark or 'not marked':40} {each.text.splitlines()[0][:70]}\n")


if __name__ == "__main__":
    main()

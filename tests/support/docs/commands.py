"""The blocks of commands on the pages, and what their marks say of running them here.

A mark is a comment right before a block:

- ``<!-- docs-check: demo -->`` runs it in that world, or in each of several: tests/support/docs/worlds.py.
- ``<!-- docs-check: proxy, as nginx.conf -->`` writes a block of any language into a file there, as a reader does.
- ``<!-- docs-check: no, REASON -->`` does not run it. REASON is one of a short list, after ``:`` may follow more.

``python -m tests.support.docs.commands`` lists all of them; ``make docs-check`` lists and runs them.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

from tests.support.docs.pages import PAGES, shown
from tests.support.docs.stand_ins import STAND_INS
from tests.support.docs.worlds import REASONS, WORLDS, World

_BLOCK = re.compile(
    r"(?:^ *<!-- docs-check: (?P<mark>[^\n]*?) -->\n+)?"
    r"^(?P<indent> *)```(?P<language>\w*)\n(?P<text>.*?)^(?P=indent)```$",
    re.MULTILINE | re.DOTALL,
)
_SHELL = ("", "sh", "bash")
#: Made of the declared commands: most of its blocks say how one is called.
MADE = "command.md"
_NOT_RUN = "no, "


@dataclass(frozen=True, slots=True)
class Commands:
    """One block: its page, its language, its text, and its mark, "" for none."""

    page: Path
    language: str
    text: str
    mark: str

    @property
    def worlds(self) -> tuple[str, ...]:
        """Where it is run, or written into a file."""
        return () if self.mark.startswith(_NOT_RUN) else tuple(self.mark.partition(",")[0].split())

    @property
    def file(self) -> str:
        """The file that it is written into; "" where it is run."""
        return "" if self.mark.startswith(_NOT_RUN) else self.mark.partition(", as ")[2]

    @property
    def reason(self) -> str:
        """Why it is not run; "" where it is."""
        return self.mark.removeprefix(_NOT_RUN).partition(":")[0] if self.mark.startswith(_NOT_RUN) else ""

    @property
    def is_to_be_marked(self) -> bool:
        """Whether a reader would type it."""
        return self.language in _SHELL and not (self.page.name == MADE and "[OPTIONS]" in self.text)


def commands() -> Iterator[Commands]:
    """All blocks of shell commands, and others that have a mark."""
    for page in PAGES:
        for found in _BLOCK.finditer(page.read_text(encoding="utf-8")):
            block = Commands(page, found["language"], dedent(found["text"]), found["mark"] or "")
            if block.is_to_be_marked or block.mark:
                yield block


def blocks_of(world: World) -> list[Commands]:
    """Its blocks, in the order in which a reader comes to the pages."""
    found = [each for each in commands() if world.name in each.worlds]
    order = {name: place for place, name in enumerate(world.pages)}
    return sorted(found, key=lambda each: order.get(shown(each.page), len(order)))


def run_in(world: World) -> str:
    """The commands of that world, page by page, as one script."""
    return "\n".join(_script(each, world) for each in blocks_of(world))


def _script(block: Commands, world: World) -> str:
    text = block.text
    for written, given in world.given.items():
        text = text.replace(written, given)
    begun = f"echo '## {shown(block.page)}'"
    if block.file:
        folder = Path(block.file).parent
        return f"{begun}\nmkdir -p {folder}\ncat >{block.file} <<'END_OF_BLOCK'\n{text}END_OF_BLOCK"
    return f"{begun}\nset -x\n{text}{{ set +x; }} 2>/dev/null"


def main() -> None:
    """Each block with its mark and its first line; what is put in place of what; why some are not run."""
    say = sys.stdout.write
    for each in commands():
        say(f"{shown(each.page):28} {each.mark or 'not marked':40} {each.text.splitlines()[0][:70]}\n")
    say(f"docs/{MADE:23} {'no, usage':40} every other block\n\nWhere commands run:\n")
    for world in WORLDS.values():
        say(f"  {world.name:14} {world.meaning} ({len(blocks_of(world))} blocks)\n")
        for written, given in world.given.items():
            say(f"  {'':14}   {written} is {given.splitlines()[0]}\n")
    say("\nIn place of commands that do not end, or need a kubelet:\n")
    for stand_in in STAND_INS.values():
        say(f"  {stand_in.name:14} {stand_in.meaning}\n")
    say("\nWhy a block is not run:\n")
    for name, meaning in REASONS.items():
        say(f"  {name:24} {meaning} ({sum(each.reason == name for each in commands())} blocks)\n")


if __name__ == "__main__":
    main()

"""Reads a Dockerfile and a .dockerignore: as much of their grammar as ours use, and an error for the rest."""

from __future__ import annotations

import fnmatch
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

_KNOWN = {
    "ARG",
    "FROM",
    "ENV",
    "WORKDIR",
    "RUN",
    "COPY",
    "LABEL",
    "USER",
    "EXPOSE",
    "STOPSIGNAL",
    "ENTRYPOINT",
    "CMD",
    "HEALTHCHECK",
    "ADD",
    "SHELL",
    "VOLUME",
}
_VARIABLE = re.compile(r"\$(?:\{(\w+)\}|(\w+))")
_PAIR = re.compile(r'(\S+?)=("[^"]*"|\S*)(?:\s+|$)')


@dataclass(frozen=True, slots=True)
class Instruction:
    """One instruction: its word in capitals, and what follows it on one line."""

    word: str
    rest: str

    @property
    def flags(self) -> dict[str, str]:
        """``--name=value`` before the arguments."""
        found = {}
        for part in self.rest.split():
            if not part.startswith("--"):
                break
            name, _, value = part[2:].partition("=")
            found[name] = value
        return found

    @property
    def arguments(self) -> list[str]:
        """The words after the flags."""
        words = self.rest.split()
        return words[len(self.flags) :]

    @property
    def command(self) -> list[str]:
        """What is executed: the exec form's words, or a shell with the line."""
        if self.rest.startswith("["):
            return [str(word) for word in json.loads(self.rest)]
        return ["/bin/sh", "-c", self.rest]

    @property
    def pairs(self) -> dict[str, str]:
        """``name=value`` of ENV, LABEL and ARG, unquoted."""
        return {name: value.strip('"') for name, value in _PAIR.findall(self.rest)}


@dataclass(frozen=True, slots=True)
class Stage:
    """One FROM and what follows it."""

    image: str
    name: str
    instructions: tuple[Instruction, ...] = field(default_factory=tuple)

    def all(self, word: str) -> list[Instruction]:
        """The instructions of that word, in order."""
        return [instruction for instruction in self.instructions if instruction.word == word]


def instructions(text: str) -> Iterator[Instruction]:
    """The instructions of a Dockerfile. ValueError: an instruction that nobody knows."""
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    for line in re.sub(r"\\\n\s*", "", "\n".join(lines)).splitlines():
        word, _, rest = line.strip().partition(" ")
        if word.upper() not in _KNOWN:
            raise ValueError(f"not an instruction: {line}")
        yield Instruction(word.upper(), rest.strip())


def stages(text: str, arguments: Mapping[str, str] | None = None) -> list[Stage]:
    """The stages, their FROMs filled in from the ARGs before the first one and ``arguments``."""
    found: list[Stage] = []
    values: dict[str, str] = {}
    for instruction in instructions(text):
        if instruction.word == "FROM":
            image, *name = filled(instruction.rest, values).split()
            found.append(Stage(image, name[1] if len(name) == 2 else ""))
        elif not found:
            values |= instruction.pairs | dict(arguments or {})
        else:
            last = found[-1]
            found[-1] = Stage(last.image, last.name, (*last.instructions, instruction))
    return found


def filled(text: str, values: Mapping[str, str]) -> str:
    """The text with ``$name`` and ``${name}`` replaced."""
    return _VARIABLE.sub(lambda match: values.get(match[1] or match[2], ""), text)


class Ignored:
    """What a .dockerignore keeps out of the build's context: the last line that matches a path or its parent counts."""

    def __init__(self, text: str) -> None:
        lines = [line.strip() for line in text.splitlines()]
        self._patterns = [line for line in lines if line and not line.startswith("#")]

    def __call__(self, path: str) -> bool:
        """Whether the file at ``path``, relative to the context, stays out."""
        ignored = False
        for pattern in self._patterns:
            if self._matches(pattern.lstrip("!"), path):
                ignored = not pattern.startswith("!")
        return ignored

    def files(self, context: Path) -> list[str]:
        """The files that are in the context, relative to it, sorted."""
        return sorted(self._walk(context, ""))

    def _walk(self, context: Path, folder: str) -> Iterator[str]:
        for entry in sorted((context / folder).iterdir()):
            path = f"{folder}/{entry.name}".lstrip("/")
            if not entry.is_dir():
                yield from [] if self(path) else [path]
            elif not self(path) or self._excepted_below(path):
                yield from self._walk(context, path)

    def _excepted_below(self, folder: str) -> bool:
        return any(pattern.startswith(f"!{folder}/") for pattern in self._patterns)

    @staticmethod
    def _matches(pattern: str, path: str) -> bool:
        parts = path.split("/")
        if pattern.startswith("**/"):
            return any(fnmatch.fnmatchcase(part, pattern[3:]) for part in parts)
        depth = pattern.count("/") + 1
        return len(parts) >= depth and all(
            fnmatch.fnmatchcase(part, wanted) for part, wanted in zip(parts, pattern.split("/"), strict=False)
        )

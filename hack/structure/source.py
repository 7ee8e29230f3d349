"""A module as the gates see it: where it stands, and its syntax tree."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath


@dataclass(frozen=True, slots=True)
class Module:
    """One Python file. ``path`` is relative to the root of the repository."""

    path: PurePosixPath
    tree: ast.Module


@dataclass(frozen=True, slots=True)
class Definition:
    """A class, function or method, and the name that exceptions give it: ``PATH:Class.method``."""

    module: Module
    qualified: str
    node: ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef

    @property
    def key(self) -> str:
        """How the table of exceptions names it."""
        return f"{self.module.path}:{self.qualified}"


def module(path: str, text: str) -> Module:
    """A module from its text."""
    return Module(PurePosixPath(path), ast.parse(text))


def modules(root: Path, *folders: str) -> list[Module]:
    """Every module below ``folders`` of the repository at ``root``, in order."""
    found = (path for folder in folders for path in sorted((root / folder).rglob("*.py")))
    return [module(path.relative_to(root).as_posix(), path.read_text(encoding="utf-8")) for path in found]


def definitions(of: Module) -> Iterator[Definition]:
    """Every class, function and method of a module, those within others too."""
    return _within(of, of.tree, "")


def _within(of: Module, parent: ast.AST, prefix: str) -> Iterator[Definition]:
    for node in ast.iter_child_nodes(parent):
        inner = prefix
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield Definition(of, prefix + node.name, node)
            inner = f"{prefix}{node.name}."
        yield from _within(of, node, inner)

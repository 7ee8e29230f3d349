"""Imports among tests: a folder of tests takes from itself and from those that are there to be shared."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath

from hack.structure.numbers import Numbers
from hack.structure.source import Module

_ROOT = "tests"


def complaints(tests: Iterable[Module], numbers: Numbers) -> Iterator[str]:
    """Each import of another folder of tests."""
    for module in tests:
        own = _folder(module.path)
        for line, imported in imports(module):
            folder = _imported_folder(imported)
            if folder is not None and folder != own and folder not in numbers.shared_test_folders:
                yield f"{module.path}:{line}: imports {imported}; what folders share stands in tests/support"


def imports(module: Module) -> Iterator[tuple[int, str]]:
    """The line and the dotted name of everything that a module imports, wherever in it."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            source = _absolute(module.path, node)
            yield from ((node.lineno, f"{source}.{alias.name}") for alias in node.names)


def _absolute(path: PurePosixPath, node: ast.ImportFrom) -> str:
    if not node.level:
        return node.module or ""
    package = path.parts[: -node.level]
    return ".".join((*package, *([node.module] if node.module else [])))


def _folder(path: PurePosixPath) -> str:
    """The folder of tests that a module belongs to; its own name for one right below tests/."""
    return path.parts[1].removesuffix(".py")


def _imported_folder(name: str) -> str | None:
    parts = name.split(".")
    return parts[1] if parts[0] == _ROOT and len(parts) > 1 else None

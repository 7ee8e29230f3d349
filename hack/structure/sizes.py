"""Sizes: lines of a function's body and of a class, parameters of a constructor, modules of a folder."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from hack.structure.numbers import Numbers
from hack.structure.source import Definition, Module, definitions


@dataclass(frozen=True, slots=True)
class Size:
    """What was measured of one thing. ``unit`` reads behind the number: ``lines in a class``."""

    key: str
    number: int
    unit: str
    limit: int


def complaints(package: Sequence[Module], numbers: Numbers) -> Iterator[str]:
    """What is larger than its limit or its exception, and each exception that nothing needs any more."""
    needed = set()
    for size in measured(package, numbers):
        if size.number <= size.limit:
            continue
        needed.add(size.key)
        allowed = numbers.exceptions.get(size.key, size.limit)
        if size.number > allowed:
            yield f"{size.key}: {size.number} {size.unit}, at most {allowed}"
    for key in sorted(numbers.exceptions.keys() - needed):
        yield f"{key}: is within the limit now; take it out of the exceptions"


def measured(package: Sequence[Module], numbers: Numbers) -> Iterator[Size]:
    """Every size of a package that has a limit."""
    for module in package:
        for one in definitions(module):
            yield from _of_definition(one, numbers)
    for folder, count in _folders(package).items():
        yield Size(folder, count, "modules in a folder", numbers.folder_modules)


def _of_definition(one: Definition, numbers: Numbers) -> Iterator[Size]:
    if isinstance(one.node, ast.ClassDef):
        lines = (one.node.end_lineno or one.node.lineno) - one.node.lineno + 1
        yield Size(one.key, lines, "lines in a class", numbers.class_lines)
        return
    yield Size(one.key, body_lines(one.node), "lines in a function's body", numbers.function_lines)
    if one.node.name == "__init__":
        # Apart from the body's, so that an exception for the one is none for the other.
        key, limit = f"{one.key}()", numbers.constructor_parameters
        yield Size(key, _parameters(one.node.args), "parameters of a constructor", limit)


def body_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """The lines of a function below its signature and docstring."""
    body = node.body[1:] if ast.get_docstring(node) is not None else node.body
    return (node.end_lineno or node.lineno) - body[0].lineno + 1 if body else 0


def _parameters(arguments: ast.arguments) -> int:
    """How many values a constructor takes, without ``self``."""
    return len(arguments.posonlyargs) + len(arguments.args) + len(arguments.kwonlyargs) - 1


def _folders(package: Iterable[Module]) -> Counter[str]:
    return Counter(str(module.path.parent) for module in package if module.path.name != "__init__.py")

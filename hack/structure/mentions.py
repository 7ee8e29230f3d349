"""Definitions that nothing but tests uses: a public name of the package that no line of the program has a word for.

Names are compared, not bindings: a method counts as used where any attribute of that name is. So what is reported is
dead; some of what is dead is not reported.
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from hack.structure.numbers import Numbers
from hack.structure.source import Definition, Module

_WORD = re.compile(r"[A-Za-z_]\w*")
_OVERRIDE = re.compile(r"See (click|usage)\.[A-Z]")
_REGISTERING = frozenset({"route", "command", "group"})


def complaints(
    package: Sequence[Module], users: Iterable[Module], texts: Iterable[str], numbers: Numbers
) -> Iterator[str]:
    """Each public definition without a stated reason that neither the package, ``users`` nor ``texts`` mention."""
    used: Counter[str] = Counter()
    for module in (*package, *users):
        used.update(mentions(module.tree))
    for text in texts:
        used.update(_WORD.findall(text))
    unused = [one for module in package for one in _public(module) if not _is_used(one, used)]
    allowed = numbers.unmentioned
    yield from (f"{one.key}: only tests use it, or nothing" for one in unused if one.key not in allowed)
    for key in sorted(allowed.keys() - {one.key for one in unused}):
        yield f"{key}: is used or gone; take it out of structure.unmentioned"


def mentions(tree: ast.AST) -> Iterator[str]:
    """The names that code uses: variables, attributes and imports."""
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name):
                yield name
            case ast.alias(name=name):
                yield from name.split(".")


def _public(module: Module) -> Iterator[Definition]:
    """The public functions and classes of a module, and the public methods of those classes, that are ours to name."""
    for node in module.tree.body:
        yield from _ours(module, node, "")
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            for member in node.body:
                yield from _ours(module, member, f"{node.name}.")


def _ours(module: Module, node: ast.stmt, prefix: str) -> Iterator[Definition]:
    """A definition, unless it is private, or others call it: Twisted what is in camelCase, Klein its routes, click its
    commands, and a library's class what overrides a method of it (its docstring says so: ``See click.Command``).
    """
    if not isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) or node.name.startswith("_"):
        return
    if not isinstance(node, ast.ClassDef) and (
        node.name != node.name.lower() or _is_registered(node) or _overrides(node)
    ):
        return
    yield Definition(module, prefix + node.name, node)


def _is_registered(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    calls = (one.func for one in node.decorator_list if isinstance(one, ast.Call))
    return any(isinstance(called, ast.Attribute) and called.attr in _REGISTERING for called in calls)


def _overrides(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    return _OVERRIDE.match(ast.get_docstring(node) or "") is not None


def _is_used(one: Definition, used: Counter[str]) -> bool:
    """Whether anything but the definition itself (a recursion) mentions it."""
    name = one.node.name
    own = sum(mention == name for mention in mentions(one.node))
    return used[name] > own

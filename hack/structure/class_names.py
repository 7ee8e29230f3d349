"""Public class names that stand in more than one module: each is a word that a reader has to ask twice about."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from hack.structure.numbers import Numbers
from hack.structure.source import Module


def repeated(package: Iterable[Module]) -> dict[str, list[str]]:
    """Class names to the modules that define them, of those that stand in two or more."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for module in package:
        for node in module.tree.body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                found[node.name].append(str(module.path))
    return {name: found[name] for name in sorted(found) if len(found[name]) > 1}


def complaints(package: Sequence[Module], numbers: Numbers) -> Iterator[str]:
    """Too many of them, too many without a reason, and each reason that nothing needs any more."""
    found = repeated(package)
    without = {name: paths for name, paths in found.items() if name not in numbers.repeated}
    if len(found) > numbers.repeated_class_names:
        yield f"{len(found)} class names stand twice, at most {numbers.repeated_class_names}: {_listed(found)}"
    if len(without) > numbers.repeated_without_reason:
        most = numbers.repeated_without_reason
        yield f"{len(without)} class names stand twice without a reason, at most {most}: {_listed(without)}"
    for name in sorted(numbers.repeated.keys() - found.keys()):
        yield f"{name}: stands once now; take it out of structure.repeated"


def _listed(names: Mapping[str, list[str]]) -> str:
    return "".join(f"\n  {name}: {', '.join(paths)}" for name, paths in names.items())

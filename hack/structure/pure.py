"""The pure modules, which their unit tests cover to the last line: each is there, and touches nothing of the world."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from hack.structure.imports import imports
from hack.structure.numbers import Numbers
from hack.structure.source import Module

_TOUCHING = (
    "twisted.internet",
    "twisted.web",
    "treq",
    "socket",
    "subprocess",
    "threading",
    "time",
    "random",
    "promoter_view.runtime",
)


def complaints(package: Sequence[Module], numbers: Numbers) -> Iterator[str]:
    """Each name of the list that is no module, and each import of one by which it would do more than decide."""
    known = {str(module.path): module for module in package}
    for path in numbers.pure:
        module = known.get(path)
        if module is None:
            yield f"{path}: stands among the pure modules (tool.coverage.report), and is not there"
            continue
        for line, name in imports(module):
            if any(name == one or name.startswith(f"{one}.") for one in _TOUCHING):
                yield f"{path}:{line}: a pure module imports {name}"

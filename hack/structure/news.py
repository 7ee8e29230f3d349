"""News fragments: each is of a kind that towncrier knows, and a change of the package brings one."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from hack.structure.numbers import Numbers

FOLDER = "newsfragments"
_FRAGMENT = re.compile(r"[a-z0-9][a-z0-9-]*\.(?P<kind>[a-z]+)(\.\d+)?\.md")


def complaints(fragments: Mapping[str, str], changed: Iterable[str] | None, numbers: Numbers) -> Iterator[str]:
    """Fragments that towncrier would leave out or leave empty, and a change of the package without one.

    ``fragments`` are texts by file name; ``changed`` are the paths that differ from main; None where git does not say.
    """
    for name, text in sorted(fragments.items()):
        match = _FRAGMENT.fullmatch(name)
        if match is None or match["kind"] not in numbers.news_kinds:
            yield f"{FOLDER}/{name}: is named NAME.KIND.md, KIND one of {', '.join(numbers.news_kinds)}"
        elif not text.strip():
            yield f"{FOLDER}/{name}: says nothing"
    paths = list(changed or ())
    if any(path.startswith("promoter_view/") for path in paths) and not any(_is_fragment(path) for path in paths):
        yield f"promoter_view changed, and no news fragment tells it: add {FOLDER}/NAME.KIND.md"


def fragments(root: Path) -> dict[str, str]:
    """The news fragments of a repository, by file name."""
    paths = (path for path in (root / FOLDER).iterdir() if not path.name.startswith("."))
    return {path.name: path.read_text(encoding="utf-8") for path in paths}


def changed_since_main(root: Path) -> list[str] | None:
    """The paths that differ from where this branch left main, untracked ones too; None where git knows no main."""
    for main in ("main", "origin/main"):
        base = _git(root, "merge-base", "HEAD", main)
        if base is not None:
            return _lines(_git(root, "diff", "--name-only", base.strip())) + _lines(
                _git(root, "ls-files", "--others", "--exclude-standard")
            )
    return None


def _is_fragment(path: str) -> bool:
    return path.startswith(f"{FOLDER}/")


def _git(root: Path, *arguments: str) -> str | None:
    try:
        done = subprocess.run(("git", "-C", str(root), *arguments), check=False, capture_output=True, text=True)  # noqa: S607
    except FileNotFoundError:
        return None
    return done.stdout if done.returncode == 0 else None


def _lines(output: str | None) -> list[str]:
    return (output or "").splitlines()

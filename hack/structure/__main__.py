"""``python -m hack.structure``: what every gate complains of, a line each. ``make check`` runs it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from hack.structure import class_names, imports, mentions, news, numbers, pure, sizes, source

ROOT = Path(__file__).resolve().parents[2]


def main() -> int:
    """The exit code: 1 if anything is to be said."""
    found = list(complaints(ROOT))
    sys.stderr.writelines(f"{line}\n" for line in found)
    return 1 if found else 0


def complaints(root: Path) -> Iterator[str]:
    """What every gate says of the repository at ``root``."""
    limits = numbers.parsed((root / "pyproject.toml").read_text(encoding="utf-8"))
    package = source.modules(root, "promoter_view")
    users = source.modules(root, "twisted", "benchmarks", "hack")
    yield from sizes.complaints(package, limits)
    yield from class_names.complaints(package, limits)
    yield from imports.complaints(source.modules(root, "tests"), limits)
    yield from mentions.complaints(package, users, _texts(root), limits)
    yield from news.complaints(news.fragments(root), news.changed_since_main(root), limits)
    yield from pure.complaints(package, limits)


def _texts(root: Path) -> Iterator[str]:
    """The texts of the dashboard's templates, which call what they are given, and of the package's console scripts."""
    for path in (*sorted((root / "promoter_view").rglob("*.html")), root / "setup.cfg"):
        yield path.read_text(encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())

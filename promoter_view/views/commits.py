"""What is told of commits: their authors and addresses. Pure. They are anybody's input: only the web is linked to."""

from __future__ import annotations

import enum
import re
from collections.abc import Mapping

from promoter_view.urls import web_url


class Forge(enum.StrEnum):
    """Who keeps a repository; the value is the path at which it compares ``older`` with ``newer``."""

    GITHUB = "compare/{older}...{newer}"
    GITLAB = "-/compare/{older}...{newer}"
    BITBUCKET = "branches/compare/{newer}..{older}"
    AZURE = "branchCompare?baseVersion=GC{older}&targetVersion=GC{newer}"


#: By the field of a ScmProvider's spec.
FORGES: Mapping[str, Forge] = {
    "github": Forge.GITHUB,
    "forgejo": Forge.GITHUB,
    "gitea": Forge.GITHUB,
    "gitlab": Forge.GITLAB,
    "bitbucketCloud": Forge.BITBUCKET,
    "azureDevOps": Forge.AZURE,
}
_SHA = re.compile(r"[0-9a-fA-F]{7,64}")


def commit_url(repository: str, sha: str) -> str:
    """Where a forge shows a commit: ``REPOSITORY/commit/SHA``, as the reference dashboard has it; "" where unknown."""
    base = _base(repository)
    return f"{base}/commit/{sha}" if base and _SHA.fullmatch(sha) else ""


def compare_url(repository: str, forge: Forge, older: str, newer: str) -> str:
    """Where a forge shows what came between two commits; "" where unknown."""
    base = _base(repository)
    if not base or not _SHA.fullmatch(older) or not _SHA.fullmatch(newer):
        return ""
    return f"{base}/{forge.format(older=older, newer=newer)}"


def _base(repository: str) -> str:
    """A repository's address, to be gone on from; "" where that cannot be."""
    base = web_url(repository).rstrip("/").removesuffix(".git")
    return "" if "?" in base or "#" in base else base


def person(author: str) -> str:
    """The name in ``Name <address>``; the address where there is no name."""
    name, _, address = author.partition("<")
    return name.strip() or address.strip(" <>")

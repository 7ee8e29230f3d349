"""Addresses that may become links. Pure. Commits and statuses are anybody's input: only the web is linked to."""

from __future__ import annotations

import re

from promoter_view.urls import web_url

_SHA = re.compile(r"[0-9a-fA-F]{7,64}")


def commit_url(repository: str, sha: str) -> str:
    """Where a forge shows a commit: ``REPOSITORY/commit/SHA``, as the reference dashboard has it; "" where unknown."""
    base = web_url(repository).rstrip("/").removesuffix(".git")
    if not base or not _SHA.fullmatch(sha) or "?" in base or "#" in base:
        return ""
    return f"{base}/commit/{sha}"

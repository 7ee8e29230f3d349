"""Addresses that may become links. Pure. Commits and statuses are anybody's input: only the web is linked to."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from promoter_view.urls import public_url

_MAX_CHARACTERS = 2048
_SHA = re.compile(r"[0-9a-fA-F]{7,64}")


def web_url(text: str) -> str:
    """The address without credentials, where it is one of the web (http, https, with a host); else ""."""
    text = public_url(text)
    if len(text) > _MAX_CHARACTERS or not text.isprintable() or " " in text:
        return ""
    try:
        parts = urlsplit(text)
        host = parts.hostname
    except ValueError:
        return ""
    return text if parts.scheme in ("http", "https") and host and "@" not in parts.netloc else ""


def commit_url(repository: str, sha: str) -> str:
    """Where a forge shows a commit: ``REPOSITORY/commit/SHA``, as the reference dashboard has it; "" where unknown."""
    base = web_url(repository).rstrip("/").removesuffix(".git")
    if not base or not _SHA.fullmatch(sha) or "?" in base or "#" in base:
        return ""
    return f"{base}/commit/{sha}"

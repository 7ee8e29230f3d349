"""Commits as Applications tell of them: what Argo CD's source hydrator rendered from a dry commit. Pure, and total."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from promoter_view.decoded import mapping, text
from promoter_view.reading.commits.carried import CommitRole, NamedCommit
from promoter_view.stages.application import read_application


class RenderedCommit(NamedTuple):
    """A hydrated commit, and the dry one that it was rendered from, "" for none. ``is_live``: it is what is synced."""

    commit: NamedCommit
    dry: str
    is_live: bool


def read_rendered(document: Mapping[str, Any]) -> RenderedCommit | None:
    """Of an Application the last one; None where nothing is hydrated."""
    application = read_application(document)
    hydration = application.hydration
    if hydration is None or not hydration.hydrated:
        return None
    repository = text(mapping(application.sources[0]), "repoURL") if application.sources else ""
    commit = NamedCommit(hydration.hydrated, CommitRole.HYDRATED, repository=repository)
    return RenderedCommit(commit, hydration.dry, hydration.hydrated in application.revisions)

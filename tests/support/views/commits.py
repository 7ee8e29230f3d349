"""Policies, histories and Freight that name commits, and what they name by the plainest reading of all."""

from __future__ import annotations

import re
from collections.abc import Iterator
from hashlib import sha1
from typing import Any

from tests.support.views.stages import thing as kargo_thing
from tests.support.views.world import Document, thing

_SHA = re.compile(r"[0-9a-fA-F]{7,64}")
_TIME = re.compile(r"(?!0001)\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


def sha(name: str) -> str:
    """One that stands for that name."""
    return sha1(name.encode()).hexdigest()


def at(minute: int) -> str:
    """So many minutes into a day."""
    return f"2026-11-20T{minute // 60:02}:{minute % 60:02}:00Z"


def side(name: str, minute: int, *, branch: str = "dev", note: str = "") -> dict[str, Any]:
    """An active or proposed side: dry commit NAME, its source, and what it was rendered to for that branch."""
    source = {"commit": {"sha": sha(f"source-{name}"), "author": "Ann <a@example.com>", "date": at(minute - 1)}}
    dry = {"sha": sha(name), "commitTime": at(minute), "subject": f"Change {name}", "author": "Bob"}
    found = {
        "dry": {**dry, "references": [source]},
        "hydrated": {"sha": sha(f"hydrated-{branch}-{name}"), "commitTime": at(minute + 1)},
    }
    return {**found, "note": {"drySha": sha(note)}} if note else found


def entry(name: str, minute: int, *, branch: str = "dev", merged: int = 0) -> dict[str, Any]:
    """An entry of a history."""
    proposed = {"hydrated": {"sha": sha(f"proposed-{branch}-{name}"), "commitTime": at(minute + 1)}}
    merge = {"prMergeTime": at(merged)} if merged else {}
    return {"active": side(name, minute, branch=branch), "proposed": proposed, "pullRequest": {"id": "7", **merge}}


def policy(
    root: Document,
    branch: str,
    live: tuple[str, int] | None,
    proposed: tuple[str, int] | None = None,
    *past: tuple[str, int],
    note: str = "",
) -> Document:
    """A ChangeTransferPolicy of that strategy: commits by name, each with when it was made."""
    status: dict[str, Any] = {"history": [entry(name, minute, branch=branch) for name, minute in past]}
    if live is not None:
        status["active"] = side(*live, branch=branch)
    if proposed is not None:
        status["proposed"] = side(*proposed, branch=branch, note=note)
    name = f"{root['metadata']['name']}-{branch}"
    return thing("ChangeTransferPolicy", name, owner=root, activeBranch=branch) | {"status": status}


def past_of(owner: Document, branch: str, *past: tuple[str, int]) -> Document:
    """A ChangeTransferPolicyHistory of that policy."""
    status = {"observedGeneration": 1, "history": [entry(name, minute, branch=branch) for name, minute in past]}
    name = owner["metadata"]["name"]
    return thing("ChangeTransferPolicyHistory", name, owner=owner, activeBranch=branch) | {"status": status}


def freight(name: str, *commits: str, tag: str = "", digest: str = "", version: str = "") -> Document:
    """Freight of that name's sha."""
    holds = pieces(*commits, tag=tag, digest=digest, version=version)
    return kargo_thing("Freight", sha(name), "a", alias=name, **holds)


def pieces(*commits: str, tag: str = "", digest: str = "", version: str = "") -> dict[str, Any]:
    """What Freight holds, and a reference to it."""
    found = [{"id": sha(each), "message": f"Change {each}\n\nMore.", "repoURL": "https://x"} for each in commits]
    return {
        "commits": found,
        "images": [{"tag": tag, "digest": digest}] if tag or digest else [],
        "charts": [{"version": version}] if version else [],
    }


def named_by(document: Any) -> Iterator[str]:
    """All shas that stand in a strategy's bundle where a commit is named, by looking at everything."""
    for member in (*document.get("changeTransferPolicies", ()), *document.get("changeTransferPolicyHistories", ())):
        yield from _shas(member)


def _shas(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for each in value:
            yield from _shas(each)
    elif isinstance(value, dict):
        for name, each in value.items():
            if name in ("sha", "drySha") and isinstance(each, str) and _SHA.fullmatch(each):
                yield each
            yield from _shas(each)


def times_of(value: Any) -> Iterator[str]:
    """All times of commits in it."""
    if isinstance(value, list):
        for each in value:
            yield from times_of(each)
    elif isinstance(value, dict):
        for name, each in value.items():
            if name in ("commitTime", "finishedAt") and isinstance(each, str) and _TIME.fullmatch(each):
                yield each
            yield from times_of(each)

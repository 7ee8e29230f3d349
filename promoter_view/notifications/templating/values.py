"""What templates can name, for some entries. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from promoter_view.journal.entries import JournalEntry
from promoter_view.journal.sentences import sentence
from promoter_view.notifications.links import Links

_TEXTS = ("namespace", "name", "uid", "environment", "before", "after", "message", "by", "view", "time", "event")
_BELOW: Mapping[str, Mapping[str, Any]] = {
    "commit": {**dict.fromkeys(("sha", "hydratedSha", "subject", "author", "url", "time"), ""), "source": []},
    "pullRequest": dict.fromkeys(("id", "url", "state"), ""),
    "check": dict.fromkeys(("key", "phase", "message", "url"), ""),
    "cause": dict.fromkeys(("kind", "name"), ""),
    "seconds": dict.fromkeys(("leadTime", "hop")),
}


def template_values(entries: Sequence[JournalEntry], links: Links, files: Mapping[str, str]) -> dict[str, Any]:
    """``entries`` are their documents with every field there, ``entry`` is the last of them; ``id`` is RV-ITEM,
    ``page`` the address of its page and ``sentence`` what happened, of each. ``files``: texts by names.
    """
    told = [_entry(each, links) for each in entries]
    return {"entries": told, "entry": told[-1], "journal": links.journal, "files": dict(files)}


def _entry(entry: JournalEntry, links: Links) -> dict[str, Any]:
    document = entry.document()
    below = {name: {**absent, **document.get(name, {})} for name, absent in _BELOW.items()}
    more = {"id": entry.identity.name, "page": links.page(entry), "sentence": sentence(entry)}
    return {**dict.fromkeys(_TEXTS, ""), "backfilled": False, **document, **below, **more}

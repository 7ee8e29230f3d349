"""Where people find what a message tells of: pages of the dashboard. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

from promoter_view.journal.entries import JournalEntry
from promoter_view.views.known import PAGES


@dataclass(frozen=True, slots=True)
class Links:
    """``dashboard_url``: where people find the dashboard; "" where nobody said: then no message has a link."""

    dashboard_url: str = ""

    def page(self, entry: JournalEntry) -> str:
        """The page of the entry's object; of one that has none (a gap) the journal's; "" without a dashboard."""
        if not self.dashboard_url:
            return ""
        view, namespace, name = entry.key
        section = PAGES.get(view)
        path = f"{section}/{quote(namespace, safe='')}/{quote(name, safe='')}" if section and namespace else "journal"
        return f"{self.dashboard_url.rstrip('/')}/{path}"

    @property
    def journal(self) -> str:
        """The page of the journal; "" without a dashboard."""
        return f"{self.dashboard_url.rstrip('/')}/journal" if self.dashboard_url else ""

"""All pages: where each is, what it is called, what its stream carries, what of app.js brings it to life. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import quote, unquote

from promoter_view.views.promotion_strategy.details import PROMOTION_STRATEGY_DETAILS
from promoter_view.views.stage.details import STAGE_DETAILS

_ONE = "/NAMESPACE/NAME"
_FLEET = PROMOTION_STRATEGY_DETAILS.plural


@dataclass(frozen=True, slots=True)
class PageKind:
    """A page, or all of that kind. ``path`` is below the root, ``stream`` its topic, "" for none.

    ``title`` is "" where that is the object's name, and ``view`` on those that are not of one view. ``script`` names
    the class of app.js; ``refresh`` is after how many seconds a page without a stream is asked for again, 0 for never.
    ``under`` is the page of the navigation that it belongs to.
    """

    name: str
    path: str
    template: str
    title: str = ""
    stream: str = ""
    script: str = ""
    refresh: int = 0
    view: str = ""
    under: str = ""

    @property
    def is_one(self) -> bool:
        """It is of one object."""
        return _ONE in self.path

    def at(self, namespace: str, name: str) -> str:
        """The path of the page of that object."""
        return self.path.replace(_ONE, f"/{quote(namespace, safe='')}/{quote(name, safe='')}")

    def topic(self, namespace: str, name: str) -> str:
        """The stream of the page of that object."""
        return self.stream.replace(_ONE, f"/{namespace}/{name}")


class PagePlace(NamedTuple):
    """Where a path leads. ``namespace`` and ``name`` are "" on a page that is not of one object."""

    page: PageKind
    namespace: str = ""
    name: str = ""


_STRATEGY, _STAGE = f"strategies{_ONE}", f"stages{_ONE}"
_COMMIT = "commits/SHA"
FLEET = PageKind("fleet", "", "fleet.html", "Fleet", "fleet", "Fleet", view=_FLEET)
ACTIVITY = PageKind("activity", "activity", "activity.html", "Activity", "activity", "Entries")
STAGES = PageKind("stages", "stages", "fleet.html", "Stages", "stages", "Fleet", view=STAGE_DETAILS)
STRATEGY = PageKind("strategy", _STRATEGY, "strategy.html", "", _STRATEGY, "Strategy", view=_FLEET)
STAGE = PageKind("stage", _STAGE, "stage.html", "", _STAGE, "Stage", view=STAGE_DETAILS, under="stages")
MANIFEST = PageKind("manifest", f"{_STRATEGY}/manifest", "manifest.html", "", _STRATEGY, "Manifest", view=_FLEET)
PROGRAM = PageKind("program", "program", "program.html", "System", refresh=5)
COMMITS = PageKind("commits", "commits", "commit.html", "Commits")
JOURNAL = PageKind("journal", "journal", "journal.html", "Journal")
COMPARE = PageKind("compare", "compare", "compare.html", "Compare", under="activity")
FIGURES = PageKind("figures", "journal/figures", "figures.html", "Delivery figures", under="journal")
NOTIFICATIONS = PageKind(
    "notifications", "notifications", "notifications.html", "Notifications", refresh=5, under="program"
)
COMMIT = PageKind("commit", _COMMIT, "commit.html", "Commit", _COMMIT, "Commit", under="commits")

_OF_ALL = (FLEET, ACTIVITY, STAGES, PROGRAM, COMMITS, JOURNAL, FIGURES, COMPARE, NOTIFICATIONS)
PAGES = (*_OF_ALL, STRATEGY, STAGE, MANIFEST, COMMIT)
#: In the order of the navigation.
MENU = (FLEET, STAGES, COMMITS, ACTIVITY, JOURNAL, PROGRAM)
#: What stands in place of a page: no path leads there.
WAITING = PageKind("waiting", "", "waiting.html", "Reading the cluster", refresh=2)
MESSAGE = PageKind("", "", "message.html")
SIGN_IN = PageKind("", "", "sign_in.html", "Sign in")

#: The topics of streams.
TOPICS: Mapping[str, PageKind] = {page.stream: page for page in (FLEET, ACTIVITY, STAGES, STRATEGY, STAGE, COMMIT)}
#: The page of one object of each view.
_OF_ONE = {page.view: page for page in (STRATEGY, STAGE)}


def find_page(path: str) -> PagePlace | None:
    """Where a path below the root leads, e.g. ``strategies/payments/ledger``; None: there is no such page."""
    section, *rest = path.split("/")
    pattern = "/".join((section, "NAMESPACE", "NAME", *rest[2:])) if len(rest) > 1 else path
    page = next((each for each in PAGES if each.path == pattern), None)
    if page is None:
        return None
    return PagePlace(page) if not page.is_one else PagePlace(page, *(unquote(part) for part in rest[:2]))


def commit_topic(sha: str) -> str:
    """The stream of the page of the commits whose shas begin so; also its path below the root."""
    return COMMIT.stream.replace("SHA", sha)


def page_path(view: str, namespace: str, name: str) -> str:
    """The page of an object of that view, below the root."""
    return _OF_ONE[view].at(namespace, name)

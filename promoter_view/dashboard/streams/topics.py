"""What a page's stream carries: topics, and the forms in which a change of a bundle is shown to them. Pure.

``/pages/stream?page=fleet&page=activity&page=strategies/NAMESPACE/NAME``: one stream can serve every tab of a browser,
for a position means the same whatever the topics are.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass

from promoter_view.dashboard.page_table import COMMIT, STAGE, TOPICS
from promoter_view.reading.commits.question import NoQuestion, read_sha
from promoter_view.records import BundleKey

#: Those of pages of rows and of the activity; and those of one object, as their section with its slash.
_WHOLE = {topic: page for topic, page in TOPICS.items() if not page.is_one and page is not COMMIT}
_SINGLE = {topic.removesuffix("NAMESPACE/NAME"): page for topic, page in TOPICS.items() if page.is_one}
_WORDS = "{} or {}".format(", ".join([*TOPICS][:-1]), [*TOPICS][-1])
_COMMIT = COMMIT.stream.removesuffix("SHA")
#: Strategies and Stages that one stream may follow, and with them the size of its URL; and commits.
MAX_STRATEGIES = 64
MAX_COMMITS = 16


class TopicForm(enum.Flag):
    """In which forms a frame shows a bundle. Hashable: (resourceVersion, form) names a frame for good.

    PROJECT shows nothing of it: the page of another Stage of its project has to know that it has changed.
    """

    ROW = enum.auto()
    ENTRIES = enum.auto()
    DETAIL = enum.auto()
    NEWS = enum.auto()
    PROJECT = enum.auto()

    @property
    def tells(self) -> bool:
        """They say what happened: the page of one object does, too."""
        return bool(self & (TopicForm.ENTRIES | TopicForm.DETAIL))

    @property
    def passing(self) -> TopicForm:
        """What is left of them for a state that is no longer the newest: what happened, not what it looked like."""
        return TopicForm.ENTRIES if self.tells else TopicForm(0)


class TopicError(ValueError):
    """Topics that cannot be served; the message says why."""


@dataclass(frozen=True, slots=True)
class Topics:
    """What the pages of one stream show: the views whose ``rows`` are shown, and each of ``single``, in full.

    ``commits``: shas, or their beginnings, of commits whose pages are to be read again when there is news.
    ``projects``: the namespaces of Stages among ``single``, whose pages show what all Stages there have.
    """

    rows: frozenset[str] = frozenset()
    activity: bool = False
    single: frozenset[BundleKey] = frozenset()
    commits: frozenset[str] = frozenset()
    projects: frozenset[str] = frozenset()

    def form(self, key: BundleKey) -> TopicForm:
        """The forms that these topics want of that bundle; ``TopicForm(0)`` for none: then there is no frame.

        Whether it is news for the page of a commit the bundle alone can say.
        """
        form = TopicForm(0)
        if key.view in self.rows:
            form |= TopicForm.ROW
        if self.activity:
            form |= TopicForm.ENTRIES
        if key in self.single:
            form |= TopicForm.DETAIL
        if key.view == STAGE.view and key.namespace in self.projects:
            form |= TopicForm.PROJECT
        return form


def parse_topics(pages: Sequence[str]) -> Topics:
    """The topics that the values of ``page=`` name. Errors: TopicError."""
    if not pages:
        raise TopicError(f"page= is missing: {_WORDS}, as often as wanted")
    single = frozenset(_named(page) for page in pages if page.startswith(tuple(_SINGLE)))
    if len(single) > MAX_STRATEGIES:
        raise TopicError(f"{len(single)} strategies and Stages were requested, {MAX_STRATEGIES} are the maximum")
    commits = frozenset(_sha_of(page) for page in pages if page.startswith(_COMMIT))
    if len(commits) > MAX_COMMITS:
        raise TopicError(f"{len(commits)} commits were requested, {MAX_COMMITS} are the maximum")
    strange = [page for page in pages if page not in _WHOLE and not page.startswith((*_SINGLE, _COMMIT))]
    if strange:
        raise TopicError(f"{strange[0][:100]!r} is not a page: {_WORDS}")
    views = [_WHOLE[page].view for page in pages if page in _WHOLE]
    projects = frozenset(key.namespace for key in single if key.view == STAGE.view)
    return Topics(frozenset(filter(None, views)), "" in views, single, commits, projects)


def _sha_of(page: str) -> str:
    try:
        return read_sha(page.removeprefix(_COMMIT)).prefix
    except NoQuestion as error:
        raise TopicError(f"{page[:100]!r} is not a page: {error}") from error


def _named(page: str) -> BundleKey:
    section, _, rest = page.partition("/")
    namespace, _, name = rest.partition("/")
    if not namespace or not name or "/" in name:
        raise TopicError(f"{page[:100]!r} is not a page: {_WORDS}")
    return BundleKey(_SINGLE[f"{section}/"].view, namespace, name)

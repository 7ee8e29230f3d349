"""What shows the views, joined: their subjects, the activity, pages, and the data of frames."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from promoter_view.dashboard.activity import Activity
from promoter_view.dashboard.activity_page import ActivityPage, EntryLines
from promoter_view.dashboard.assets import Assets
from promoter_view.dashboard.commits.news import CommitNews
from promoter_view.dashboard.pages import Pages
from promoter_view.dashboard.rendering import Renderer
from promoter_view.dashboard.stages.subject import Stages
from promoter_view.dashboard.strategies.subject import Strategies
from promoter_view.dashboard.streams.page_fragments import PageFragments
from promoter_view.dashboard.subject import Subject, Subjects
from promoter_view.reading.commits.index import CommitIndex
from promoter_view.views.contents import Readings
from promoter_view.views.isolation import Isolation


class Parts(NamedTuple):
    """They share what is read and rendered. ``past_pages`` keep rows of their own, those of then."""

    subjects: Subjects
    activity: Activity
    pages: Pages
    fragments: PageFragments
    past_pages: Pages
    assets: Assets


def make_parts(
    isolation: Isolation,
    assets: Assets,
    *,
    root_path: str = "/",
    has_stages: bool = True,
    argocd_url: str = "",
    commits: Callable[[], CommitIndex] = CommitIndex,
) -> Parts:
    """``root_path`` begins and ends with ``/``; ``has_stages``: there are pages of Stages, ``argocd_url`` for them.

    ``commits`` gives the index by which pages of commits are told of news.
    """
    renderer = Renderer(root_path=root_path, assets_path=f"{root_path}static/{assets.digest}/", has_stages=has_stages)
    readings = Readings()
    subjects, of_past = (_subjects(renderer, isolation, readings, has_stages, argocd_url) for _ in range(2))
    activity, lines = Activity(subjects, isolation), EntryLines(renderer, isolation)
    pages, past_pages = (Pages(renderer, each, ActivityPage(activity, each, lines)) for each in (subjects, of_past))
    fragments = PageFragments(subjects, activity, lines, isolation, CommitNews(commits))
    return Parts(subjects, activity, pages, fragments, past_pages, assets)


def _subjects(
    renderer: Renderer, isolation: Isolation, readings: Readings, has_stages: bool, argocd_url: str
) -> Subjects:
    served: list[Subject] = [Strategies(renderer, isolation, readings=readings)]
    if has_stages:
        served.append(Stages(renderer, isolation, readings=readings, argocd_url=argocd_url))
    return {subject.view: subject for subject in served}

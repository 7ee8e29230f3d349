"""A change or a bundle as the data of a frame: what the pages show of it, a line of JSON. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import orjson

from promoter_view.dashboard.activity import Activity
from promoter_view.dashboard.activity_page import EntryLines
from promoter_view.dashboard.commits.news import CommitNews
from promoter_view.dashboard.streams.topics import TopicForm
from promoter_view.dashboard.subject import Subjects
from promoter_view.records import Bundle, BundleChange, BundleKey
from promoter_view.views.isolation import Isolation


class PageFragments:
    """Joins what the subjects and the activity say. Steps take a millisecond at most."""

    def __init__(
        self, subjects: Subjects, activity: Activity, lines: EntryLines, isolation: Isolation, news: CommitNews
    ) -> None:
        self._subjects = subjects
        self._activity = activity
        self._lines = lines
        self._isolation = isolation
        self.news = news

    def warm(self, bundles: Iterable[Bundle]) -> Iterator[None]:
        """Makes rows ahead of their first reader."""
        for bundle in bundles:
            yield from self._subjects[bundle.key.view].row_steps(bundle)

    def steps(self, change: BundleChange, form: TopicForm, now: datetime) -> Iterator[None]:
        """Makes what ``changed`` is joined from."""
        if form.tells:
            yield from self._isolation.steps(change.key, "entry", self._activity.read_steps(change))
        yield from self.present_steps(*_shown(change, form), now)

    def present_steps(self, bundle: Bundle, form: TopicForm, now: datetime) -> Iterator[None]:
        """Makes what ``present`` is joined from."""
        subject = self._subjects[bundle.key.view]
        if form & TopicForm.ROW:
            yield from subject.row_steps(bundle)
        if form & TopicForm.DETAIL:
            yield from subject.detail_steps(bundle, now)

    def changed(self, change: BundleChange, form: TopicForm, now: datetime, commits: Sequence[str] = ()) -> bytes:
        """In these forms. A page that stays on the screen of what was deleted shows its last state.

        ``commits``: the shas for whose pages it is news.
        """
        fragments = self._fragments(*_shown(change, form), now, commits)
        if form.tells:
            entry = self._isolation.of(change.key, "entry", lambda: self._activity.entry_of(change), lambda: None)
            if entry is not None:
                fragments["entry"] = self._lines.of(entry, now)
                fragments["events"] = " ".join(sorted({item.event.value for item in entry.items}))
        return self._frame(change.key, fragments)

    def present(self, bundle: Bundle, form: TopicForm, now: datetime, commits: Sequence[str] = ()) -> bytes:
        """Of a snapshot, or of a right gained."""
        return self._frame(bundle.key, self._fragments(bundle, form, now, commits))

    def _fragments(self, bundle: Bundle, form: TopicForm, now: datetime, commits: Sequence[str]) -> dict[str, Any]:
        subject, fragments = self._subjects[bundle.key.view], dict[str, Any]()
        if commits:
            fragments["commits"] = list(commits)
        if form & TopicForm.ROW:
            fragments["row"] = subject.shown(bundle).html
        if form & TopicForm.DETAIL:
            fragments["detail"] = orjson.Fragment(subject.detail(bundle, now))
        return fragments

    def _frame(self, key: BundleKey, fragments: Mapping[str, Any]) -> bytes:
        view = self._subjects[key.view].wording.view
        named = {"view": view} if view else {}
        return orjson.dumps({**named, "namespace": key.namespace, "name": key.name, **fragments})


def _shown(change: BundleChange, form: TopicForm) -> tuple[Bundle, TopicForm]:
    """The state that is shown of a change, and in which forms."""
    if change.after is not None:
        return change.after, form
    assert change.before is not None
    return change.before, form & TopicForm.DETAIL

"""The pages: a path, a query and what is to be seen in; HTML out. Pure; no request, socket or clock is known here."""

from __future__ import annotations

from codecs import iterdecode
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from promoter_view.dashboard.activity_page import ActivityPage
from promoter_view.dashboard.commits.page import CommitPage
from promoter_view.dashboard.journal.earlier import WantedEntries
from promoter_view.dashboard.journal.figures_page import FiguresShown
from promoter_view.dashboard.journal.page import JournalShown
from promoter_view.dashboard.notifications.page import NotificationsShown
from promoter_view.dashboard.page_input import Page, PageInput
from promoter_view.dashboard.page_table import (
    ACTIVITY,
    COMMIT,
    COMMITS,
    COMPARE,
    FIGURES,
    JOURNAL,
    MANIFEST,
    MENU,
    MESSAGE,
    NOTIFICATIONS,
    PROGRAM,
    SIGN_IN,
    WAITING,
    PageKind,
    PagePlace,
    commit_topic,
    find_page,
)
from promoter_view.dashboard.past.banner import staying
from promoter_view.dashboard.past.comparing import ComparedMoments
from promoter_view.dashboard.program import read_program
from promoter_view.dashboard.rendering import Renderer
from promoter_view.dashboard.rows_page import fill_rows, rows_page
from promoter_view.dashboard.strategies.commits import SHORT
from promoter_view.dashboard.strategies.fleet import ROWS_A_STEP
from promoter_view.dashboard.subject import Shown, Subject, Subjects
from promoter_view.large_json import decoded
from promoter_view.records import Bundle, BundleKey
from promoter_view.web.yaml_text import yaml_steps

#: The word of what is asked of the journal of an object's past.
HISTORY = "history"
_HTML = "text/html; charset=utf-8"


class Pages:
    """Renders pages. There are those of ``subjects``, and those that are not of one view."""

    def __init__(self, renderer: Renderer, subjects: Subjects, activity: ActivityPage) -> None:
        self._renderer = renderer
        self._subjects = subjects
        self._activity = activity
        self._menu = tuple(filter(self._is_served, MENU))

    @property
    def root_path(self) -> str:
        """What all addresses within the dashboard begin with."""
        return self._renderer.root_path

    def render(self, path: str, query: Mapping[str, str], view: PageInput) -> Page | None:
        """The page of that path below the root, e.g. ``strategies/payments/ledger``; None: there is no such page."""
        place = find_page(path)
        if place is None or not self._is_served(place.page):
            return None
        if place.page is PROGRAM and view.past is not None:
            return self.message(400, "Bad Request", "at: this page has no past; remove it", view)
        if place.page is PROGRAM:
            return self._program(view)
        if not view.ready:
            return self._page(WAITING, view, status=503, text=view.reason)
        if place.page is ACTIVITY:
            return _page(self._activity_pieces(query, view))
        return self._of_subject(place, self._subjects[place.page.view], query, view)

    def wanted(self, path: str, query: Mapping[str, str], view: PageInput) -> Mapping[str, WantedEntries]:
        """What the journal is to be asked for the page of that path: ``PageInput.earlier``, by the same words."""
        wanted = self._wanted(path, query, view)
        return wanted if view.past is None else {word: each.up_to(view.head) for word, each in wanted.items()}

    def _wanted(self, path: str, query: Mapping[str, str], view: PageInput) -> Mapping[str, WantedEntries]:
        place = find_page(path)
        if place is None or not view.ready or not self._is_served(place.page):
            return {}
        if place.page is ACTIVITY:
            return self._activity.wanted_of_all(query, view)
        if not place.page.is_one or place.page is MANIFEST:
            return {}
        subject = self._subjects[place.page.view]
        key = BundleKey(subject.view, place.namespace, place.name)
        if view.find(key) is None:
            return {}
        return {**self._activity.wanted_of_one(key, view), HISTORY: subject.wanted(key)}

    def message(self, status: int, title: str, text: str, view: PageInput, earliest: str = "") -> Page:
        """A page for when there is nothing to show: not found, forbidden. ``earliest``: the address where there is."""
        return self._page(MESSAGE, view, title, status=status, code=status, text=text, earliest=earliest)

    def commit(self, found: CommitPage | None, prefix: str, view: PageInput) -> Page:
        """Where a commit is; None: nothing is asked for yet. ``prefix``: the sha that the stream follows, or ""."""
        if found is None:
            return self._page(COMMITS, view, found=None, asked="")
        status = 200 if found.holders else 404
        page = COMMIT if prefix else COMMITS
        title = f"Commit {found.asked[:SHORT]}" if prefix else f"Commits of {found.asked}"
        stream = commit_topic(prefix) if prefix else ""
        return self._page(page, view, title, status=status, stream=stream, found=found, asked=found.asked)

    def journal(self, found: JournalShown, view: PageInput) -> Page:
        """What the journal tells."""
        namespaces = sorted(view.namespaces | {found.given.get("namespace", "")} - {""})
        return self._page(JOURNAL, view, found=found, query=found.given, namespaces=namespaces)

    def compare(self, found: ComparedMoments | None, view: PageInput) -> Page:
        """What changed between two moments; None: a page that asks for them."""
        namespaces = sorted((view.namespaces | {found.namespace if found else ""}) - {""})
        return self._page(COMPARE, view, found=found, namespaces=namespaces)

    def figures(self, found: FiguresShown, view: PageInput) -> Page:
        """Delivery figures."""
        namespaces = sorted(view.namespaces | {found.given.get("namespace", "")} - {""})
        return self._page(FIGURES, view, found=found, query=found.given, namespaces=namespaces)

    def notifications(self, found: NotificationsShown, view: PageInput) -> Page:
        """How notifications stand."""
        return self._page(NOTIFICATIONS, view, it=found)

    def sign_in(self, view: PageInput, *, error: str = "", status: int = 200, target: str = "") -> Page:
        """The sign-in page: a form that POSTs ``token`` and ``target`` (the path to go on to) to ``sign-in``."""
        return self._page(SIGN_IN, view, status=status, error=error, target=target)

    def _is_served(self, page: PageKind) -> bool:
        return not page.view or page.view in self._subjects

    def _of_subject(self, place: PagePlace, subject: Subject, query: Mapping[str, str], view: PageInput) -> Page:
        page, namespace, name = place
        if not page.is_one:
            return _page(self._rows_pieces(page, subject, query, view))
        bundle = view.find(BundleKey(subject.view, namespace, name))
        if bundle is None:
            noun = subject.wording.noun
            text = f"There is no {noun} {name} in {namespace}, or you may not see it. Reload this page later."
            return self.message(404, "Not found", text, view)
        if page is MANIFEST:
            return _page(self._manifest_pieces(bundle, view))
        return _page(self._one_pieces(page, bundle, query, view))

    def _rows_pieces(
        self, page: PageKind, subject: Subject, query: Mapping[str, str], view: PageInput
    ) -> Iterator[bytes]:
        wording = subject.wording
        fleet = rows_page(
            subject.read_query(query),
            wording,
            refused=subject.view in view.refused,
            absent=wording.kind in view.absent,
            withheld=wording.kind in view.withheld,
        )
        pieces = self._page(page, view, fleet=fleet).pieces
        yield next(pieces)
        found: list[Shown] = []
        for bundle in view.bundles.get(subject.view, ()):
            for _ in subject.row_steps(bundle):
                yield b""
            found.append(subject.shown(bundle))
            if len(found) % ROWS_A_STEP == 0:
                yield b""
        for _ in fill_rows(fleet, found):
            yield b""
        yield from pieces

    def _one_pieces(self, page: PageKind, bundle: Bundle, query: Mapping[str, str], view: PageInput) -> Iterator[bytes]:
        subject = self._subjects[bundle.key.view]
        values = yield from subject.in_full(bundle, query, view.now)
        beside = yield from subject.beside(bundle, view.bundles.get(subject.view, ()))
        past_html = yield from subject.past(bundle, query, view.told(HISTORY))
        entries = self._activity.of_one(bundle.key, view)
        yield from self._page_of(
            page, bundle, view, bundle.key.name, **values, **beside, past_html=past_html, **entries
        ).pieces

    def _manifest_pieces(self, bundle: Bundle, view: PageInput) -> Iterator[bytes]:
        text = []
        document = yield from decoded(bundle.encode())
        for piece in iterdecode(yaml_steps(document, sort_keys=False), "utf-8"):
            text.append(piece)
            yield b""
        values = {"resource_version": bundle.resource_version, "yaml": text}
        yield from self._page_of(MANIFEST, bundle, view, f"{bundle.key.name} manifest", **values).pieces

    def _activity_pieces(self, query: Mapping[str, str], view: PageInput) -> Iterator[bytes]:
        values = yield from self._activity.of_all(query, view)
        yield from self._page(ACTIVITY, view, **values).pieces

    def _program(self, view: PageInput) -> Page:
        if view.program is None:
            text = "What the program holds is told to whom may list strategies or Stages in some namespace."
            return self.message(403, "Forbidden", text, view)
        return self._page(PROGRAM, view, it=read_program(view.program, view.now))

    def _page_of(self, page: PageKind, bundle: Bundle, view: PageInput, title: str, **values: Any) -> Page:
        _, namespace, name = bundle.key
        stream = page.topic(namespace, name)
        return self._page(page, view, title, stream=stream, namespace=namespace, name=name, **values)

    def _page(self, page: PageKind, view: PageInput, title: str = "", *, status: int = 200, **values: Any) -> Page:
        common = {
            "title": title or page.title,
            "page": page,
            "menu": self._menu,
            "stream": page.stream,
            "position": view.head,
            "scope": view.scope,
            "now": view.now,
            "user": view.user,
            "can_sign_out": view.can_sign_out,
            "past": view.past,
        }
        if view.past is None:
            return _page(self._renderer.pieces(page.template, common | values, view.now), status)
        still = {"stream": "", "page": replace(page, refresh=0)}
        pieces = self._renderer.pieces(page.template, common | values | still, view.now)
        return _page(staying(pieces, self.root_path, view.past.at), status)


def _page(pieces: Iterator[bytes], status: int = 200) -> Page:
    return Page(status, _HTML, pieces)

"""The pages: a path, a query and what is to be seen in; HTML out. Pure; no request, socket or clock is known here."""

from __future__ import annotations

from codecs import iterdecode
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any
from urllib.parse import unquote

import orjson
from markupsafe import Markup

from promoter_view.dashboard.activity import Activity, Entry
from promoter_view.dashboard.assets import Assets
from promoter_view.dashboard.events import Event
from promoter_view.dashboard.nearest import first_unknown
from promoter_view.dashboard.program import ProgramFacts, read_program
from promoter_view.dashboard.reading import Reading
from promoter_view.dashboard.rendering import Renderer
from promoter_view.dashboard.rows_page import FLEET, fill_rows, rows_page
from promoter_view.dashboard.showing import Showing, Shown
from promoter_view.dashboard.stages.pages import StagePages
from promoter_view.dashboard.stages.showing import StageShowing
from promoter_view.dashboard.strategies.commits import SHORT
from promoter_view.dashboard.strategies.figures import figures
from promoter_view.dashboard.strategies.fleet import FleetQuery, read_query
from promoter_view.dashboard.strategies.history_query import HistoryQuery, read_history_query
from promoter_view.dashboard.streams.topics import Form
from promoter_view.records import Bundle, BundleChange, BundleKey
from promoter_view.views.isolation import Isolation
from promoter_view.views.promotion_strategy.details import PROMOTION_STRATEGY_DETAILS
from promoter_view.views.stage.details import STAGE_DETAILS
from promoter_view.web.yaml_text import yaml_steps

_HTML = "text/html; charset=utf-8"
_ENTRIES_A_PAGE = 100
_ENTRIES_OF_A_STRATEGY = 20
#: Of each view the members that tell what its entries say.
_TOLD_BY = {
    PROMOTION_STRATEGY_DETAILS.plural: frozenset({"ChangeTransferPolicy"}),
    STAGE_DETAILS: frozenset({"Promotion", "Freight", "Application"}),
}
_SECTIONS = ("", "activity", "strategies", "stages")
_OF_ONE = ("strategies", "stages")


@dataclass(frozen=True, slots=True)
class PageInput:
    """What one request shows: all of one head, and only what its user may see.

    ``bundles`` and ``stages`` by (namespace, name). ``scope`` is the S of the stream's contract, given back by the
    page's stream. ``user`` is "" where nobody is asked who he is, ``can_sign_out`` where he came by the sign-in page.
    ``admits`` says of a view and a namespace whether the user may see it: for the activity, whose bundles may be gone.
    ``refused``: views of which there is something, and of which the user may see nothing; ``absent``: kinds that the
    cluster does not know; ``withheld``: kinds that the program may not list. ``ready`` False: the first state is not
    there yet, ``reason`` says why in one line.
    """

    bundles: Sequence[Bundle]
    head: int
    now: datetime
    scope: str = ""
    user: str = ""
    can_sign_out: bool = False
    stages: Sequence[Bundle] = ()
    admits: Callable[[str, str], bool] = lambda _view, _namespace: True
    ready: bool = True
    reason: str = ""
    program: ProgramFacts | None = None
    refused: frozenset[str] = frozenset()
    absent: frozenset[str] = frozenset()
    withheld: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Page:
    """An answer. ``pieces`` are made as they are asked for, each in a few milliseconds: write one a turn.

    A piece may be empty: then there was work, and nothing to write yet.
    """

    status: int
    content_type: str
    pieces: Iterator[bytes]

    @property
    def body(self) -> bytes:
        """All pieces, joined; once."""
        return b"".join(self.pieces)


class Pages:
    """Renders pages and the frames that keep them up to date. ``root_path`` begins and ends with ``/``.

    ``has_stages``: there are pages of Stages; ``argocd_url`` is where their Applications are shown, "" for no links.
    """

    def __init__(
        self,
        *,
        reading: Reading,
        activity: Activity,
        isolation: Isolation,
        assets: Assets,
        root_path: str = "/",
        has_stages: bool = True,
        argocd_url: str = "",
    ) -> None:
        self._activity = activity
        self._renderer = Renderer(
            root_path=root_path, assets_path=f"{root_path}static/{assets.digest}/", has_stages=has_stages
        )
        self._showing = Showing(self._renderer, reading, isolation)
        self._stages = StageShowing(self._renderer, reading, isolation, argocd_url)
        self._stage_pages = StagePages(self._stages) if has_stages else None

    def render(self, path: str, query: Mapping[str, str], view: PageInput) -> Page | None:
        """The page of that path below the root, e.g. ``strategies/payments/ledger``; None: there is no such page."""
        if path == "program":
            return self._program(view)
        section, *rest = path.split("/")
        if section not in _SECTIONS or (rest and section not in _OF_ONE):
            return None
        if not view.ready:
            return self._page(503, "waiting.html", view, "Reading the cluster", page="waiting", text=view.reason)
        return self._section(section, [unquote(part) for part in rest], query, view)

    def _section(self, section: str, parts: Sequence[str], query: Mapping[str, str], view: PageInput) -> Page | None:
        match section:
            case "stages":
                return self._of_stages(parts, query, view)
            case "strategies":
                return self._of_strategy(parts, query, view)
            case "activity":
                return self._activities(query, view)
        return self._fleet(read_query(query), view)

    def message(self, status: int, title: str, text: str, view: PageInput) -> Page:
        """A page for when there is nothing to show: not found, forbidden."""
        return self._page(status, "message.html", view, title, code=status, text=text)

    def sign_in(self, view: PageInput, *, error: str = "", status: int = 200, target: str = "") -> Page:
        """The sign-in page: a form that POSTs ``token`` and ``target`` (the path to go on to) to ``sign-in``."""
        return self._page(status, "sign_in.html", view, "Sign in", error=error, target=target)

    def warm(self, bundles: Iterable[Bundle]) -> Iterator[None]:
        """Makes the rows of the fleet ahead of their first reader, in steps of a millisecond at most."""
        for bundle in bundles:
            yield from self._showing.row_steps(bundle)

    def steps(self, change: BundleChange, form: Form, now: datetime) -> Iterator[None]:
        """Makes what ``changed`` is joined from, in steps of a millisecond at most."""
        if form & (Form.ENTRIES | Form.DETAIL):
            yield from self._showing.entry_steps(change)
        if change.after is not None:
            yield from self.present_steps(change.after, form, now)

    def present_steps(self, bundle: Bundle, form: Form, now: datetime) -> Iterator[None]:
        """The same for ``present``."""
        if bundle.key.view == STAGE_DETAILS:
            yield from self._stages.steps(bundle)
            return
        if form & Form.ROW:
            yield from self._showing.row_steps(bundle)
        if form & Form.DETAIL:
            yield from self._showing.detail_steps(bundle, now)

    def changed(self, change: BundleChange, form: Form, now: datetime) -> bytes:
        """The data of the frame of a change (one line of JSON), in these forms; of DELETED too."""
        fragments = {} if change.after is None else self._fragments(change.after, form, now)
        if form & (Form.ENTRIES | Form.DETAIL):
            entry = self._showing.entry_of(change)
            if entry is not None:
                fragments["entry"] = self._showing.entry(entry, now)
                fragments["events"] = " ".join(sorted({item.event.value for item in entry.items}))
        return _frame(change.key, fragments)

    def present(self, bundle: Bundle, form: Form, now: datetime) -> bytes:
        """The data of an ADDED frame without a change: of a snapshot, or of a right gained."""
        return _frame(bundle.key, self._fragments(bundle, form, now))

    def _fragments(self, bundle: Bundle, form: Form, now: datetime) -> dict[str, Any]:
        fragments: dict[str, Any] = {}
        if bundle.key.view == STAGE_DETAILS:
            return self._stage_fragments(bundle, form)
        if form & Form.ROW:
            fragments["row"] = self._showing.shown(bundle).html
        if form & Form.DETAIL:
            fragments["detail"] = orjson.Fragment(self._showing.detail(bundle, now))
        return fragments

    def _stage_fragments(self, bundle: Bundle, form: Form) -> dict[str, str]:
        fragments = {"row": self._stages.shown(bundle).html} if form & Form.ROW else {}
        return fragments | ({"detail": self._stages.detail(bundle)} if form & Form.DETAIL else {})

    def _page(self, status: int, template: str, view: PageInput, title: str, **values: Any) -> Page:
        common = {
            "title": title,
            "page": "",
            "stream": "",
            "position": view.head,
            "scope": view.scope,
            "now": view.now,
            "user": view.user,
            "can_sign_out": view.can_sign_out,
        }
        return Page(status, _HTML, self._renderer.pieces(template, common | values, view.now))

    # -- the fleet ---------------------------------------------------------------------------------------------------

    def _fleet(self, query: FleetQuery, view: PageInput) -> Page:
        return Page(200, _HTML, self._fleet_pieces(query, view))

    def _fleet_pieces(self, query: FleetQuery, view: PageInput) -> Iterator[bytes]:
        refused = PROMOTION_STRATEGY_DETAILS.plural in view.refused
        absent, withheld = "PromotionStrategy" in view.absent, "PromotionStrategy" in view.withheld
        fleet = rows_page(query, FLEET, refused=refused, absent=absent, withheld=withheld)
        pieces = self._page(200, "fleet.html", view, "Fleet", page="fleet", stream="fleet", fleet=fleet).pieces
        yield next(pieces)
        found: list[Shown] = []
        for bundle in view.bundles:
            for _ in self._showing.row_steps(bundle):
                yield b""
            found.append(self._showing.shown(bundle))
        fill_rows(fleet, [(each.row, each.html) for each in found])
        yield from pieces

    # -- Stages ------------------------------------------------------------------------------------------------------

    def _of_stages(self, parts: Sequence[str], query: Mapping[str, str], view: PageInput) -> Page | None:
        if self._stage_pages is None:
            return None
        if not parts:
            return Page(200, _HTML, self._stage_list_pieces(self._stage_pages, query, view))
        if len(parts) != 2:
            return None
        bundle = next((each for each in view.stages if each.key[1:] == tuple(parts)), None)
        if bundle is None:
            text = f"There is no Stage {parts[1]} in {parts[0]}, or you may not see it. It may come yet: reload then."
            return self.message(404, "Not found", text, view)
        entries = self._entries(view, parts[0], parts[1], "", STAGE_DETAILS)
        return self._page(
            200,
            "stage.html",
            view,
            parts[1],
            page="stage",
            stream=f"stages/{parts[0]}/{parts[1]}",
            **self._stage_pages.one(bundle),
            entries=self._rendered(islice(entries, _ENTRIES_OF_A_STRATEGY), view.now),
            since=self._since(view.now),
        )

    def _stage_list_pieces(self, stage_pages: StagePages, query: Mapping[str, str], view: PageInput) -> Iterator[bytes]:
        for bundle in view.stages:
            for _ in self._stages.steps(bundle):
                yield b""
        refused, absent, withheld = STAGE_DETAILS in view.refused, "Stage" in view.absent, "Stage" in view.withheld
        values = stage_pages.listing(query, view.stages, refused=refused, absent=absent, withheld=withheld)
        yield from self._page(200, "fleet.html", view, "Stages", page="stages", stream="stages", **values).pieces

    # -- one strategy ------------------------------------------------------------------------------------------------

    def _of_strategy(self, parts: Sequence[str], query: Mapping[str, str], view: PageInput) -> Page | None:
        if len(parts) not in (2, 3) or parts[2:] not in ([], ["manifest"]):
            return None
        namespace, name = parts[:2]
        bundle = next((each for each in view.bundles if (each.key.namespace, each.key.name) == (namespace, name)), None)
        if bundle is None:
            text = f"There is no strategy {name} in {namespace}, or you may not see it. It may come yet: reload then."
            return self.message(404, "Not found", text, view)
        return self._manifest(bundle, view) if parts[2:] else self._strategy(bundle, read_history_query(query), view)

    def _strategy(self, bundle: Bundle, wanted: HistoryQuery, view: PageInput) -> Page:
        return Page(200, _HTML, self._strategy_pieces(bundle, wanted, view))

    def _strategy_pieces(self, bundle: Bundle, wanted: HistoryQuery, view: PageInput) -> Iterator[bytes]:
        detail = []
        for piece in self._showing.detail_pieces(bundle, view.now, wanted):
            detail.append(piece)
            yield b""
        namespace, name = bundle.key.namespace, bundle.key.name
        drawer = self._showing.drawer(bundle, wanted)
        entries = self._entries(view, namespace, name, "", PROMOTION_STRATEGY_DETAILS.plural)
        page = self._page(
            200,
            "strategy.html",
            view,
            name,
            page="strategy",
            stream=f"strategies/{namespace}/{name}",
            namespace=namespace,
            name=name,
            detail=detail,
            drawer=Markup(drawer),  # noqa: S704 - of a template, which escapes
            lost=wanted.commit[:SHORT] if wanted.commit and not drawer else "",
            entries=self._rendered(islice(entries, _ENTRIES_OF_A_STRATEGY), view.now),
            since=self._since(view.now),
        )
        yield from page.pieces

    def _manifest(self, bundle: Bundle, view: PageInput) -> Page:
        return Page(200, _HTML, self._manifest_pieces(bundle, view))

    def _manifest_pieces(self, bundle: Bundle, view: PageInput) -> Iterator[bytes]:
        text = []
        for piece in iterdecode(yaml_steps(orjson.loads(bundle.encode()), sort_keys=False), "utf-8"):
            text.append(piece)
            yield b""
        page = self._page(
            200,
            "manifest.html",
            view,
            f"{bundle.key.name} manifest",
            page="manifest",
            stream=f"strategies/{bundle.key.namespace}/{bundle.key.name}",
            namespace=bundle.key.namespace,
            name=bundle.key.name,
            resource_version=bundle.resource_version,
            yaml=text,
        )
        yield from page.pieces

    # -- activity and program ----------------------------------------------------------------------------------------

    def _activities(self, query: Mapping[str, str], view: PageInput) -> Page:
        return Page(200, _HTML, self._activity_pieces(query, view))

    def _activity_pieces(self, query: Mapping[str, str], view: PageInput) -> Iterator[bytes]:
        namespace, name, event = (query.get(word, "")[:253] for word in ("namespace", "name", "event"))
        events = [one.value for one in Event]
        unknown = first_unknown([event] if event else [], events, "event")
        event = "" if unknown else event
        before = int(query["before"][:20]) if query.get("before", "").isdecimal() else 0
        entries = [
            entry
            for entry in self._entries(view, namespace, name, event)
            if not before or entry.resource_version < before
        ]
        kept = []
        for bundle in view.bundles:
            for _ in self._showing.row_steps(bundle):
                yield b""
            if namespace in ("", bundle.key.namespace) and name in bundle.key.name:
                kept.append(self._showing.shown(bundle).deliveries)
        page = self._page(
            200,
            "activity.html",
            view,
            "Activity",
            page="activity",
            stream="activity",
            query={"namespace": namespace, "name": name, "event": event},
            before=str(before or ""),
            older=str(entries[_ENTRIES_A_PAGE - 1].resource_version) if len(entries) > _ENTRIES_A_PAGE else "",
            any_entry=bool(entries),
            entries=self._rendered(entries[:_ENTRIES_A_PAGE], view.now),
            events=events,
            unknown=unknown,
            namespaces=sorted({bundle.key.namespace for bundle in (*view.bundles, *view.stages)}),
            since=self._since(view.now),
            figures=figures(kept, view.now),
        )
        yield from page.pieces

    def _entries(self, view: PageInput, namespace: str, name: str, event: str, plural: str = "") -> Iterator[Entry]:
        exact = bool(plural)
        admits = _entry_places(view)
        for entry in self._activity.newest_first(view.now):
            if not admits(entry.view, entry.namespace) or namespace not in ("", entry.namespace):
                continue
            if plural not in ("", entry.view):
                continue
            if name != entry.name if exact and name else name not in entry.name:
                continue
            if not event or any(item.event.value == event for item in entry.items):
                yield entry

    def _rendered(self, entries: Iterable[Entry], now: datetime) -> Iterator[Markup]:
        # Markup: the entries are of a template, which escapes.
        return (Markup(self._showing.entry(entry, now)) for entry in entries)  # noqa: S704

    def _since(self, now: datetime) -> datetime | None:
        since = self._activity.since
        return None if since is None else min(since, now)

    def _program(self, view: PageInput) -> Page:
        if view.program is None:
            text = "What the program holds is told to whom may list strategies or Stages in some namespace."
            return self.message(403, "Forbidden", text, view)
        return self._page(200, "program.html", view, "Program", page="program", it=read_program(view.program, view.now))


def _entry_places(view: PageInput) -> Callable[[str, str], bool]:
    """Of which views and namespaces the user may see entries: those tell what members say.

    Where members are hidden from somebody, a namespace without a bundle to judge by is left out too.
    """
    every = (*view.bundles, *view.stages)
    told = {each.key[:2] for each in every if not each.hidden & _TOLD_BY[each.key.view]}
    all_told = not any(bundle.hidden for bundle in every)
    return lambda plural, namespace: view.admits(plural, namespace) and (all_told or (plural, namespace) in told)


def _frame(key: BundleKey, fragments: Mapping[str, Any]) -> bytes:
    """``view`` is named where it is not that of strategies."""
    named = {"view": key.view} if key.view == STAGE_DETAILS else {}
    return orjson.dumps({**named, "namespace": key.namespace, "name": key.name, **fragments})

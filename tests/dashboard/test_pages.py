"""Pages as a browser gets them: what they say, whatever the cluster holds, and to whom."""

from __future__ import annotations

import html as markup
import re
import zlib
from dataclasses import replace
from datetime import timedelta
from html.parser import HTMLParser
from typing import Any
from unittest import mock
from urllib.parse import parse_qsl

import orjson
import pytest
import yaml
from markupsafe import escape

from promoter_view.dashboard.events import Event
from promoter_view.dashboard.rendering import stamp
from promoter_view.dashboard.streams.topics import TopicForm
from promoter_view.reading.answering import PieceReader
from promoter_view.views.recent import Recent
from tests.dashboard.spoiling import bundle_of
from tests.support.dashboard.company import Company
from tests.support.views.strategies import Decoded, summarize

EVIL = "<script>alert(1)</script><img src=x onerror=alert(2)>\" onclick='alert(3)' {{ 7*7 }} ${7*7}"
_VOID = {"meta", "link", "input", "img", "br", "meter"}


class Reader(HTMLParser):
    """Reads a page: its elements, attributes and text; whether all that was opened is closed."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.open: list[str] = []
        self.faults: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if len(dict(attrs)) < len(attrs):
            self.faults.append(f"an attribute twice: {attrs}")
        if tag not in _VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.faults.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        self.text.append(data)

    def attributes(self, name: str) -> list[str]:
        return [value or "" for _, found in self.elements for key, value in found.items() if key == name]


@pytest.fixture(scope="module")
def company() -> Company:
    """A company after some minutes of work."""
    found = Company()
    found.go_on(240)
    return found


#: Where annotations of the company lead.
WHOM = ("mailto:", "https://runbooks.example.com/")
PATHS = ["", "activity", "strategies/payments/ledger", "strategies/payments/ledger/manifest"]


@pytest.mark.parametrize("path", PATHS)
def test_pages_keep_to_their_policy(company: Company, path: str) -> None:
    """No inline script, style or handler; nothing from elsewhere; every element closed, every id once."""
    read = Reader(company.page(path))
    assert read.faults == []
    assert read.open == []
    assert read.attributes("style") == []
    assert not [name for _, found in read.elements for name in found if name.startswith("on")]
    assert all(found.get("src") for tag, found in read.elements if tag == "script")
    for source in read.attributes("src"):
        assert source.startswith("/static/")
    ids = read.attributes("id")
    assert len(ids) == len(set(ids))


def test_the_fleet_has_a_row_a_strategy(company: Company) -> None:
    """Each with its word of state and its environments, in the order asked for."""
    html = company.page("")
    rows = re.findall(r'<li class="row is-(\w+)" id="([^"]+)"', html)
    states = {
        f"{each.key.namespace}/{each.key.name}": summarize(Decoded(orjson.loads(each.encode()))).state.value.lower()
        for each in company.bundles
    }
    assert {name: state for state, name in rows} == states
    by_name = re.findall(r'data-name="([^"]+)"', company.page("", {"sort": "name"}))
    assert by_name == sorted(by_name)


def test_filters_hide_rows_without_leaving_them_out(company: Company) -> None:
    """A page with a filter in its address shows what fits; the script has the others, and asks only which."""
    html = company.page("", {"namespace": "payments"})
    assert html.count('<li hidden class="row') == 9
    assert html.count('<li class="row') == 3
    assert "3 of 12 strategies" in html
    assert "No strategy matches these filters." in html


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"group": "state", "density": "compact"},
        {"namespace": "payments"},
        {"state": "uptodate,queued", "sort": "changed"},
        {"text": "nobody at all"},
    ],
)
def test_an_outline_is_the_page_with_places_for_rows(company: Company, query: dict[str, str]) -> None:
    """It has the ids of the rows that the page shows, in its order, and says around them what the page says."""
    whole, outline = company.page("", query), company.page("", query | {"rows": "outline"})
    assert re.findall(r'<li id="([^"]+)"></li>', outline) == re.findall(r'<li class="row [^>]* id="([^"]+)"', whole)
    headings = re.compile(r'<li class="group".*?</li>')
    assert headings.findall(outline) == headings.findall(whole)
    around = re.compile(r'(<ul class="rows[^>]*>).*?(</ul>\n<p class="empty")', re.DOTALL)
    assert around.sub(r"\1\2", outline) == around.sub(r"\1\2", whole)


@pytest.mark.parametrize("group", ["namespace", "state"])
def test_rows_stand_together_in_groups(company: Company, group: str) -> None:
    """Each group that the filters leave is headed once, with its size; rows within it keep the order."""
    html = company.page("", {"group": group, "sort": "name", "text": "production", "density": "compact"})
    assert '<ul class="rows compact"' in html
    lines = re.findall(r'<li class="(group|row)[^"]*"(?: data-group="([^"]*)")?[^>]*>(?:<h2>)?', html)
    sizes = list(map(int, re.findall(r'</h2><span class="count">(\d+)</span></li>', html)))
    groups = [words for kind, words in lines if kind == "group"]
    assert len(groups) == len(set(groups)) == len(sizes) > 1
    assert sum(sizes) == html.count('<li class="row')
    assert lines[0][0] == "group"
    if group == "namespace":
        assert groups == sorted(groups)
    else:
        assert groups[0] == Reader(html).text[Reader(html).text.index(groups[0])]


def test_a_form_says_what_its_address_says(company: Company) -> None:
    """So that a form without scripts sends on what was chosen: several namespaces, one without rows, favourites."""
    query = {"namespace": "payments,nowhere", "state": "queued,failed", "favourites": "1"}
    html = company.page("", query)
    assert "<option selected>nowhere,payments</option>" in html
    read = Reader(html)
    fields = {found["name"]: found for tag, found in read.elements if tag == "input"}
    assert fields["state"]["value"] == "failed,queued"
    assert "checked" in fields["favourites"]
    chips = [found["href"] for tag, found in read.elements if tag == "a" and "chip" in found.get("class", "")]
    assert len(chips) == 12
    assert all("namespace=nowhere%2Cpayments" in chip and "favourites=1" in chip for chip in chips)


def test_an_empty_fleet_says_so(company: Company) -> None:
    """Nobody is left alone with an empty page."""
    assert "There is no PromotionStrategy yet" in company.page("", bundles=())


def test_a_kind_that_is_not_installed_is_said_to_be(company: Company) -> None:
    """Nobody waits for strategies in a cluster that has no such kind."""
    html = company.page("", bundles=(), absent=frozenset({"PromotionStrategy"}))
    assert "does not know the kind PromotionStrategy: it is not installed." in html


@pytest.mark.parametrize(("path", "kind"), [("", "PromotionStrategy"), ("stages", "Stage")])
def test_a_kind_that_the_program_may_not_list_is_said_to_be(company: Company, path: str, kind: str) -> None:
    """Nobody is told that there is none where the program is not permitted to look."""
    html = company.page(path, bundles=(), withheld=frozenset({kind}))
    assert f"promoter-view may not list the kind {kind}." in html
    assert f"There is no {kind} here yet" not in html


def test_the_stream_goes_on_where_the_page_stands(company: Company) -> None:
    """The page carries its position and its scope for its stream."""
    (body,) = [found for tag, found in Reader(company.page("", scope="S1")).elements if tag == "body"]
    assert body["data-position"] == str(company.world.projector.head)
    assert body["data-scope"] == "S1"
    assert body["data-stream"] == "fleet"


def test_a_strategy_says_what_it_waits_for(company: Company) -> None:
    """Each reason of each environment stands on its page: the check, and what it says."""
    for bundle in company.bundles:
        html = company.page(f"strategies/{bundle.key.namespace}/{bundle.key.name}")
        for environment in summarize(Decoded(orjson.loads(bundle.encode()))).environments:
            for reason in environment.reasons:
                for part in filter(None, (reason.key, reason.message.partition(": ")[2])):
                    assert str(escape(part)) in html


def test_a_strategy_says_whom_to_ask(company: Company) -> None:
    """Its annotations, as links where they are ones."""
    html = company.page("strategies/payments/ledger")
    assert "<dt>Owner</dt><dd><bdi>team payments</bdi></dd>" in html
    assert '<dt>Contact</dt><dd><a href="mailto:payments@example.com" rel="noreferrer noopener">' in html
    assert '<dt>Runbook</dt><dd><a href="https://runbooks.example.com/payments/ledger" rel="nor' in html


def test_a_cell_of_the_history_in_detail(company: Company) -> None:
    """Its address leads to it without scripts; one that is not there is said to be lost, and hurts nothing."""
    plain = company.page("strategies/payments/ledger")
    links = re.findall(r'class="kind open-cell" href="([^"]+)"', plain)
    assert links
    assert 'id="drawer"' not in plain
    for link in links:
        path, _, query = markup.unescape(link).removesuffix("#drawer").partition("?")
        found = company.page(path.removeprefix("/"), dict(parse_qsl(query)))
        assert 'id="drawer"' in found
        assert "In each environment" in found
    lost = company.page("strategies/payments/ledger", {"commit": "f" * 40, "env": "development"})
    assert "There is no commit fffffff" in lost


def test_the_history_is_filtered(company: Company) -> None:
    """Lines that a filter leaves out are hidden, and there; environments too."""
    found = company.page("strategies/payments/ledger", {"show": "failed", "columns": "development"})
    assert re.search(r'data-show="failed"[^>]* aria-current="true"', found)
    assert re.search(r'<th scope="col" data-env="[^"]+" hidden', found)
    assert 'name="columns" value="development" checked' in found


def test_the_manifest_is_the_bundle(company: Company) -> None:
    """Read back, the YAML is what kubectl shows."""
    page = company.page("strategies/payments/ledger/manifest")
    found = re.search(r'<pre class="manifest"[^>]*>(.*?)</pre>', page, re.DOTALL)
    assert found is not None
    assert yaml.safe_load(markup.unescape(found[1])) == company.bundle("payments", "ledger")


def test_the_manifest_says_text_where_there_is_text() -> None:
    """A sha that looks like a number to Go or YAML 1.2 is quoted, as in the API's YAML."""

    def alter(document: Any) -> Any:
        metadata = {**document["metadata"], "labels": {"sha": "12e4567", "flag": "y"}}
        return {**document, "metadata": metadata}

    html = markup.unescape(Company(alter=alter).page("strategies/payments/ledger/manifest"))
    assert "sha: '12e4567'" in html
    assert "flag: 'y'" in html


def test_folded_checks_are_counted_with_all_of_their_side() -> None:
    """What is folded says the words beside "Next", wherever a check is listed; a hundred are, the worst first."""

    def alter(document: Any) -> Any:
        if document["kind"] == "ChangeTransferPolicy":
            phases = ["success"] * 240 + ["pending"] * 12
            checks = [{"key": f"c{number:03d}", "phase": phase} for number, phase in enumerate(phases)]
            document["status"]["proposed"]["commitStatuses"] = checks
        for asking in (document["spec"], *document["spec"].get("environments", ())):
            asking.pop("proposedCommitStatuses", None)
        return document

    html = Company(alter=alter).page("strategies/payments/ledger")
    assert "4 more, 240 of 252 checks passed in all" in html
    assert "232 more, 240 of 252 checks passed in all" in html
    assert "140 more are not listed: see the manifest." in html


@pytest.mark.parametrize("path", ["nope", "strategies", "strategies/a", "strategies/a/b/c/d", "activity/x", "static/x"])
def test_other_paths_are_no_pages(company: Company, path: str) -> None:
    """They are answered as not found by whoever serves."""
    assert company.pages.render(path, {}, company.view()) is None


def test_a_strategy_that_is_not_there_is_not_found(company: Company) -> None:
    """The same words, whether it does not exist or may not be seen."""
    unseen = company.pages.render("strategies/payments/ledger", {}, company.view(bundles=()))
    assert unseen is not None
    assert unseen.status == 404
    assert "or you may not see it" in unseen.body.decode()


def test_before_the_first_state_the_page_waits_and_says_for_what(company: Company) -> None:
    """503, so that nobody takes an empty fleet for the truth."""
    page = company.pages.render("", {}, company.view(ready=False, reason="waiting for pullrequests"))
    assert page is not None
    assert page.status == 503
    assert "waiting for pullrequests" in page.body.decode()


def test_nobody_sees_the_activity_of_a_namespace_that_is_not_his(company: Company) -> None:
    """Entries of other namespaces are left out, also of bundles that are gone."""
    html = company.page("activity", admits=lambda view, namespace: namespace == "data")
    assert set(re.findall(r'<li class="entry" [^>]*data-namespace="([^"]+)"', html)) == {"data"}


def test_who_may_not_see_policies_sees_no_entries_of_them(company: Company) -> None:
    """With --member-authorization the feed tells nothing that the user's bundles leave out."""
    bundles = [
        replace(each, hidden=frozenset({"ChangeTransferPolicy"})) if each.key.namespace != "data" else each
        for each in company.bundles
    ]
    html = company.page("activity", bundles=bundles)
    assert set(re.findall(r'<li class="entry" [^>]*data-namespace="([^"]+)"', html)) == {"data"}


def test_who_may_not_see_restores_sees_no_entries_of_them(company: Company) -> None:
    """What only such a member tells is left out of the feed, and what others tell is there."""
    first = next(iter(company.activity.newest_first(company.now)))
    restored = replace(first.items[0], event=Event.RESTORED, told_by=frozenset({"RestoreActiveCommit"}))
    told = replace(first, items=(restored, *first.items))
    for hidden, shown in ((frozenset(), True), (frozenset({"RestoreActiveCommit"}), False)):
        bundles = [replace(each, hidden=hidden) for each in company.bundles]
        with mock.patch.object(company.activity, "newest_first", lambda now, told=told: iter([told])):
            html = company.page("activity", bundles=bundles)
        assert ('class="item is-restored"' in html) is shown
        assert html.count('<li class="entry"') == 1


def test_a_commit_that_names_no_dry_one_is_said_to_be_live(company: Company) -> None:
    """From GitOps Promoter 0.41 on dry may be null: nothing live would be another thing."""
    first, *_ = company.bundles
    found = orjson.loads(first.encode())
    live = found["changeTransferPolicies"][0]["status"]["active"]
    live["dry"] = None
    odd = bundle_of(found, first)
    assert "no dry commit" in company.page("", bundles=[odd])
    html = company.page(f"strategies/{first.key.namespace}/{first.key.name}", bundles=[odd])
    assert f"The commit that is live here, {live['hydrated']['sha'][:7]}, names no dry commit." in html


@pytest.mark.parametrize(
    ("path", "name", "what"), [("", "state", "state"), ("", "sort", "order"), ("activity", "event", "event")]
)
def test_filters_that_there_are_not_are_said(company: Company, path: str, name: str, what: str) -> None:
    """A value that no filter has hides nothing: the page shows all, and says which there are."""
    html = company.page(path, {name: "<green>"})
    assert f"Unknown {what} &#39;&lt;green&gt;&#39;" in html
    assert " Known: " in html
    without = company.page(path)
    assert html.count("<li ") == without.count("<li ")
    assert html.count("<li hidden") == without.count("<li hidden")


def test_what_is_hidden_is_said_to_be(company: Company) -> None:
    """Who may not see ChangeTransferPolicies is not told that there are none."""
    hidden = []
    for each in company.bundles:
        shown = {name: value for name, value in orjson.loads(each.encode()).items() if name != "changeTransferPolicies"}
        hidden.append(replace(bundle_of(shown, each), hidden=frozenset({"ChangeTransferPolicy"})))
    for path in ("", "strategies/payments/ledger"):
        html = company.page(path, bundles=hidden)
        assert "not visible to you" in html
        for told in (
            "no ChangeTransferPolicy yet",
            "nothing live yet",
            "Nothing is live",
            "Nothing has been promoted yet",
        ):
            assert told not in html


def test_activity_can_be_narrowed_and_paged(company: Company) -> None:
    """By namespace, name and event; older entries come after those of the first page."""
    html = company.page("activity", {"namespace": "payments", "event": "promoted"})
    entries = html.split('<li class="entry"')[1:]
    assert entries
    assert all('data-namespace="payments"' in entry and "is-promoted" in entry for entry in entries)
    first = company.page("activity")
    older = re.search(r'rel="next" href="/activity\?before=(\d+)"', first)
    assert older is not None
    shown = [
        set(re.findall(r'id="(entry-\d+)"', html)) for html in (first, company.page("activity", {"before": older[1]}))
    ]
    assert shown[0]
    assert shown[1]
    assert not shown[0] & shown[1]
    assert company.page("activity", {"before": "x" * 50})


def test_what_happened_since_a_visit(company: Company) -> None:
    """It is counted, and shown alone; what is no longer held is said to be; without it, or with none, nothing is."""
    entries = list(company.activity.newest_first(company.now))
    before = entries[2].resource_version
    html = company.page("activity", {"since": str(before)})
    assert "Since your last visit: <b>2</b> changes of" in html
    assert html.count('<li class="entry"') == 2
    assert "no longer held" not in html
    old = company.page("activity", {"since": "4700000000000000000"})
    assert re.search(r"Since your last visit: <b>\d+</b> changes.* What happened before .* is no longer held", old)
    assert f"since={4700000000000000000}&amp;before=" in old or 'rel="next"' not in old
    assert "nothing that matches has happened" in company.page("activity", {"since": str(company.world.projector.head)})
    for nothing in ({}, {"since": "x"}, {"since": "9" * 30}, {"since": "\u0663"}):
        assert "Since your last visit" not in company.page("activity", nothing)


# -- attackers' input ------------------------------------------------------------------------------------------------


def _poisoned(value: Any) -> Any:
    """Every text of an object made evil that a person can write: subjects, bodies, authors, descriptions, links."""
    if isinstance(value, dict):
        return {key: _evil(key, each) for key, each in value.items()}
    return [_poisoned(each) for each in value] if isinstance(value, list) else value


def _evil(key: str, value: Any) -> Any:
    if isinstance(value, str) and key in {
        "subject",
        "body",
        "author",
        "description",
        "branch",
        "activeBranch",
        "key",
        "message",
    }:
        return EVIL + (value if key in ("branch", "activeBranch") else "")
    if isinstance(value, str) and key in {"url", "repoURL"}:
        return "javascript:alert(4)"
    return _poisoned(value)


@pytest.fixture(scope="module")
def poisoned() -> Company:
    """A company whose every text is an attack."""
    found = Company(seed=3, alter=_poisoned)
    found.go_on(60)
    return found


@pytest.mark.parametrize("path", PATHS)
def test_attacks_are_shown_as_text(poisoned: Company, path: str) -> None:
    """Whatever a commit says becomes text: no element, no attribute, no link comes of it."""
    html = poisoned.page(path, {"text": EVIL, "label": EVIL} if path == "" else {})
    read = Reader(html)
    assert "alert(1)" in "".join(read.text)
    assert {found.get("src") for tag, found in read.elements if tag == "script"} == {
        source for source in read.attributes("src") if source.endswith(".js")
    }
    assert not [tag for tag, _ in read.elements if tag in ("img", "iframe", "object")]
    assert not [name for _, found in read.elements for name in found if name.startswith("on")]
    for href in read.attributes("href"):
        assert href.startswith(("/", "#", "https://", "mailto:payments@")), href
    assert read.faults == []


def test_frames_are_as_safe_as_pages(poisoned: Company) -> None:
    """A frame is one line of JSON whose HTML is escaped as the page's is."""
    for bundle in poisoned.bundles[:3]:
        data = poisoned.fragments.present(bundle, TopicForm.ROW | TopicForm.DETAIL, poisoned.now)
        assert b"\n" not in data
        frame = orjson.loads(data)
        for html in (frame["row"], frame["detail"]):
            read = Reader(html)
            assert (read.faults, read.open) == ([], [])
            assert not [tag for tag, _ in read.elements if tag in ("script", "img")]


def test_long_names_stay_whole() -> None:
    """A name of 253 characters is shown and linked as it is."""
    company = Company()
    name = ".".join(["n" * 63] * 3 + ["n" * 61])
    document = {
        "apiVersion": "promoter.argoproj.io/v1alpha1",
        "kind": "PromotionStrategy",
        "metadata": {"name": name, "namespace": "data"},
        "spec": {"gitRepositoryRef": {"name": name}, "environments": [{"branch": "b" * 100}]},
    }
    company.cluster.apply(document)
    company.reflect()
    assert f'href="/strategies/data/{name}"' in company.page("")
    assert name in company.page(f"strategies/data/{name}")


# -- frames ----------------------------------------------------------------------------------------------------------


def test_a_frame_carries_what_its_form_asks_for(company: Company) -> None:
    """The same row as the page's; a detail or an entry only where it is wanted; who is gone has a name only."""
    changes = [change for change in company.go_on(20) if change.after is not None]
    change = next(each for each in reversed(changes) if company.activity.entry_of(each))
    row = orjson.loads(company.fragments.changed(change, TopicForm.ROW, company.now))
    assert row.keys() == {"namespace", "name", "row"}
    full = orjson.loads(
        company.fragments.changed(change, TopicForm.ROW | TopicForm.ENTRIES | TopicForm.DETAIL, company.now)
    )
    assert full.keys() == {"namespace", "name", "row", "detail", "entry", "events"}
    assert f'id="entry-{change.resource_version}"' in full["entry"]
    deleted = change._replace(before=change.after, after=None)
    frame = orjson.loads(company.fragments.changed(deleted, TopicForm.ROW | TopicForm.ENTRIES, company.now))
    assert frame.keys() == {"namespace", "name", "entry", "events"}


def test_what_is_the_same_is_rendered_once() -> None:
    """A page after a frame, and a frame after a page, take the row that is there."""
    company = Company(seed=13)
    bundle = company.bundles[0]
    first = company.subjects[bundle.key.view].shown(bundle)
    assert company.subjects[bundle.key.view].shown(bundle) is first
    assert list(company.fragments.warm(company.bundles))


def test_a_page_of_many_rows_comes_in_pieces(company: Company) -> None:
    """Rows that are not there yet are made a few at a time, with an empty piece in between."""
    page = Company(seed=11).pages.render("", {}, company.view())
    assert page is not None
    assert b"" in list(page.pieces)


def test_the_head_of_the_fleet_comes_before_any_row_is_made(company: Company) -> None:
    """A browser has something to paint while a thousand rows are worked out, compressed or not."""
    for gzip in (False, True):
        page = company.pages.render("", {}, company.view())
        assert page is not None
        first = PieceReader(page.pieces, gzip=gzip).pull(1 << 16)
        head = zlib.decompressobj(16 + zlib.MAX_WBITS).decompress(first) if gzip else first
        assert head.endswith(b'<main id="main" tabindex="-1">\n')
        assert b'aria-current="page"' in head


def test_addresses_begin_with_the_root_path() -> None:
    """Behind an ingress path every link, source and form stays below it."""
    company = Company(root_path="/promotions/")
    for path in PATHS[:3]:
        read = Reader(company.page(path))
        for name in ("href", "src", "action"):
            for value in read.attributes(name):
                assert value.startswith(
                    ("/promotions/", "#", "https://git.example.com", "https://ci.example.com", *WHOM)
                ), value


def test_no_entry_is_ahead_of_the_clock() -> None:
    """After a start offsets run ahead of the clock for some seconds; what happened has happened all the same."""
    company = Company()
    company.go_on(20)
    html = company.page("activity", now=company.now - timedelta(seconds=60))
    assert "just now" in html
    assert not re.findall(r">in \d+s</time>", html)


def test_entries_of_a_clock_that_was_set_back_have_no_age() -> None:
    """Of hours in which it was ahead the record's time is shown for what it is; nothing is said to be of just now."""
    company = Company()
    company.go_on(20)
    html = company.page("activity", now=company.now - timedelta(hours=8))
    assert re.search(r'title="recorded as [^"]+ UTC: the clock has been set back since">clock set back</span>', html)
    assert 'class="entry-when"><time' not in html
    began = company.activity.since
    assert began is not None
    assert f"back to {stamp(began)} (as recorded; the clock has been set back)" in html


def test_nothing_is_kept_by_what_stands_in_an_address(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    """Environments that are not there are looked for by anybody who likes: no part of a page is kept for them."""
    kept: list[Any] = []
    keep = Recent.keep

    def noted(recent: Recent[Any], key: Any, value: Any, size: int) -> None:
        kept.append(key)
        keep(recent, key, value, size)

    company.page("strategies/payments/ledger")
    monkeypatch.setattr(Recent, "keep", noted)
    for number in range(3):
        company.page("strategies/payments/ledger", {"columns": f"no-such-{number}"})
    assert kept == []
    assert 'value="staging" checked' in company.page("strategies/payments/ledger", {"columns": "staging,no-such"})
    assert kept

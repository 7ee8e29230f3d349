"""The pages of Stages: rows, one in full, frames, and what the activity says of them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import orjson
import pytest

from promoter_view.dashboard.assembly import make_parts
from promoter_view.dashboard.assets import Assets
from promoter_view.dashboard.page_input import PageInput
from promoter_view.dashboard.stages.detail import argocd_link, read_stage
from promoter_view.dashboard.stages.rows import ShownHealth, read_stage_row
from promoter_view.dashboard.streams.topics import TopicForm, parse_topics
from promoter_view.metrics import Metrics
from promoter_view.records import Bundle, BundleKey
from promoter_view.views import contents
from promoter_view.views.isolation import Isolation
from promoter_view.views.stage.details import STAGE_DETAILS
from tests.dashboard.test_pages import EVIL, Reader
from tests.support.views.stages import application, changed, check, promotion, stage, thing
from tests.support.views.strategies import Decoded
from tests.support.views.world import World

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
AUTHORIZED = {"authorized": "shop:test"}
KEY = BundleKey(STAGE_DETAILS, "shop", "test")


def freight(name: str = "f1", alias: str = "gentle-otter", **more: Any) -> dict[str, Any]:
    commit = {"repoURL": "https://git.example.com/shop.git", "id": "a" * 40, "message": "A subject\n\nA body"}
    return thing("Freight", name, alias=alias, origin={"kind": "Warehouse", "name": "w"}, commits=[commit], **more)


def ill() -> dict[str, Any]:
    health = {"status": "Degraded", "lastTransitionTime": "2026-11-20T11:00:00Z"}
    return changed(application("web", **AUTHORIZED), "status", "health", to=health)


class Shop:
    """A Stage with two Applications, one of them ill, its Freight and Promotions; and the pages."""

    def __init__(self, **pages: Any) -> None:
        self.world = World()
        self.world.put(
            stage(freight=["f1"], checks=[check("argocd/web", "argocd/cart")], last="p1"),
            freight(),
            ill(),
            application("cart", **AUTHORIZED),
            changed(
                promotion("p1", phase="Succeeded", finished=30),
                "spec",
                "steps",
                to=[{"uses": "argocd-update", "as": "update"}, {"uses": "argocd-wait"}],
            ),
            promotion("p2", phase="Pending", created=40),
        )
        self.metrics = Metrics()
        parts = make_parts(Isolation(self.metrics), Assets(), **pages)
        self.subjects, self.activity, self.pages, self.fragments = parts[:4]
        self.activity.restart(self.world.projector.head)
        self._read = self.world.projector.head

    @property
    def bundles(self) -> tuple[Bundle, ...]:
        return tuple(self.world.projector.list(STAGE_DETAILS))

    @property
    def document(self) -> dict[str, Any]:
        (bundle,) = self.bundles
        found: dict[str, Any] = orjson.loads(bundle.encode())
        return found

    def put(self, *documents: dict[str, Any]) -> list[tuple[str, ...]]:
        """What the activity says of it: event, by, subject of each item."""
        self.world.put(*documents)
        cursor = self.world.projector.cursor(STAGE_DETAILS, "", self._read)
        list(self.activity.steps(cursor.take(1000)))
        before, self._read = self._read, self.world.projector.head
        found = [entry for entry in self.activity.newest_first(NOW) if entry.resource_version > before]
        return [(item.event.value, item.by, item.subject) for entry in found for item in entry.items]

    def page(
        self, path: str, query: dict[str, str] | None = None, *, stages: Sequence[Bundle] | None = None, **changes: Any
    ) -> str:
        found = {STAGE_DETAILS: self.bundles if stages is None else stages}
        view = PageInput(found, self.world.projector.head, NOW, **changes)
        page = self.pages.render(path, query or {}, view)
        assert page is not None
        return page.body.decode()


def test_a_row() -> None:
    """Its health and why, its Freight by alias, its Applications and its last Promotion."""
    row = read_stage_row(Decoded(Shop().document, "stage"))
    assert (row.state, row.freight, row.healthy, row.applications) == (ShownHealth.UNHEALTHY, ("gentle-otter",), 1, 2)
    assert "web" in row.issue
    assert row.last is not None
    assert (row.last.name, row.last.phase) == ("p1", "Succeeded")


def test_stages_in_pipeline_order() -> None:
    """By project, each headed; what takes from a Stage stands behind it, and says so."""
    shop = Shop()
    asks = [{"origin": {"kind": "Warehouse", "name": "w"}, "sources": {"stages": ["test"]}}]
    shop.world.put(
        changed(stage("a-production"), "spec", "requestedFreight", to=asks), stage("only", namespace="another")
    )
    html = shop.page("stages", {"sort": "pipeline"})
    found = re.findall(r'<li class="(?:group" data-group|row[^"]*" id)="([^"]+)"', html)
    assert found == ["another", "another/only", "shop", "shop/test", "shop/a-production"]
    assert "after test" in html
    assert "Unknown order" in shop.page("stages", {"sort": "pipelines"})


def test_one_in_full() -> None:
    """Which Application is ill and since when, the steps of each Promotion, and what the Freight is made of."""
    detail = read_stage(Decoded(Shop().document, "stage"), "https://argocd.example.com")
    worst, best = detail.applications
    assert (worst.name, worst.verdict, worst.said) == ("web", ShownHealth.UNHEALTHY, "Degraded")
    assert worst.since == datetime(2026, 11, 20, 11, tzinfo=UTC)
    assert worst.url == "https://argocd.example.com/applications/argocd/web"
    assert (best.name, best.verdict) == ("cart", ShownHealth.HEALTHY)
    assert [promotion.name for promotion in detail.promotions] == ["p2", "p1"]
    assert [(step.uses, step.alias) for step in detail.promotions[1].steps] == [
        ("argocd-update", "update"),
        ("argocd-wait", ""),
    ]
    assert [(part.version, part.subject) for part in detail.freight[0].artifacts] == [("a" * 7, "A subject")]


def test_whom_to_ask_is_told_by_the_stage_else_by_its_applications() -> None:
    """As links where they are ones; pages and JSON read the same annotations."""
    shop, told = Shop(), {**ill(), "metadata": {**ill()["metadata"]}}
    told["metadata"]["annotations"] = {
        **told["metadata"]["annotations"],
        "promoter-view.io/owner": "team web",
        "promoter-view.io/contact": "javascript:alert(1)",
        "promoter-view.io/runbook": "https://wiki.example.com/<web>",
    }
    shop.put(told)
    html = shop.page("stages/shop/test")
    assert "<dt>Owner</dt><dd><bdi>team web</bdi></dd>" in html
    assert "<dt>Contact</dt><dd><bdi>javascript:alert(1)</bdi></dd>" in html
    assert 'href="https://wiki.example.com/&lt;web&gt;"' in html
    shop.put(changed(stage(freight=["f1"]), "metadata", "annotations", to={"promoter-view.io/owner": "team shop"}))
    assert [contact.text for contact in read_stage(Decoded(shop.document, "stage"), "").contacts][:1] == ["team shop"]


def test_a_page_is_read_an_application_a_step(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many a Stage has, on its page and in its stream."""
    shop = Shop()
    shop.put(*(application(f"app-{number}", **AUTHORIZED) for number in range(40)))
    (bundle,) = shop.bundles
    decoded = []
    counted = SimpleNamespace(loads=lambda body: decoded.append(body) or orjson.loads(body))
    monkeypatch.setattr(contents, "orjson", counted)
    page = shop.pages.render("stages/shop/test", {}, PageInput({STAGE_DETAILS: [bundle]}, bundle.resource_version, NOW))
    assert page is not None
    for steps in (page.pieces, Shop().subjects[STAGE_DETAILS].detail_steps(bundle, NOW)):
        largest = 0
        for _ in steps:
            largest = max(largest, len(decoded))
            decoded.clear()
        assert 1 <= largest < 20, "of 42 Applications"


def test_hydrated() -> None:
    """Of an Application whose manifests are hydrated the page tells both commits, and how hydration ended."""
    shop = Shop()
    hydrator = {
        "lastSuccessfulOperation": {"drySHA": "d1", "hydratedSHA": "h1"},
        "currentOperation": {"phase": "Failed", "drySHA": "d2", "message": "no <such> chart"},
    }
    shop.put(application("web", **AUTHORIZED, sourceHydrator=hydrator))
    page = shop.page("stages/shop/test")
    assert "dry commit <code>d1</code> hydrated as <code>h1</code>" in page
    assert "last hydration: Failed no &lt;such&gt; chart" in page


def test_nothing_yet() -> None:
    """A Stage without anything is a row and a page all the same."""
    world = World()
    world.put(stage(last=""))
    (bundle,) = world.projector.list(STAGE_DETAILS)
    document = orjson.loads(bundle.encode())
    assert read_stage_row(Decoded(document, "stage")).state is ShownHealth.NONE
    assert read_stage(Decoded(document, "stage"), "").applications == ()


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    """The Stage of ``Shop``, decoded."""
    return Shop().document


@pytest.mark.parametrize("spoilt", [None, [], "x", 7, {"status": []}, {"status": {"lastPromotion": [1]}}])
def test_any_shape(document: dict[str, Any], spoilt: Any) -> None:
    """Whatever a member is, something is shown of the rest."""
    for field in ("stage", "promotions", "freight", "applications", "health"):
        for value in (spoilt, [spoilt]):
            read_stage(Decoded(document | {field: value}, "stage"), "")


def test_no_link_without_an_address() -> None:
    """Names are quoted, and without --argocd-url there is no link."""
    assert argocd_link("", "a", "b") == ""
    assert argocd_link("https://x", "a/b", "c?d") == "https://x/applications/a%2Fb/c%3Fd"


def test_pages() -> None:
    """The list links to the Stage; both keep to the pages' policy."""
    shop = Shop(argocd_url="https://argocd.example.com")
    for path in ("stages", "stages/shop/test", "activity"):
        read = Reader(shop.page(path))
        assert (read.faults, read.open, read.attributes("style")) == ([], [], [])
    assert 'href="/stages/shop/test"' in shop.page("stages")
    assert "https://argocd.example.com/applications/argocd/web" in shop.page("stages/shop/test")
    assert "There is no Stage other in shop" in shop.page("stages/shop/other")


def test_filters() -> None:
    """By health, by text, by project."""
    shop = Shop()
    assert "1 of 1 Stage" in shop.page("stages", {"state": "unhealthy"})
    for query in ({"state": "healthy"}, {"text": "nonsense"}, {"namespace": "other"}):
        found = shop.page("stages", query)
        assert "0 of 1 Stage" in found
        assert '<li hidden class="row stage-row' in found


def test_without_the_view() -> None:
    """Where Stages are not served there is no page of them, and no link to one."""
    shop = Shop(has_stages=False)
    assert shop.pages.render("stages", {}, PageInput({}, 1, NOW)) is None
    assert 'href="/stages"' not in shop.page("")


def test_attacks() -> None:
    """What others have written is text, and no link but to the web."""
    shop = Shop()
    shop.put(
        freight(alias=EVIL),
        changed(ill(), "status", "operationState", to={"phase": EVIL, "message": EVIL}),
        changed(promotion("p3", phase="Errored", created=50, finished=51), "status", "message", to=EVIL),
        changed(stage(freight=["f1"], last="p3", phase="Errored", message=EVIL), "spec", "shard", to=EVIL),
    )
    for path in ("stages", "stages/shop/test", "activity"):
        html = shop.page(path)
        assert not re.search(r"<script>alert|<img", html)
        assert "&lt;script&gt;alert(1)" in html


def test_activity() -> None:
    """A Promotion that begins, one that fails, Freight that comes, health that turns: each is said, with its reason."""
    shop = Shop()
    running = stage(freight=["f1"], checks=[check("argocd/web")], last="p1", current="p2")
    assert ("started", "p2", "f") in shop.put(running)
    failed = stage(freight=["f1"], last="p2", phase="Errored", message="no such step")
    assert ("failed", "p2 Errored", "no such step") in shop.put(failed)
    promoted = stage(freight=["f2"], last="p4")
    events = shop.put(freight("f2", "keen-stoat"), promoted)
    assert ("promoted", "", "p4") in events
    assert any(event == "state" for event, *_ in events)
    html = shop.page("activity")
    assert 'href="/stages/shop/test"' in html
    assert "keen-stoat" in html
    nobody = shop.page("activity", admits=lambda view, namespace: view != STAGE_DETAILS)
    assert "keen-stoat" not in nobody


def test_who_may_not_see_members_sees_no_entries_of_them() -> None:
    """With --member-authorization the feed tells nothing that the user's Stages leave out."""
    shop = Shop()
    shop.put(stage(freight=["f1"], last="p2", phase="Errored", message="no such step"))
    hidden = tuple(replace(bundle, hidden=frozenset({"Promotion"})) for bundle in shop.bundles)
    assert "no such step" in shop.page("activity")
    assert "no such step" not in shop.page("activity", stages=hidden)


def test_frames() -> None:
    """Frames name the view, so that no page of strategies takes them; each page gets the form that it shows."""
    shop = Shop()
    (bundle,) = shop.bundles
    frame = orjson.loads(shop.fragments.present(bundle, TopicForm.ROW | TopicForm.DETAIL, NOW))
    assert frame.keys() == {"view", "namespace", "name", "row", "detail"}
    assert parse_topics(["stages"]).form(KEY) == TopicForm.ROW
    assert parse_topics(["stages/shop/test"]).form(KEY) == TopicForm.DETAIL | TopicForm.PROJECT
    assert parse_topics(["stages/shop/prod"]).form(KEY) == TopicForm.PROJECT
    assert parse_topics(["stages/other/test"]).form(KEY) == TopicForm(0)
    assert parse_topics(["fleet", "strategies/shop/test"]).form(KEY) == TopicForm(0)
    assert parse_topics(["activity"]).form(KEY) == TopicForm.ENTRIES


def test_a_change_of_one_of_many_applications_reads_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """A Stage's row is made in steps of an Application each; after a change of one of them one is read again."""
    world, count = World(), 60
    names = [f"app-{number}" for number in range(count)]
    world.put(stage(checks=[check(f"argocd/{name}") for name in names]))
    world.put(*(application(name, **AUTHORIZED) for name in names))
    subject, decoded = Shop().subjects[STAGE_DETAILS], []
    counted = SimpleNamespace(loads=lambda body: decoded.append(body) or orjson.loads(body))
    monkeypatch.setattr(contents, "orjson", counted)
    (before,) = world.projector.list(STAGE_DETAILS)
    assert sum(1 for _ in subject.read_steps(before)) >= count
    subject.shown(before)
    decoded.clear()
    world.put(changed(application(names[7], **AUTHORIZED), "status", "health", to={"status": "Degraded"}))
    (after,) = world.projector.list(STAGE_DETAILS)
    assert len(list(subject.read_steps(after))) == 2
    assert subject.shown(after).row.applications == count
    applications = [body for body in decoded if b'"Application"' in body]
    assert len({*applications}) == 1

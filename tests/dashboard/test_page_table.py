"""Where paths lead, and what of app.js brings each page to life."""

from __future__ import annotations

import re
from importlib.resources import files

import pytest

from promoter_view.dashboard.page_table import (
    ACTIVITY,
    COMMIT,
    FLEET,
    MANIFEST,
    PAGES,
    STAGE,
    STAGES,
    STRATEGY,
    PagePlace,
    commit_topic,
    find_page,
)
from promoter_view.dashboard.streams.topics import parse_topics


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("", PagePlace(FLEET)),
        ("stages", PagePlace(STAGES)),
        ("activity", PagePlace(ACTIVITY)),
        ("strategies/payments/ledger", PagePlace(STRATEGY, "payments", "ledger")),
        ("strategies/payments/ledger/manifest", PagePlace(MANIFEST, "payments", "ledger")),
        ("stages/shop/a%2Fb", PagePlace(STAGE, "shop", "a/b")),
        ("strategies", None),
        ("strategies/payments", None),
        ("strategies/payments/ledger/", None),
        ("stages/shop/test/manifest", None),
        ("activity/payments/ledger", None),
        ("strategies/NAMESPACE", None),
    ],
)
def test_where_a_path_leads(path: str, place: PagePlace | None) -> None:
    """To a page and its object, whose name is as it was before it was quoted; else there is no page."""
    assert find_page(path) == place


def test_every_page_leads_back_to_itself() -> None:
    """The path that is linked to is found again, and the stream that the page names is served."""
    for page in PAGES:
        if page is COMMIT:
            assert parse_topics([commit_topic("0123abc")]).commits == {"0123abc"}
            continue
        found = find_page(page.at("a", "../b?c"))
        assert found is not None
        assert found == (PagePlace(page, "a", "../b?c") if page.is_one else PagePlace(page))
        if page.stream:
            assert parse_topics([page.topic("a", "b")]) != parse_topics(["fleet" if page is not FLEET else "activity"])


def test_app_js_knows_the_scripts_of_all_pages() -> None:
    """The names that pages give are those of its classes."""
    text = (files("promoter_view.dashboard") / "static" / "app.js").read_text()
    known = re.search(r"SCRIPTS = \{ (.*?) \}", text)
    assert known is not None
    assert {page.script for page in PAGES if page.script} == set(known[1].split(", "))
    assert all(bool(page.stream) == bool(page.script) for page in PAGES)

"""What streams of pages carry."""

from __future__ import annotations

import pytest

from promoter_view.dashboard.streams.topics import MAX_STRATEGIES, TopicError, TopicForm, Topics, parse_topics
from promoter_view.records import BundleKey

KEY = BundleKey("promotionstrategydetails", "payments", "ledger")


@pytest.mark.parametrize(
    ("pages", "form"),
    [
        (["fleet"], TopicForm.ROW),
        (["activity"], TopicForm.ENTRIES),
        (["strategies/payments/ledger"], TopicForm.DETAIL),
        (["strategies/payments/other"], TopicForm(0)),
        (["fleet", "activity", "strategies/payments/ledger"], TopicForm.ROW | TopicForm.ENTRIES | TopicForm.DETAIL),
    ],
)
def test_pages_say_in_which_forms_they_want_a_bundle(pages: list[str], form: TopicForm) -> None:
    """One stream serves several pages, each in its own form; a strategy's page wants its own only."""
    assert parse_topics(pages).form(KEY) == form


@pytest.mark.parametrize(
    ("name", "form"),
    [
        (BundleKey("stagedetails", "kargo", "prod"), TopicForm.DETAIL | TopicForm.PROJECT),
        (BundleKey("stagedetails", "kargo", "test"), TopicForm.PROJECT),
        (BundleKey("stagedetails", "other", "prod"), TopicForm(0)),
        (BundleKey("promotionstrategydetails", "kargo", "prod"), TopicForm(0)),
    ],
)
def test_a_stages_page_is_told_of_its_project(name: BundleKey, form: TopicForm) -> None:
    """It shows the flow of Freight through all Stages there."""
    assert parse_topics(["stages/kargo/prod"]).form(name) == form


@pytest.mark.parametrize("page", ["", "nonsense", "strategies/", "strategies/a", "strategies/a/b/c", "strategies//b"])
def test_what_is_no_page_is_refused(page: str) -> None:
    """A wrong page is said, and what was expected."""
    with pytest.raises(TopicError, match="fleet, activity, stages, strategies/NAMESPACE/NAME"):
        parse_topics([page])


def test_streams_are_bounded() -> None:
    """No page, or more strategies than a stream serves, is refused with the bound."""
    with pytest.raises(TopicError, match="missing"):
        parse_topics([])
    with pytest.raises(TopicError, match=str(MAX_STRATEGIES)):
        parse_topics([f"strategies/a/{number}" for number in range(MAX_STRATEGIES + 1)])
    assert parse_topics(["fleet", "fleet"]) == Topics(rows=frozenset({KEY.view}))


@pytest.mark.parametrize(
    ("wanted", "left"),
    [
        (TopicForm.ROW, TopicForm(0)),
        (TopicForm.DETAIL, TopicForm.ENTRIES),
        (TopicForm.ROW | TopicForm.ENTRIES, TopicForm.ENTRIES),
        (TopicForm(0), TopicForm(0)),
    ],
)
def test_what_is_left_of_a_state_that_passed(wanted: TopicForm, left: TopicForm) -> None:
    """What happened, where a page tells that; never what it looked like."""
    assert wanted.passing == left

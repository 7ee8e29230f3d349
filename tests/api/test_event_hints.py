"""Whoever selects events by a value that none has is told so: else "No resources found" would seem to be the answer."""

from __future__ import annotations

import pytest

from promoter_view.api.events.hints import hint, of_branches
from promoter_view.journal.serving.bundles import SELECTABLE
from promoter_view.kubernetes.selectors import parse_field_selector
from tests.support.api.world import World
from tests.support.journal.told import Told

ROOT = "/apis/view.promoter.argoproj.io/v1alpha1/promotionevents"
VIEWS = ("promotionstrategydetails", "stagedetails")


@pytest.mark.parametrize(
    ("selector", "words"),
    [
        ("event=promoted,view=stagedetails,environment=anything,metadata.name=x", ""),
        (f"commit={'b' * 40}", ""),
        ("event=promotd", "the field selector event has a value that no event has: did you mean promoted"),
        ("event!=promotd", "the field selector event has a value that no event has: did you mean promoted"),
        (
            "name=search,view=stagedetail",
            "the field selector view has a value that no event has: did you mean stagedetails",
        ),
        (
            'view="\r\nX: y',
            "the field selector view has a value that no event has: there are promotionstrategydetails, stagedetails",
        ),
        ("environment=dev", ""),
        ("commit=bbbbbbb", "the field selector commit takes a whole dry sha; kubectl promotion where finds short ones"),
    ],
)
def test_the_words(selector: str, words: str) -> None:
    """The nearest value, or all there are; never the value itself."""
    assert hint(parse_field_selector(selector, SELECTABLE), VIEWS) == words


@pytest.mark.parametrize(
    ("selector", "branches"),
    [
        ("environment=prod", ["prod", "env/prod", "env/eu/prod"]),
        ("environment!=prod", ["", "env/dev", "nonprod"]),
        ("environment=eu/prod", ["env/eu/prod"]),
        ("environment=env/prod", ["env/prod"]),
        ("environment=", [""]),
        ("environment=prod,environment!=eu/prod", ["prod", "env/prod"]),
        ("name=prod", []),
    ],
)
def test_short_branches(selector: str, branches: list[str]) -> None:
    """The branch, and each one that ends so; of other fields the whole value counts."""
    fields = of_branches(parse_field_selector(selector, SELECTABLE))
    every = ("", "prod", "env/dev", "env/prod", "env/eu/prod", "nonprod")
    found = [each for each in every if fields.matches("shop", "1-0", {"environment": each, "name": "search"})]
    assert found == branches
    assert str(fields) == selector


def test_a_gap_is_no_event_of_the_api() -> None:
    """Its values are those that events of the API have."""
    assert "closed" in hint(parse_field_selector("event=xyz", SELECTABLE), VIEWS)
    assert "gap" not in hint(parse_field_selector("event=xyz", SELECTABLE), VIEWS)


def test_the_header() -> None:
    """Lists and watches have it, beside what a list says of its beginning."""
    told = Told(World())
    for query in ("since=-7d&", f"watch=1&resourceVersion={told.base}&"):
        answer = told.world.ask(f"{ROOT}?{query}fieldSelector=event%3Dpromotd")
        assert "did you mean promoted" in answer.header("warning"), query
        assert told.world.ask(f"{ROOT}?{query}fieldSelector=event%3Dpromoted").header("warning") == ""


def test_both_headers() -> None:
    """A list of the last 24 hours says so, and what is wrong with its selector as well."""
    head = Told(World()).world.ask(f"{ROOT}?fieldSelector=event%3Dpromotd").head.decode()
    assert ["did you mean promoted" in head, "24 hours" in head] == [True, True]

"""docs/expressions.md: each example has the value that stands beside it, and each function there is has its row."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from promoter_view.promotions.expressions.evaluator import evaluate
from promoter_view.promotions.expressions.functions import FUNCTIONS, NOT_DONE
from promoter_view.promotions.expressions.json_texts import to_json
from promoter_view.promotions.expressions.library.durations import Duration
from promoter_view.promotions.expressions.library.moments import Moment
from promoter_view.promotions.expressions.metadata import metadata_functions
from promoter_view.promotions.expressions.parser import ExpressionParser
from promoter_view.promotions.expressions.predicates import PREDICATED
from promoter_view.promotions.expressions.scope import Budget, Scope
from promoter_view.promotions.expressions.steps_told import told_functions
from promoter_view.promotions.expressions.templates import render_text
from promoter_view.promotions.state.execution import Execution
from promoter_view.promotions.steps.artifacts import FreightArtifacts

PAGE = (Path(__file__).parents[3] / "docs" / "expressions.md").read_text("utf-8")
ROWS = [
    [cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
    for line in PAGE.splitlines()
    if line.startswith("| `")
]
EXAMPLES = [(row[2].strip("`"), row[3].strip("`")) for row in ROWS if len(row) == 4]
PARSER = ExpressionParser()


def value(expression: str) -> Any:
    budget = Budget()
    return evaluate(PARSER.parse(expression, budget), Scope({}, FUNCTIONS, budget))


@pytest.mark.parametrize(("example", "result"), EXAMPLES)
def test_example(example: str, result: str) -> None:
    """What the page says an example is, it is."""
    found = render_text(example, value) if "${{" in example else json.loads(to_json(value(example)))
    assert found == json.loads(result)


def test_every_function_has_a_row() -> None:
    """The page lists the functions that there are, no more and no less, and names those that are not done."""
    told = told_functions("a", Execution())
    artifacts = FreightArtifacts(requested=[], warehouses=lambda _: None, freight=[]).functions()
    known = {*FUNCTIONS, *PREDICATED, *told, *artifacts, *metadata_functions(lambda *_: None), "now"}
    rows = {match[1] for row in ROWS if len(row) in (2, 4) and (match := re.match(r"`(\w+)\(", row[0]))}
    assert rows == known
    assert [name for name in NOT_DONE if f"`{name}`" not in PAGE] == []


@pytest.mark.parametrize("methods", [Moment.methods, Duration.methods])
def test_every_method_is_named(methods: Any) -> None:
    """So are the methods of dates and durations."""
    assert [name for name in methods if f"{name}(" not in PAGE] == []

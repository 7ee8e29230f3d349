"""Expressions beside expr-lang itself: what its release 1.17.8 gave for each, in expr_lang.txt."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from promoter_view.promotions.expressions.evaluator import evaluate
from promoter_view.promotions.expressions.functions import FUNCTIONS
from promoter_view.promotions.expressions.json_texts import from_document, to_json
from promoter_view.promotions.expressions.parser import ExpressionParser
from promoter_view.promotions.expressions.scope import Budget, Scope
from promoter_view.promotions.expressions.values import ExpressionError

PARSER = ExpressionParser()
NAMES: dict[str, Any] = from_document(
    {
        "vars": {"repo": "https://git", "n": 3},
        "list": [3, 1, 2],
        "rows": [{"name": "a", "on": True, "n": 2}, {"name": "b", "on": False, "n": 1}],
        "none": None,
        "text": "Hello",
    }
)
TYPES = {"nil": type(None), "bool": bool, "int": int, "float": float, "string": str}
LINES = (Path(__file__).parent / "expr_lang.txt").read_text("utf-8").splitlines()


def cases(*, errors: bool) -> Sequence[tuple[str, str]]:
    """Each expression and what is said of it."""
    split = (line.rpartition("  =>  ") for line in LINES)
    return [(expression, result) for expression, arrow, result in split if arrow and (result == "error") is errors]


def value(expression: str) -> Any:
    budget = Budget()
    return evaluate(PARSER.parse(expression, budget), Scope(NAMES, FUNCTIONS, budget))


@pytest.mark.parametrize(("expression", "result"), cases(errors=False))
def test_value(expression: str, result: str) -> None:
    """The value is that of expr-lang, and of its type."""
    kind, _, expected = result.partition("  ")
    found = value(expression)
    assert json.loads(to_json(found)) == json.loads(expected)
    assert kind == "json" or type(found) is TYPES[kind]


@pytest.mark.parametrize(("expression", "_"), cases(errors=True))
def test_no_value(expression: str, _: str) -> None:
    """What has no value in expr-lang has none here."""
    with pytest.raises(ExpressionError):
        value(expression)


def test_the_table_is_long() -> None:
    """Every function of expr-lang stands in the table."""
    own = {"quote", "unsafeQuote", "asJSON", "asYAML", "semverParse", "semverDiff"}
    assert [name for name in FUNCTIONS.keys() - own if not any(f"{name}(" in line for line in LINES)] == []

"""Documents with expressions in them: kargo.md 5.4, coercion for coercion."""

from __future__ import annotations

import json
import math
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promoter_view.promotions.expressions.evaluator import evaluate
from promoter_view.promotions.expressions.functions import FUNCTIONS
from promoter_view.promotions.expressions.parser import ExpressionParser
from promoter_view.promotions.expressions.scope import Budget, Scope
from promoter_view.promotions.expressions.templates import coerce, render, render_text
from promoter_view.promotions.expressions.values import ExpressionError

PARSER = ExpressionParser()
NAMES: dict[str, Any] = {
    "sha": "123e4567",
    "version": "1.10",
    "word": "main",
    "t": "t",
    "n": 3,
    "none": None,
    "many": [1, {"a": None}],
}


def value(expression: str) -> Any:
    return evaluate(PARSER.parse(expression, Budget()), Scope(NAMES, FUNCTIONS, Budget()))


COERCED: dict[str, Any] = {
    "main": "main",
    "": "",
    "42": 42,
    "1.10": 1.1,
    "-3.50": -3.5,
    "1e5": 100000,
    "1_000": 1000,
    ".5": 0.5,
    "5.": 5,
    "0x1p4": 16,
    "0x10": "0x10",
    "Inf": math.inf,
    "-infinity": -math.inf,
    "123e4": 1230000,
    "123e456789": "123e456789",
    "0123": 123,
    "1_": "1_",
    " 1": 1,
    "1 2": "1 2",
    "t": True,
    "T": True,
    "TRUE": True,
    "true": True,
    "True": True,
    "f": False,
    "FALSE": False,
    "tRUE": "tRUE",
    "null": None,
    "{}": {},
    "[]": [],
    '{"a": [1, "x", 1.0]}': {"a": [1, "x", 1]},
    "[1e999]": "[1e999]",
    "[NaN]": "[NaN]",
    "{a: 1}": "{a: 1}",
    '"42"': "42",
    '"42"\n': "42\n",
    '"true"': "true",
    '"a" and "b"': 'a" and "b',
    '"': '"',
    '""': "",
    "42\n": 42,
    "42\n\n": 42,
    "main\n\n": "main\n\n",
    "٣": "٣",
}

RENDERED: dict[str, Any] = {
    "42": "42",
    "true": "true",
    "$ {{ word }}": "$ {{ word }}",
    "{{ word }}": "{{ word }}",
    "${{ word }}": "main",
    "${{word}}": "main",
    "${% word %}": "main",
    "a-${{ word }}-${% n %}": "a-main-3",
    "${{ n }}": 3,
    "${{ n }}${{ n }}": 33,
    "1${{ n }}": 13,
    "v${{ n }}": "v3",
    "${{ none }}": None,
    "a ${{ none }}": "a null",
    "${{ many }}": [1, {"a": None}],
    "is ${{ many }}": 'is [1,{"a":null}]',
    "${{ n == 3 }}": True,
    "${{ t }}": True,
    "${{ version }}": 1.1,
    "${{ quote(version) }}": "1.10",
    "${{ sha }}": "123e4567",
    "${{ quote(t) }}": "t",
    "v${{ quote(n) }}": 'v"3"',
    "${{ '}}' + word }}": "}}main",
    "${{ {a: {b: 1}} }}": {"a": {"b": 1}},
    "${{ {a: 1}}}": {"a": 1},
    "${% '%}' %}": "%}",
    "${{ 6 / 2 }}": 3,
    "${{ 2 ** 70 > 1 }}": True,
    "a\n${{ word }}\n": "a\nmain\n",
}


@pytest.mark.parametrize(("text", "expected"), COERCED.items(), ids=[repr(text) for text in COERCED])
def test_coerce(text: str, expected: Any) -> None:
    """A string becomes what it looks like, tried in the order: quotes, number, bool, JSON."""
    found = coerce(text)
    assert (found, type(found)) == (expected, type(expected))


def test_nan() -> None:
    """NaN is a number as well, and so never a name."""
    assert all(math.isnan(coerce(text)) for text in ("NaN", "nan"))


@pytest.mark.parametrize(("text", "expected"), RENDERED.items(), ids=RENDERED.keys())
def test_render_text(text: str, expected: Any) -> None:
    """A string without an expression stays; one with an expression is put together, and then coerced."""
    found = render_text(text, value)
    assert (found, type(found)) == (expected, type(expected))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("${{ word", "an expression does not end: ${{ word"),
        ("a ${{ 'x }}", "cannot read the expression 'x"),
        ("${{ word } }", "an expression does not end"),
        ("${% word }}", "an expression does not end"),
        ("${{}}", "an expression is empty"),
        ("${{ }}", "an expression is empty"),
        ("${{ word }} ${{ 1 + }}", "cannot read the expression 1 +: it ends too early"),
        ("${{ none.x }}", "cannot take x of nil"),
    ],
)
def test_errors(text: str, words: str) -> None:
    """An expression that does not end, is empty, or has no value is an error."""
    with pytest.raises(ExpressionError) as caught:
        render_text(text, value)
    assert words in str(caught.value)


def test_documents() -> None:
    """Every string in a document is rendered, no key is, and all else stays."""
    document = {"${{ word }}": ["${{ word }}", 1, None, True, {"a": "x-${{ n }}"}]}
    assert render(document, value) == {"${{ word }}": ["main", 1, None, True, {"a": "x-3"}]}


def test_error_names_the_path() -> None:
    """An error says where in the document the expression stands."""
    with pytest.raises(ExpressionError, match=r"apps\[1\]\.name: cannot take x of nil"):
        render({"apps": [{}, {"name": "${{ none.x }}"}]}, value)


def test_deep_documents() -> None:
    """A document that is nested without end is an error, not a crash."""
    document: Any = "${{ word }}"
    for _ in range(5000):
        document = [document]
    with pytest.raises(ExpressionError, match="nested too deeply"):
        render(document, value)
    with pytest.raises(ExpressionError, match="nested too deeply"):
        render("${{ '" + "[" * 3000 + "' }}", value)


@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), (' {"a": ', "}"), ('["]", ', "]")])
def test_deep_json(opening: str, closing: str) -> None:
    """JSON of a hundred levels is a value, of one more an error: whatever the decoder could do."""
    text = f"{opening * 99}[]{closing * 99}"
    assert coerce(text) == json.loads(text)
    with pytest.raises(ExpressionError, match="nested too deeply"):
        coerce(f"{opening * 100}[]{closing * 100}")


def test_brackets_that_are_no_json() -> None:
    """A text that only holds brackets stays one, however many."""
    assert coerce("a" + "[" * 9000) == "a" + "[" * 9000


@given(st.text())
def test_any_text_is_coerced(text: str) -> None:
    """Whatever a string holds, it looks like something."""
    coerce(text)


@given(st.text().filter(lambda text: "${" not in text))
def test_quoted_text_stays(text: str) -> None:
    """What is quoted comes out as the string that it was."""
    scope = Scope({"x": text}, FUNCTIONS, Budget())
    assert (
        render_text("${{ quote(x) }}", lambda expression: evaluate(PARSER.parse(expression, Budget()), scope)) == text
    )


@given(st.text(alphabet="${}% '\"ab1+", max_size=30))
def test_any_template(text: str) -> None:
    """Whatever braces a string holds, it has a value or is an ExpressionError."""
    with suppress(ExpressionError):
        render_text(text, value)

"""Expressions: the part of expr-lang that kargo.md 5.4 lists, as Go evaluates it."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promoter_view.promotions.expressions.evaluator import evaluate
from promoter_view.promotions.expressions.functions import FUNCTIONS
from promoter_view.promotions.expressions.parser import ExpressionParser
from promoter_view.promotions.expressions.scope import Budget, Scope
from promoter_view.promotions.expressions.values import ExpressionError, Struct

PARSER = ExpressionParser()
COMMIT = Struct("a commit", {"ID": "abc", "Tag": ""}, {"id": "abc"})
NAMES: dict[str, Any] = {
    "vars": {"repo": "https://git", "n": 3},
    "list": [3, 1, 2],
    "rows": [{"name": "a", "on": True}, {"name": "b", "on": False}],
    "commit": COMMIT,
    "none": None,
}

VALUES: dict[str, Any] = {
    "1 + 2 * 3": 7,
    "(1 + 2) * 3": 9,
    "7 / 2": 3.5,
    "6 / 2": 3.0,
    "7 % 3": 1,
    "-7 % 3": -1,
    "7 % -3": 1,
    "2 ** 3 ** 2": 512.0,
    "-2 ** 2": -4.0,
    "2 ^ 3": 8.0,
    "1 - 2 - 3": -4,
    "1 + 2.5": 3.5,
    "0x1F + 1_000": 1031,
    ".5 + 1e1": 10.5,
    "'a' + \"b\" + `c`": "abc",
    r"'\x41\u0042\n\''": "AB\n'",
    r"`\n`": r"\n",
    "1 == 1.0": True,
    "1 == true": False,
    "1 == '1'": False,
    "nil == none": True,
    "[1, 2] == [1.0, 2]": True,
    "[1] == [true]": False,
    "{a: 1} == {'a': 1.0}": True,
    "1 != 2": True,
    "1 < 2 and 2 <= 2": True,
    "'b' > 'a' && 'b' >= 'b'": True,
    "true or false and false": True,
    "false || true": True,
    "true or 1": True,
    "false and 1": False,
    "not true == false": True,
    "!true": False,
    "not (1 in list)": False,
    "true ? 'y' : 'n'": "y",
    "false ? 1 : true ? 2 : 3": 2,
    "nil ?? 'b'": "b",
    "'' ?? 'b'": "",
    "none?.a.b.c": None,
    "none?.[0].x ?? 'd'": "d",
    "none?.a[1:2] ?? 'd'": "d",
    "vars?.repo": "https://git",
    "1 in list": True,
    "1 not in list": False,
    "'repo' in vars": True,
    "'ID' in commit": True,
    "1 in none": False,
    "'abc' contains 'b'": True,
    "'abc' not contains 'b'": False,
    "'abc' startsWith 'a' and 'abc' endsWith 'c'": True,
    "none contains 'a'": False,
    "'v1.2.3' matches '^v\\\\d+\\\\.'": True,
    "'x' matches 'y'": False,
    "vars.repo": "https://git",
    "vars['repo']": "https://git",
    "vars.other": None,
    "other": None,
    "list[0] + list[-1]": 5,
    "list[1:]": [1, 2],
    "list[:1]": [3],
    "list[5:9]": [],
    "'abcdefgh'[:3]": "abc",
    "commit.ID[:2]": "ab",
    "commit['Tag']": "",
    "let x = 2; let y = x * x; x + y": 6,
    "{a: 1, 'b c': [true, nil,],}": {"a": 1, "b c": [True, None]},
    "[]": [],
    "filter(list, # > 1)": [3, 2],
    "filter(rows, .on)": [{"name": "a", "on": True}],
    "map(rows, {.name})": ["a", "b"],
    "map(list, {# * vars.n})": [9, 3, 6],
    "any(rows, #.on) and not all(rows, .on)": True,
    "none(list, # > 3)": True,
    "rows | filter(.on) | map(.name) | join(',')": "a",
    "map(filter(list, # > 1), map(list, # + 1)[0])": [4, 4],
    "len('abc') + len(list) + len(vars)": 8,
    "split('a,b', ',')": ["a", "b"],
    "split('ab', '')": ["a", "b"],
    "join(['a', 'b'])": "ab",
    "split('abc', '')": ["a", "b", "c"],
    "join(['a', 'b'], '-')": "a-b",
    "trim(' a ') + trim('xax', 'x')": "aa",
    "trimPrefix('v1', 'v') + trimSuffix('a.git', '.git')": "1a",
    "hasPrefix('v1', 'v') and hasSuffix('a.git', '.git')": True,
    "replace('a-b-c', '-', '')": "abc",
    "upper('a') + lower('B')": "Ab",
    "int('42') + int(3.9) + int('-1')": 44,
    "string(1.0) + string(true) + string('x')": "1truex",
    "toJSON({b: 1.0, a: [nil]})": '{\n  "a": [\n    null\n  ],\n  "b": 1\n}',
    "fromJSON('{\"a\": [1, 2.5]}').a[1]": 2.5,
    "keys({b: 1, a: 2})": ["a", "b"],
    "first(list) + last(list)": 5,
    "first([])": None,
    "quote('1.10')": '"1.10"',
    "quote(true)": '"true"',
    "quote(none)": '"null"',
    "quote(commit)": '"{"id":"abc"}"',
    "notable": None,
}

ERRORS: dict[str, str] = {
    "": "an expression is empty",
    " ": "an expression is empty",
    "1 +": "it ends too early",
    "1 2": 'unexpected "2" at character 3',
    "a.b.": "it ends too early",
    "(1": "it ends too early",
    "'a": 'unexpected "\'" at character 1',
    "1 ? 2": "it ends too early",
    "a.b()": "nil has no method b",
    "'\\q'": "a string has no escape \\q",
    "none.a": "cannot take a of nil",
    "none['a']": "cannot take a of nil",
    "none[0]": "cannot take an element of nil by an int",
    "(none?.a).b": "cannot take b of nil",
    "vars.repo.x": "cannot take x of a string",
    "list['a']": "cannot take a of an array",
    "list[3]": "index 3 is beyond an array of 3",
    "list[1e9]": "an int is needed, not a float",
    "list[true]": "cannot take an element of an array by a bool",
    "list['a':]": "a part begins and ends at an int, not at a string",
    "vars[1:]": "cannot take a part of a map",
    "commit.Id": "a commit has no Id; it has ID, Tag",
    "1 + 'a'": "+ is not for an int and a string",
    "true + true": "+ is not for a bool and a bool",
    "none + 1": "+ is not for nil and an int",
    "1 < 'a'": "< is not for an int and a string",
    "[1] < [2]": "< is not for an array and an array",
    "1 contains 'a'": "contains is not for an int and a string",
    "'a' matches '('": "is no regular expression: missing )",
    "1 in 'a'": "in is not for an int and a string",
    "-'a'": "- is not for a string",
    "1 / 0": "has no value",
    "1 % 0": "has no value",
    "1.5 % 2": "% is for two ints",
    "10.0 ** 400": "has no value",
    "(-8) ** 0.5": "has no value",
    "9223372036854775807 + 1": "is beyond an int of 64 bits",
    "0xFFFFFFFFFFFFFFFFFF": "is beyond an int of 64 bits",
    "1 and true": "a bool is needed, not an int",
    "not 'a'": "a bool is needed, not a string",
    "'a' ? 1 : 2": "a bool is needed, not a string",
    "secret('x')": "secret() is not done here: Secrets are not read",
    "now()": "no function is called now",
    "frist(list)": "no function is called frist; the nearest: first",
    "'a' | nothing()": "no function is called nothing",
    "len()": "len takes 1 argument(s), not 0",
    "join([], '', '')": "join takes 1 to 2 argument(s), not 3",
    "len(1)": "len: an int has no length",
    "upper({#})": "upper takes no predicate",
    "#": "# is for predicates only",
    ".a": "# is for predicates only",
    "filter(list)": "filter takes 2 argument(s), not 1",
    "filter('a', true)": "filter: an array is needed, not a string",
    "filter(list, #)": "a bool is needed, not an int",
    "split(1, ',')": "split: a string is needed, not an int",
    "join([1], ',')": "join: a string is needed, not an int",
    "join('a,b')": "join: an array is needed, not a string",
    "join(commit)": "join: an array is needed, not a commit",
    "int('x')": 'int: "x" is no int',
    "int('+-1')": 'int: "+-1" is no int',
    "string(commit)": "string: a commit has no string; toJSON gives one",
    "fromJSON('{')": "fromJSON: that is no JSON",
    "fromJSON('NaN')": "fromJSON: that is no JSON",
    f"fromJSON('{'[' * 101}{']' * 101}')": "nested too deeply",
    "keys(1)": "keys: a map is needed, not an int",
    "toJSON(1e308 * 10)": "there is no JSON for a float",
    "replace(repeat('a', 4000), 'a', repeat('b', 4000))": "the text would be too long",
    "(" * 1990 + "1" + ")" * 1990: "nested too deeply",
    "1" + "+1" * 1990: "nested too deeply",
    "'" + "a" * 4_000 + "'": "is too long",
    "let a = list + 1; a": "+ is not for an array and an int",
}


def value(expression: str, budget: int = 20_000) -> Any:
    return evaluate(PARSER.parse(expression, Budget()), Scope(NAMES, FUNCTIONS, Budget(budget)))


@pytest.mark.parametrize(("expression", "expected"), VALUES.items(), ids=VALUES.keys())
def test_value(expression: str, expected: Any) -> None:
    """An expression has the value, of the type, that expr-lang gives it."""
    found = value(expression)
    assert (found, type(found)) == (expected, type(expected))


@pytest.mark.parametrize(("expression", "words"), ERRORS.items(), ids=[key[:40] for key in ERRORS])
def test_error(expression: str, words: str) -> None:
    """What has no value is an error that says why, never another value."""
    with pytest.raises(ExpressionError) as caught:
        value(expression)
    assert words in str(caught.value)
    assert len(str(caught.value)) < 600


def test_work_is_bounded() -> None:
    """An expression that doubles its text again and again, or loops in loops, ends in an error."""
    doubling = "let a = 'aaaaaaaaaaaaaaaa'; " + "let a = a + a; " * 30 + "len(a)"
    loops = "map(list, map(list, map(list, map(list, map(list, map(list, map(list, map(list, map(list, #)))))))))"
    for expression in (doubling, loops):
        with pytest.raises(ExpressionError, match=r"too long|too much work"):
            value(expression, 5_000)


def test_a_text_is_bounded() -> None:
    """However few steps make it, no text is longer than a million characters, alone or as JSON."""
    long = Scope({"long": "a" * 999_999}, FUNCTIONS, Budget(50_000_000))
    assert len(evaluate(PARSER.parse("long + 'b'", Budget()), long)) == 1_000_000
    for expression in ("long + long", "toJSON([long])", "join([long, long])"):
        with pytest.raises(ExpressionError, match=r"too long"):
            evaluate(PARSER.parse(expression, Budget()), long)


def test_a_pattern_takes_no_time() -> None:
    """A regular expression that would take others for ever is answered: by RE2, as in Go."""
    assert value("repeat('a', 5000) matches '^(a+)+$'") is True
    assert value("repeat('a', 5000) + 'b' matches '^(a+)+$'") is False


def test_a_name_may_be_a_keyword() -> None:
    """After a dot a keyword is a name as any other."""
    scope = Scope({"a": {"in": 1, "not": {"or": 2}}}, FUNCTIONS, Budget())
    assert evaluate(PARSER.parse("a.in + a.not.or", Budget()), scope) == 3


NUMBERS = st.integers(-50, 50) | st.floats(-50, 50, allow_nan=False).map(lambda found: round(found, 2))


@given(NUMBERS, st.sampled_from(["+", "-", "*"]), NUMBERS, st.sampled_from(["+", "-", "*"]), NUMBERS)
def test_arithmetic(first: Any, one: str, second: Any, other: str, third: Any) -> None:
    """Sums and products of numbers are what Python makes of them: the same precedence, the same association."""
    text = f"({first!r}) {one} ({second!r}) {other} ({third!r})"
    assert value(text) == eval(text)


@given(st.text() | st.text(alphabet="ab.()[]{}?:+-*/!<>=&|,#'\"`1 ", max_size=40))
def test_any_text(text: str) -> None:
    """Whatever stands for an expression has a value or is an ExpressionError."""
    with suppress(ExpressionError):
        value(text)


WORDS = [
    "vars",
    "list",
    "rows",
    "commit",
    "none",
    "1",
    "'a'",
    "#",
    ".name",
    "true",
    "nil",
    "[",
    "]",
    "(",
    ")",
    "{",
    "}",
]
WORDS += [
    "+",
    "-",
    "*",
    "/",
    "%",
    "**",
    "==",
    "<",
    "in",
    "not",
    "and",
    "or",
    "?",
    ":",
    "??",
    "?.",
    ".",
    ",",
    "|",
    "contains",
]
WORDS += [
    "filter",
    "map",
    "len",
    "join",
    "toJSON",
    "fromJSON",
    "let",
    "x",
    "=",
    ";",
    "matches",
    "replace",
    "int",
    "string",
]


@given(st.lists(st.sampled_from(WORDS), max_size=14).map(" ".join))
def test_any_words(text: str) -> None:
    """Whatever is put together of the language's words has a value or is an ExpressionError."""
    with suppress(ExpressionError):
        value(text)

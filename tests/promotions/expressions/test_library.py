"""Functions of expressions where expr-lang's own table ends: bounds, versions, dates, quoting, and what they refuse."""

from __future__ import annotations

import math
from typing import Any

import pytest

from promoter_view.promotions.expressions.evaluator import evaluate
from promoter_view.promotions.expressions.functions import FUNCTIONS
from promoter_view.promotions.expressions.parser import ExpressionParser
from promoter_view.promotions.expressions.scope import Budget, Scope
from promoter_view.promotions.expressions.values import ExpressionError, Struct

PARSER = ExpressionParser()
COMMIT = Struct("a commit", {"ID": "abc"}, {"id": "abc"})

VALUES: dict[str, Any] = {
    "2 > 3 > 1": False,
    "keys(commit)": ["ID"],
    "uniq([{a: 1}, {a: 1}, {a: 2}])": [{"a": 1}, {"a": 2}],
    "split('a,b', ',', 0)": [],
    "string(float('Inf')) + string(float('-Inf')) + string(float('NaN'))": "+Inf-InfNaN",
    "ceil(float('Inf'))": math.inf,
    "round(float('-Inf'))": -math.inf,
    "duration('90s').Round(duration('0')).Seconds()": 90.0,
    "date('2023-08-14 10:20:30.25', '2006-01-02 15:04:05.00').Nanosecond()": 250_000_000,
    "date('2023-08-14 10:20:30.5', '2006-01-02 15:04:05.99').Nanosecond()": 500_000_000,
    "date('2023-08-14 10:20:30 -0330', '2006-01-02 15:04:05 -0700').UTC().Format('15:04')": "13:50",
    "date('9999-12-31').In(timezone('Europe/Zurich')).Year()": 9999,
    "unsafeQuote({a: 'x'})": '"{"a":"x"}"',
    "asYAML({b: 'x\\ny', a: ['true', '1e3', 'y', 'it']})": (
        '"a:\n    - "true"\n    - "1e3"\n    - "y"\n    - it\nb: |-\n    x\n    y\n"'
    ),
    "asYAML('text')": '"text\n"',
    "asJSON([1])": '"[\n  1\n]\n"',
    "semverDiff('1.0.0', '2.0.0')": "Major",
    "semverDiff('v1.2.3', '1.2.4')": "Patch",
    "semverDiff('1.2.3+a', '1.2.3+b')": "Metadata",
    "semverDiff('1.2', '1.2.0')": "None",
    "semverDiff('main', '1.2.0')": "Incomparable",
    "semverDiff('1.0.0-01', '1.0.0')": "Incomparable",
    "semverParse('1.2.3-rc.1+x').Prerelease() + semverParse('1.2.3-rc.1+x').Metadata()": "rc.1x",
    "string(semverParse('v1.2.3-rc.1').IncPatch()) + semverParse('v1.2.3').IncPatch().Original()": "1.2.3v1.2.4",
    "semverParse('1.2.3').IncMajor().Major()": 2,
    "semverParse('1.0.0-alpha').LessThan(semverParse('1.0.0'))": True,
    "semverParse('1.0.0-rc.1').GreaterThan(semverParse('1.0.0-beta.11'))": True,
    "semverParse('1.0.0-2').Compare(semverParse('1.0.0-11'))": -1,
    "toJSON(semverParse('v1.2'))": '"1.2.0"',
    "type(commit) + type(duration('1s')) + type(date('2023-08-14')) + type(timezone('UTC'))": (
        "maptime.Durationtime.Timetime.Location"
    ),
}

ERRORS: dict[str, str] = {
    "$env": "$env is not given here",
    "fromPairs([['a', 1], [1, 2]])": "the keys of a map are strings, or numbers, or bools",
    "duration('9999999h')": "a duration is 292 years at most",
    "duration('1h') * 1e30": "a duration is 292 years at most",
    "date('2023-08-14').Add(1)": "Add: a duration is needed, not an int",
    "date('2023-08-14').Sub(1)": "Sub: a date is needed, not an int",
    "date('2023-08-14').In('UTC')": "In: a time zone is needed, as timezone(...) gives one, not a string",
    "date('2023-08-14').AddDate(1000000, 0, 0)": "100000 at most",
    "date('2023-08-14').Year": "a date has no field Year; its methods are Add, AddDate",
    "date('2023-08-14').Yaer()": "a date has no method Yaer; the nearest: Year",
    "date('2023-08-14').Year(1)": "Year takes 0 argument(s), not 1",
    "date('2023-08-14').Format(repeat('Mon', 50))": "a layout is 100 characters at most",
    "date('14.08.2023')": "'14.08.2023' is no date like 2006-01-02, 15:04:05",
    "timezone('Europe/Nowhere')": "no time zone is called 'Europe/Nowhere'",
    "timezone('../../etc/passwd')": "no time zone is called",
    "date('2023-08-14') + 1": "+ is not for a date and an int",
    "semverParse('main')": "'main' is no semantic version",
    "semverParse('1.0').Compare('1.0')": "a version is needed, not a string",
    "commit[0]": "cannot take an element of a commit by an int",
    "'\\uD800'": "a string has no escape",
    "1" * 500: "a number is too long",
    "1e999": "is too large for a float",
    "0x_": "0x is no number",
    "fromJSON('1e999')": "is too large",
    "fromJSON(repeat('1', 200001))": "JSON of 200001 characters is too long",
    "join(map(1..90, repeat('a', 11000)), repeat('b', 100000))": "too",
    "replace(repeat('a', 10000), 'a', repeat('b', 2000))": "the text would be too long",
    "repeat('a', 1000000000)": "the text would be too long",
    "split(repeat('a', 200000), '')": "an array of 200000 elements is too long",
    "1..1000000000": "too much work",
    "sort([1, 'a'])": "each by themselves, not an int, a string",
}


def value(expression: str) -> Any:
    budget = Budget()
    return evaluate(PARSER.parse(expression, budget), Scope({"commit": COMMIT}, FUNCTIONS, budget))


@pytest.mark.parametrize(("expression", "expected"), VALUES.items(), ids=[key[:60] for key in VALUES])
def test_value(expression: str, expected: Any) -> None:
    """Each function gives what its documentation says."""
    found = value(expression)
    assert (found, type(found)) == (expected, type(expected))


@pytest.mark.parametrize(("expression", "words"), ERRORS.items(), ids=[key[:60] for key in ERRORS])
def test_error(expression: str, words: str) -> None:
    """What it cannot give is an error that says why."""
    with pytest.raises(ExpressionError) as caught:
        value(expression)
    assert words in str(caught.value)


DOUBLED = "let a0 = [1]; " + "".join(f"let a{n} = [a{n - 1}, a{n - 1}]; " for n in range(1, 31))


@pytest.mark.parametrize(
    "expression",
    [
        *(f"{DOUBLED}{last}" for last in ("a30", "toJSON(a30)", "a30 == a29", "a30 in [a29]", "flatten(a30)")),
        *(f"{DOUBLED}{last}" for last in ("string(a30)", "uniq(a30)", "max(a30)", "quote(a30)", "asYAML(a30)")),
        "map(1..1000, map(1..1000, #))",
        "reduce(1..100000, #acc + #)",
        "map(1..3000, 'a' matches string(#))",
        "map(1..3000, repeat('a', 1000) contains 'b')",
        "map(1..3000, asYAML({a: 1}))",
        "map(1..3000, date('Mon, 14 Aug 2023 10:20:30 GMT'))",
        "fromJSON('[' + repeat('0,', 90000) + '0]')",
        " or ".join(["repeat('a', 900000) matches '(a|b)*x'"] * 10),
    ],
    ids=lambda text: text[-40:],
)
def test_work_is_bounded(expression: str) -> None:
    """What would double, loop or compile without end is given up: by its size, before it is made."""
    with pytest.raises(ExpressionError, match="too much work"):
        value(expression)


def test_a_duration_and_a_sum_stay_within_their_bounds() -> None:
    """A text of a million characters that is joined is refused as one that is repeated is."""
    with pytest.raises(ExpressionError, match="too long"):
        FUNCTIONS["join"].call(["a" * 999_999] * 20)


def test_reading_is_bounded() -> None:
    """Expressions that were read before cost nothing; new ones of one step have a length together."""
    parser, budget = ExpressionParser(), Budget(characters=20)
    for _ in range(5):
        parser.parse("1 + 2 + 3", budget)
    with pytest.raises(ExpressionError, match="too long together"):
        parser.parse("1 + 2 + 3 + 4", budget)

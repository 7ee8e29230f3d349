"""Selectors: the grammar as kube-apiserver reads it, and what is matched."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promoter_view.kubernetes.selectors import (
    MAX_REQUIREMENTS,
    FieldError,
    FieldSelector,
    LabelSelector,
    Operator,
    Requirement,
    SelectorError,
    parse_field_selector,
    parse_label_selector,
)

LABELS = {"app": "web", "tier": "front", "example.com/n": "5", "empty": ""}

MATCHES = [
    ("", True),
    (" ", True),
    ("app", True),
    ("nothing", False),
    ("!nothing", True),
    ("! app", False),
    ("app=web", True),
    ("app == web", True),
    ("app=api", False),
    ("app!=api", True),
    ("app!=web", False),
    ("nothing!=web", True),
    ("nothing=", False),
    ("empty=", True),
    ("empty in ()", True),
    ("app in (api, web)", True),
    ("app in (api,)", False),
    ("empty in (api,)", True),
    ("app notin (api,web)", False),
    ("nothing notin (api,web)", True),
    ("example.com/n>4", True),
    ("example.com/n<5", False),
    ("app>1", False),
    ("nothing>1", False),
    ("app=web,tier=front,!nothing", True),
    ("app=web,tier=back", False),
    ("in", False),
    ("in notin (in,notin)", True),
]

BAD_LABELS = [
    (",", "','"),
    ("app,", "the end"),
    ("app,,tier", "','"),
    ("app web", "'web'"),
    ("app=web=x", "'='"),
    ("!app=web", "'='"),
    ("=web", "'='"),
    ("app in web", "'web'"),
    ("app in (web", "the end"),
    ("app in (web tier)", "'tier'"),
    ("app in (web))", "')'"),
    ("app=(", "'('"),
    ("app=a/b", "label value 'a/b'"),
    ("app=" + "a" * 64, "label value 'aaaa"),
    ("-app", "label key '-app'"),
    ("/app", "label key '/app'"),
    ("UPPER.example/app", "label key 'UPPER.example/app'"),
    ("app\u00a0=web", "label key 'app\u00a0'"),
    ("app=wéb", "label value 'wéb'"),
    ("app>web", "integer"),
]

FIELDS = [
    ("", True, None, None),
    (",", True, None, None),
    ("metadata.name=web", True, "web", None),
    ("metadata.name==api", False, "api", None),
    ("metadata.name!=api", True, None, None),
    ("metadata.namespace=team,metadata.name!=web", False, None, "team"),
    ("metadata.namespace!=other", True, None, None),
    (r"metadata.name=a\,b\=c\\", False, r"a,b=c" + "\\", None),
]


@pytest.mark.parametrize(("text", "expected"), MATCHES)
def test_matches(text: str, expected: bool) -> None:
    """A label selector matches what kube-apiserver's would."""
    assert parse_label_selector(text).matches(LABELS) is expected


@pytest.mark.parametrize(("text", "part"), BAD_LABELS)
def test_bad_label_selector(text: str, part: str) -> None:
    """A selector that kube-apiserver refuses is refused, and the message names the bad part."""
    with pytest.raises(SelectorError) as caught:
        parse_label_selector(text)
    assert part in str(caught.value)


@pytest.mark.parametrize(("text", "matches", "name", "namespace"), FIELDS)
def test_field_selector(text: str, matches: bool, name: str | None, namespace: str | None) -> None:
    """A field selector matches by name and namespace, and tells the exact values that it demands."""
    selector = parse_field_selector(text)
    assert (selector.matches("team", "web"), selector.name, selector.namespace) == (matches, name, namespace)
    assert parse_field_selector(str(selector)) == selector


@pytest.mark.parametrize(
    "text", ["metadata.name", "metadata.name=a=b", "a\\", "metadata.name=\\", "metadata.name=\\x", "!metadata.name"]
)
def test_bad_field_selector(text: str) -> None:
    """A field selector out of the grammar is refused."""
    with pytest.raises(SelectorError, match="invalid selector"):
        parse_field_selector(text)


def test_unsupported_field() -> None:
    """Any other field is refused in the words that kubectl shows, which name those that there are."""
    with pytest.raises(FieldError) as caught:
        parse_field_selector("metadata.name=a,spec.x!=b", ("status.state",))
    told = "field label not supported: spec.x; supported are metadata.name, metadata.namespace, status.state"
    assert str(caught.value) == told
    assert caught.value.field == "spec.x"


@pytest.mark.parametrize(
    ("text", "matches"),
    [
        ("status.state=Failed", True),
        ("status.state==Held", False),
        ("status.state!=Failed", False),
        ("spec.shard=", True),
        ("spec.shard!=a", True),
        ("status.state=Failed,metadata.name=other", False),
    ],
)
def test_fields_of_a_resource(text: str, matches: bool) -> None:
    """What a resource has beside name and namespace is selected by like these; what an object lacks is empty."""
    selector = parse_field_selector(text, ("status.state", "spec.shard"))
    assert selector.matches("team", "web", {"status.state": "Failed"}) is matches


@pytest.mark.parametrize(
    ("parse", "requirement"), [(parse_label_selector, "!k{}"), (parse_field_selector, "metadata.name!=n{}")]
)
def test_bounded(parse: Callable[[str], LabelSelector | FieldSelector], requirement: str) -> None:
    """A selector has so many requirements and no more: each is tried on each object while all others wait."""
    most = [requirement.format(number) for number in range(MAX_REQUIREMENTS)]
    assert len(parse(",".join(most)).requirements) == MAX_REQUIREMENTS
    with pytest.raises(SelectorError, match="more than 64 requirements"):
        parse(",".join([*most, requirement.format("x")]))


def test_empty() -> None:
    """Only the selector without requirements is empty."""
    assert parse_label_selector("").empty
    assert not parse_label_selector("a").empty
    assert parse_field_selector("").empty
    assert not parse_field_selector("metadata.name=a").empty


_words = st.from_regex(r"[A-Za-z0-9]([-A-Za-z0-9_.]{0,8}[A-Za-z0-9])?", fullmatch=True)
_keys = st.one_of(_words, st.builds("{}/{}".format, st.sampled_from(["a.b", "example.com"]), _words))
_values = st.one_of(st.just(""), _words)
_sets = st.frozensets(_values, min_size=1, max_size=4)
_requirements = st.one_of(
    st.builds(Requirement, _keys, st.sampled_from([Operator.EXISTS, Operator.ABSENT])),
    st.builds(Requirement, _keys, st.sampled_from([Operator.IN, Operator.NOT_IN]), _sets),
    st.builds(
        Requirement,
        _keys,
        st.sampled_from([Operator.GREATER, Operator.LESS]),
        st.integers(0, 10**9).map(lambda number: frozenset((str(number),))),
    ),
)


@given(st.lists(_requirements, max_size=5), st.dictionaries(_keys, _values))
def test_string_round_trip(requirements: list[Requirement], labels: dict[str, str]) -> None:
    """What a selector prints is read back as the same selector, in its normal form."""
    selector = LabelSelector(tuple(requirements))
    again = parse_label_selector(str(selector))
    assert set(again.requirements) == set(requirements)
    assert again.matches(labels) is selector.matches(labels)
    assert parse_label_selector(str(again)) == again


@given(st.text(alphabet="ab=!(), <>in/.-\\\t\né", max_size=20))
def test_total(text: str) -> None:
    """Whatever the text, reading it ends in a selector or a SelectorError, never in another error."""
    for parse in (parse_label_selector, parse_field_selector):
        with suppress(SelectorError):
            parse(text)

"""The parameters of get, list and watch: what is accepted, as what, and how the rest is refused."""

from __future__ import annotations

from contextlib import suppress
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promoter_view.api.format.tables import IncludeObject, parse_include_object
from promoter_view.api.query import (
    is_watch,
    parse_get,
    parse_list,
    parse_watch,
    selected_name,
)
from promoter_view.reading.tokens import Token
from promoter_view.web.errors import BadRequest, Invalid, Refusal
from promoter_view.web.parameters import parameters_of

TOKEN = Token(7, "a", "b").encode()
INITIAL = "sendInitialEvents=true&resourceVersionMatch=NotOlderThan"
NOT_ALONE = "resourceVersionMatch is forbidden unless resourceVersion is provided"
NOT_WITH_CONTINUE = "resourceVersionMatch is forbidden when continue is provided"
REQUIRES_MATCH = "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"
REQUIRES_INITIAL = "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided"


def read(query: str):
    return parameters_of(f"/x?{query}".encode())


LISTS = [
    # query, limit, exact, at_least
    ("", 0, None, 0),
    ("resourceVersion=", 0, None, 0),
    ("resourceVersion=0", 0, None, 0),
    ("resourceVersion=00", 0, None, 0),
    ("resourceVersion=7", 0, None, 7),
    ("resourceVersion=7&resourceVersion=9", 0, None, 7),
    ("resourceVersion=18446744073709551615", 0, None, (1 << 64) - 1),
    ("resourceVersion=7&resourceVersionMatch=NotOlderThan", 0, None, 7),
    ("resourceVersion=0&resourceVersionMatch=NotOlderThan", 0, None, 0),
    ("resourceVersion=7&resourceVersionMatch=Exact", 0, 7, 0),
    ("resourceVersion=7&limit=3", 3, 7, 0),
    ("resourceVersion=7&limit=0", 0, None, 7),
    ("resourceVersion=7&limit=3&resourceVersionMatch=NotOlderThan", 3, None, 7),
    ("resourceVersion=7&limit=3&resourceVersionMatch=Exact", 3, 7, 0),
    ("resourceVersion=0&limit=3", 3, None, 0),
    ("resourceVersion=&limit=3", 3, None, 0),
    ("limit=3", 3, None, 0),
    ("limit=%2B3", 3, None, 0),
    ("limit=-3", 0, None, 0),
    ("limit=-3&resourceVersion=7", 0, None, 7),
    ("limit=9223372036854775807", (1 << 63) - 1, None, 0),
    ("timeoutSeconds=5", 0, None, 0),
    ("watch=false&pretty=true&unknown=1", 0, None, 0),
    ("allowWatchBookmarks=true", 0, None, 0),
]


@pytest.mark.parametrize(("query", "limit", "exact", "at_least"), LISTS)
def test_list_is_read(query, limit, exact, at_least):
    """Each legal mix of a list's parameters asks for the state that kube-apiserver would give."""
    found = parse_list(read(query))
    assert (found.limit, found.exact, found.at_least, found.token) == (limit, exact, at_least, None)


WATCHES = [
    # query, resource_version, initial, initial_end, bookmarks, timeout
    ("", 0, True, False, False, None),
    ("allowWatchBookmarks=true&resourceVersion=0", 0, True, True, True, None),
    ("resourceVersion=", 0, True, False, False, None),
    ("resourceVersion=0", 0, True, False, False, None),
    ("resourceVersion=7", 7, False, False, False, None),
    ("resourceVersion=7&allowWatchBookmarks=true", 7, False, False, True, None),
    ("allowWatchBookmarks", 0, True, True, True, None),
    ("allowWatchBookmarks=0", 0, True, False, False, None),
    ("allowWatchBookmarks=False", 0, True, False, False, None),
    ("timeoutSeconds=30", 0, True, False, False, 30),
    ("timeoutSeconds=0", 0, True, False, False, None),
    ("timeoutSeconds=-1", 0, True, False, False, -1),
    (f"{INITIAL}&allowWatchBookmarks=true", 0, True, True, True, None),
    (f"{INITIAL}&allowWatchBookmarks=true&resourceVersion=7", 7, True, True, True, None),
    (INITIAL, 0, True, False, False, None),
    ("sendInitialEvents=false&resourceVersionMatch=NotOlderThan", 0, False, False, False, None),
    ("sendInitialEvents=false&resourceVersionMatch=NotOlderThan&resourceVersion=7", 7, False, False, False, None),
    ("sendInitialEvents=0&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=1", 0, False, False, True, None),
    ("limit=5&continue=ignored&resourceVersion=7", 7, False, False, False, None),
]


@pytest.mark.parametrize(("query", "version", "initial", "end", "bookmarks", "timeout"), WATCHES)
def test_watch_is_read(query, version, initial, end, bookmarks, timeout):
    """Each legal mix of a watch's parameters begins where kube-apiserver's would."""
    found = parse_watch(read(query))
    assert (found.resource_version, found.initial, found.initial_end) == (version, initial, end)
    assert (found.bookmarks, found.timeout_seconds) == (bookmarks, timeout)


UNREADABLE = [
    (parse_list, "limit=x", 'limit: "x" is not a 64-bit integer'),
    (parse_list, "limit=", 'limit: "" is not a 64-bit integer'),
    (parse_list, "limit=1.5", 'limit: "1.5" is not a 64-bit integer'),
    (parse_list, "limit=1_0", 'limit: "1_0" is not a 64-bit integer'),
    (parse_list, "limit=9223372036854775808", 'limit: "9223372036854775808" is not a 64-bit integer'),
    (parse_list, "limit=%D9%A3", 'limit: "\u0663" is not a 64-bit integer'),
    (parse_list, "timeoutSeconds=x", 'timeoutSeconds: "x" is not a 64-bit integer'),
    (parse_list, "resourceVersion=x", 'invalid resource version: "x" is not a decimal number below 2^64'),
    (parse_list, "resourceVersion=-1", 'invalid resource version: "-1" is not a decimal number below 2^64'),
    (parse_list, "resourceVersion=%2B1", 'invalid resource version: "+1" is not a decimal number below 2^64'),
    (parse_list, "resourceVersion=%201", 'invalid resource version: " 1" is not a decimal number below 2^64'),
    (parse_list, f"resourceVersion={1 << 64}", f'invalid resource version: "{1 << 64}" is not a decimal'),
    (parse_list, "labelSelector=a%20in", "unable to parse selector 'a in'"),
    (parse_list, "labelSelector=%FF", "label key '\ufffd'"),
    (parse_list, "fieldSelector=spec.x=1", "field label not supported: spec.x"),
    (parse_list, "fieldSelector=metadata.uid=1", "field label not supported: metadata.uid"),
    (parse_list, "fieldSelector=x", "invalid selector"),
    (parse_list, "continue=x", "continue key is not valid"),
    (parse_list, f"continue={TOKEN}&resourceVersion=7", "specifying resource version is not allowed when using"),
    (parse_watch, "timeoutSeconds=x", 'timeoutSeconds: "x" is not a 64-bit integer'),
    (parse_watch, "limit=x", 'limit: "x" is not a 64-bit integer'),
    (parse_watch, "resourceVersion=x", 'invalid resource version: "x" is not a decimal number below 2^64'),
    (parse_watch, "labelSelector=!!", "unable to parse"),
    (parse_watch, "fieldSelector=spec.x=1", "field label not supported: spec.x"),
    (parse_get, "resourceVersion=x", 'invalid resource version: "x" is not a decimal number below 2^64'),
]


@pytest.mark.parametrize(("parse", "query", "message"), UNREADABLE)
def test_unreadable_is_bad_request(parse, query, message):
    """A parameter that cannot be read is 400, and the message names the bad part."""
    with pytest.raises(BadRequest) as refused:
        parse(read(query))
    assert message in str(refused.value)


ILLEGAL = [
    (parse_list, "resourceVersionMatch=Exact", [NOT_ALONE]),
    (parse_list, "resourceVersionMatch=NotOlderThan", [NOT_ALONE]),
    (parse_list, "resourceVersionMatch=Exact&resourceVersion=0", ['"Exact" is forbidden for resourceVersion "0"']),
    (parse_list, "resourceVersionMatch=x&resourceVersion=7", ['Unsupported value: "x"']),
    (parse_list, "resourceVersionMatch=x", [NOT_ALONE, 'Unsupported value: "x"']),
    (parse_list, f"resourceVersionMatch=Exact&resourceVersion=7&continue={TOKEN}", [NOT_WITH_CONTINUE]),
    (parse_list, f"resourceVersionMatch=Exact&continue={TOKEN}", [NOT_ALONE, NOT_WITH_CONTINUE]),
    (parse_list, "sendInitialEvents=true", ["sendInitialEvents is forbidden for list"]),
    (parse_list, "sendInitialEvents=false", ["sendInitialEvents is forbidden for list"]),
    (parse_watch, "resourceVersionMatch=NotOlderThan", [REQUIRES_INITIAL]),
    (parse_watch, "resourceVersionMatch=Exact&resourceVersion=7", [REQUIRES_INITIAL, 'Unsupported value: "Exact"']),
    (parse_watch, "sendInitialEvents=true", [REQUIRES_MATCH]),
    (parse_watch, "sendInitialEvents", [REQUIRES_MATCH]),
    (parse_watch, "sendInitialEvents=false", [REQUIRES_MATCH]),
    (
        parse_watch,
        "sendInitialEvents=true&resourceVersionMatch=Exact",
        [REQUIRES_MATCH, 'Unsupported value: "Exact": supported values: "NotOlderThan"'],
    ),
    (parse_watch, f"{INITIAL}&continue=x", [NOT_WITH_CONTINUE]),
    (parse_watch, "continue=x", [NOT_WITH_CONTINUE]),
]


@pytest.mark.parametrize(("parse", "query", "causes"), ILLEGAL)
def test_what_does_not_go_together_is_invalid(parse, query, causes):
    """A mix that has no meaning is 422, with a cause for each thing that is wrong."""
    with pytest.raises(Invalid) as refused:
        parse(read(query))
    found = refused.value.causes
    assert len(found) == len(causes)
    assert all(part in cause.message for part, cause in zip(causes, found, strict=True))
    assert {cause.field for cause in found} <= {"resourceVersionMatch", "sendInitialEvents"}


def test_continue_is_read_with_resource_version_zero():
    """A token goes with resourceVersion unset or 0, as clients send it."""
    for query in (f"continue={TOKEN}", f"continue={TOKEN}&resourceVersion=0&limit=2"):
        assert parse_list(read(query)).token == Token(7, "a", "b")


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("watch=1", True),
        ("watch=true", True),
        ("watch=anything", True),
        ("watch", True),
        ("watch=", True),
        ("watch=0", False),
        ("watch=false", False),
        ("watch=FALSE", False),
        ("watch=0&watch=1", False),
        ("watching=1", False),
        ("", False),
    ],
)
def test_what_is_a_watch(query, expected):
    """Whatever is there and does not say no makes a watch."""
    assert is_watch(read(query)) is expected


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("limit=1;limit=2", {}),
        ("limit=1;x&continue=a", {"continue": ["a"]}),
        ("labelSelector=%zz&limit=1", {"limit": ["1"]}),
        ("limit=%", {}),
        ("limit=%31&limit=2", {"limit": ["1", "2"]}),
        ("&&limit&", {"limit": [""]}),
    ],
)
def test_unreadable_parts_are_left_out(query, expected):
    """A part of the query with a semicolon or a broken escape is not there, as for Go's servers."""
    assert read(query) == expected


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("fieldSelector=metadata.name=x", "x"),
        ("fieldSelector=metadata.name%3D%3Dx,metadata.namespace=n", "x"),
        ("fieldSelector=metadata.name!=x", ""),
        ("fieldSelector=spec.x=1", ""),
        ("fieldSelector=status.state=Failed,metadata.name=x,spec.shard=a", "x"),
        ("", ""),
    ],
)
def test_selected_name(query, name):
    """What is put before a review is the one name that the selector leaves, if there is one."""
    assert selected_name(read(query)) == name


def test_include_object_is_one_of_three():
    """includeObject defaults to Metadata; any other word is 400."""
    assert parse_include_object({}) is IncludeObject.METADATA
    assert parse_include_object(read("includeObject=Object")) is IncludeObject.OBJECT
    with pytest.raises(BadRequest, match='Unsupported value: "x"'):
        parse_include_object(read("includeObject=x"))


NAMES = st.sampled_from(
    [
        "watch",
        "limit",
        "continue",
        "resourceVersion",
        "resourceVersionMatch",
        "sendInitialEvents",
        "allowWatchBookmarks",
        "timeoutSeconds",
        "labelSelector",
        "fieldSelector",
    ]
)
VALUES = st.one_of(st.text(max_size=12), st.sampled_from(["", "0", "7", "Exact", "NotOlderThan", "true", "a=b", TOKEN]))


@given(st.lists(st.tuples(NAMES, VALUES), max_size=6))
def test_any_parameters_are_read_or_refused(pairs):
    """Whatever a client sends, there is a value or a refusal, never another error."""
    parameters = parameters_of(b"/x?" + urlencode(pairs, errors="replace").encode())
    for parse in (parse_get, parse_list, parse_watch):
        with suppress(Refusal):
            assert parse(parameters) is not None


@given(st.binary(max_size=60))
def test_any_query_is_read(raw):
    """Bytes that are no query make parameters all the same."""
    parameters = parameters_of(b"/x?" + raw)
    assert all(isinstance(name, str) and values for name, values in parameters.items())

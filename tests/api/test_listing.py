"""Lists: which state, which page, in which slices."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promoter_view.api.format.forms import ObjectForm
from promoter_view.api.format.layouts import COMPACT
from promoter_view.api.format.rendering import Rendering, list_reader
from promoter_view.api.query import parse_list
from promoter_view.reading.pages import ListMeta, Page, page
from promoter_view.reading.selection import Selection, exactly
from promoter_view.reading.tokens import decode_token
from promoter_view.reading.wire import Frames
from promoter_view.views.history import Ahead, Expired
from promoter_view.views.promotion_strategy.details import PROMOTION_STRATEGY_DETAILS
from promoter_view.web.errors import ContinueExpired
from promoter_view.web.parameters import parameters_of
from tests.support.api.world import VIEW, World


def ask(world, query="", namespace=""):
    parsed = parse_list(parameters_of(f"/x?{query}".encode()))
    wanted = Selection((VIEW,), exactly(namespace), labels=parsed.labels, fields=parsed.fields)
    return page(world.views, wanted, parsed)


def reader_of(found):
    """Its slices, as they are without compression."""
    rendering = Rendering(ObjectForm(PROMOTION_STRATEGY_DETAILS), COMPACT, gzip=False, as_they_are=True)
    return list_reader(found.meta, found.bundles, rendering, Frames().wire(gzip=False))


def names(found):
    return [f"{bundle.key.namespace}/{bundle.key.name}" for bundle in found.bundles]


def fleet():
    world = World()
    for namespace, name in (("b", "x"), ("a", "z"), ("a", "y"), ("c", "w")):
        world.put(namespace, name, labels={"tier": "gold" if name in "xz" else "tin"})
    return world


@pytest.mark.parametrize(
    ("query", "namespace", "expected"),
    [
        ("", "", ["a/y", "a/z", "b/x", "c/w"]),
        ("", "a", ["a/y", "a/z"]),
        ("", "nowhere", []),
        ("labelSelector=tier=gold", "", ["a/z", "b/x"]),
        ("fieldSelector=metadata.name=w", "", ["c/w"]),
        ("fieldSelector=metadata.namespace!=a", "", ["b/x", "c/w"]),
        ("fieldSelector=metadata.namespace=b", "a", []),
        ("labelSelector=tier=gold&limit=1", "", ["a/z"]),
        ("limit=3", "", ["a/y", "a/z", "b/x"]),
        ("limit=9223372036854775807", "", ["a/y", "a/z", "b/x", "c/w"]),
        ("limit=9223372036854775807&labelSelector=tier=gold", "", ["a/z", "b/x"]),
    ],
)
def test_selection(query, namespace, expected):
    """A list holds what is selected, by namespace and name."""
    assert names(ask(fleet(), query, namespace)) == expected


def test_remaining_items_are_counted_without_selectors_only():
    """remainingItemCount is told where it costs nothing: not with selectors."""
    world = fleet()
    assert ask(world, "limit=1").meta.remaining == 3
    assert ask(world, "limit=1&labelSelector=tier").meta.remaining is None
    assert ask(world, "limit=4").meta == ListMeta(world.views.head)
    assert ask(world, "limit=2&labelSelector=tier=gold").meta.token == ""


def test_states():
    """Exact, and a limit at a resourceVersion, give that state; not older than gives the newest."""
    world = fleet()
    then = world.views.head
    world.delete("a", "y")
    for query in (f"resourceVersion={then}&resourceVersionMatch=Exact", f"resourceVersion={then}&limit=9"):
        found = ask(world, query)
        assert names(found) == ["a/y", "a/z", "b/x", "c/w"]
        assert found.meta.resource_version == then
    for query in ("", "resourceVersion=0", f"resourceVersion={then}", f"resourceVersion={world.views.head}"):
        found = ask(world, query)
        assert names(found) == ["a/z", "b/x", "c/w"]
        assert found.meta.resource_version == world.views.head


@pytest.mark.parametrize(
    ("query", "error"),
    [
        ("resourceVersion=1&resourceVersionMatch=Exact", Expired),
        ("resourceVersion=1&limit=1", Expired),
        (f"resourceVersion={1 << 62}", Ahead),
        (f"resourceVersion={1 << 62}&resourceVersionMatch=Exact", Ahead),
        (f"resourceVersion={1 << 62}&resourceVersionMatch=NotOlderThan&limit=1", Ahead),
    ],
)
def test_states_that_cannot_be_had(query, error):
    """Exact before the horizon is Expired; what has not come yet is Ahead."""
    with pytest.raises(error):
        ask(fleet(), query)


@settings(deadline=None)
@given(
    st.sets(st.tuples(st.sampled_from("abc"), st.sampled_from("vwxyz")), min_size=1),
    st.integers(min_value=1, max_value=6),
)
def test_pages_make_one_list(keys, limit):
    """All pages together are the list as it was when the first was asked for, whatever changes in between."""
    world = World()
    for namespace, name in keys:
        world.put(namespace, name)
    whole = names(ask(world))
    found = ask(world, f"limit={limit}")
    listed, version = names(found), found.meta.resource_version
    while found.meta.token:
        world.delete(*max(keys))
        world.put("a", f"new-{len(listed)}")
        found = ask(world, f"limit={limit}&continue={found.meta.token}")
        assert found.meta.resource_version == version
        listed += names(found)
    assert listed == whole


def test_expired_continue_gives_a_token_for_the_rest():
    """A token past the horizon is 410; the token in it goes on behind the same key, in the newest state."""
    world = World(history_bytes=3000)
    for name in "abcd":
        world.put("n", name)
    token = ask(world, "limit=2").meta.token
    for note in range(50):
        world.put("n", "c", note=note)
    with pytest.raises(ContinueExpired) as refused:
        ask(world, f"continue={token}")
    fresh = refused.value.token
    assert decode_token(fresh).resource_version is None
    found = ask(world, f"continue={fresh}")
    assert names(found) == ["n/c", "n/d"]
    assert found.meta.resource_version == world.views.head


@pytest.mark.parametrize("count", [0, 1, 2, 25])
@pytest.mark.parametrize("max_bytes", [1, 700, 1 << 20])
def test_slices_make_one_document(count, max_bytes):
    """However a list is cut, its slices are one JSON document with a newline behind it."""
    world = World()
    for number in range(count):
        world.put("n", f"s{number:02}")
    reader = reader_of(ask(world))
    slices = []
    while not reader.finished:
        slices.append(reader.pull(max_bytes))
    whole = b"".join(slices)
    assert whole.endswith(b"]}\n")
    document = json.loads(whole)
    assert [item["metadata"]["name"] for item in document["items"]] == [f"s{number:02}" for number in range(count)]
    assert document["metadata"] == {"resourceVersion": str(world.views.head)}
    assert len(slices) == (max(count, 1) if max_bytes == 1 else len(slices))


def test_a_list_does_not_change_while_it_is_read():
    """A list that is read slowly is the state of its resourceVersion to its end."""
    world = fleet()
    reader = reader_of(ask(world))
    first = reader.pull(1)
    world.delete("c", "w")
    world.put("b", "x", note="changed")
    rest = b""
    while not reader.finished:
        rest += reader.pull(1)
    items = json.loads(first + rest)["items"]
    assert [item["metadata"]["name"] for item in items] == ["y", "z", "x", "w"]
    assert all(item["promotionStrategy"]["spec"]["note"] == "" for item in items)


def test_empty_page():
    """A page without items is a list with an empty array."""
    reader = reader_of(Page(ListMeta(5), ()))
    assert json.loads(reader.pull(1))["items"] == []

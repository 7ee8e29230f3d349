"""gzip of gets, lists and watches, from the header to the wire."""

from __future__ import annotations

import gzip
import json
import zlib

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from promoter_view.web.accept import accepts_gzip
from tests.support.api.world import BASE, METADATA_LIST, TABLE, World, in_namespace, large, version_of

GZIP = {"Accept-Encoding": "gzip"}
YAML = {"Accept": "application/yaml"}


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (None, False),
        ("", False),
        ("gzip", True),
        ("GZIP", True),
        ("x-gzip", True),
        ("deflate, gzip;q=1.0, *;q=0.5", True),
        ("gzip;q=0", False),
        ("gzip;q=0, *", False),
        ("*", True),
        ("*;q=0", False),
        ("identity", False),
        ("br, deflate", False),
        ("gzip;q=0.5, identity", False),
        ("gzip;q=0.5, identity;q=0.5", True),
        ("gzip;q=x", False),
        ("gzip;q=2", False),
        ("gzip;q=nan", False),
        ("identity;q=0", False),
        ("," * 1000 + "gzip", False),
    ],
)
def test_who_wants_gzip(header, expected):
    """Weights count; what cannot be read counts as not wanted, and of a long header only the beginning is read."""
    assert accepts_gzip(header) is expected


@given(st.text(alphabet="gzip*;,=q.015 xé", max_size=60))
def test_any_header_is_read(header):
    """Whatever the header is, there is an answer."""
    assert accepts_gzip(header) in (True, False)


def same(world, path, headers=None):
    """The plain body, once the compressed one is found to be the same."""
    plain = world.ask(path, headers)
    packed = world.ask(path, {**(headers or {}), **GZIP})
    assert plain.header("content-encoding") == ""
    assert packed.header("content-encoding") == "gzip"
    assert packed.header("content-type") == plain.header("content-type")
    assert packed.header("vary") == plain.header("vary") == "Accept, Accept-Encoding"
    assert gzip.decompress(packed.body) == plain.body
    assert len(packed.body) < len(plain.body) / 2
    return plain.body


@pytest.mark.parametrize("headers", [None, YAML, {"User-Agent": "curl/8"}])
def test_lists(headers):
    """A large list is the same compressed, in every layout, and again when the runs are there and one has changed."""
    world = large()
    first = same(world, BASE, headers)
    world.put("n", "s07", note="y" * 10_000)
    assert same(world, BASE, headers) != first


def test_tables_and_metadata():
    """Large Tables and lists of metadata are compressed too."""
    world = World()
    for number in range(400):
        world.put("n", f"s{number:03}", labels={"some-label": "v" * 60})
    assert len(json.loads(same(world, BASE, TABLE))["rows"]) == 400
    assert len(json.loads(same(world, BASE, METADATA_LIST))["items"]) == 400


def test_one_large_object():
    """A get beyond 128 KiB is compressed."""
    world = World()
    world.put("n", "big", note="x" * 200_000)
    same(world, f"{in_namespace('n')}/big")
    assert yaml.safe_load(same(world, f"{in_namespace('n')}/big", YAML))["metadata"]["name"] == "big"


@pytest.mark.parametrize("path", [BASE, f"{in_namespace('n')}/s00"])
def test_small_answers_are_not_compressed(path):
    """Up to 128 KiB nothing is won: the answer goes as it is, with its length."""
    world = large(10)
    answer = world.ask(path, GZIP)
    assert (answer.header("content-encoding"), answer.chunked) == ("", False)
    assert answer.document


def test_a_list_is_compressed_under_back_pressure():
    """While the transport is full nothing more of a compressed list is made; then the rest comes."""
    world = large(200)
    client = world.open(BASE, GZIP)
    world.turn()
    whole = len(client.answer().body)
    client = world.open(BASE, GZIP)
    client.pause()
    world.turn(1)
    assert len(client.answer().body) < whole
    client.resume()
    world.turn()
    assert len(json.loads(gzip.decompress(client.answer().body))["items"]) == 200


def read_so_far(client):
    """The lines that a reader of the compressed stream has by now."""
    reader = zlib.decompressobj(31)
    return [json.loads(line) for line in reader.decompress(client.answer().body).splitlines()], reader.eof


@pytest.mark.parametrize("headers", [{}, TABLE])
def test_watches(headers):
    """Each event of a compressed watch can be read when it is written, and a clean end has its trailer."""
    world = large(3)
    client = world.open(f"{BASE}?watch=1&allowWatchBookmarks=1&timeoutSeconds=9", {**headers, **GZIP})
    assert client.answer().header("content-encoding") == "gzip"
    world.turn()
    for count in range(4, 7):
        events, ended = read_so_far(client)
        assert (len(events), ended) == (count, False)
        world.put("n", "s01", note=count)
        world.turn()
    world.turn(10)
    events, ended = read_so_far(client)
    assert ended
    assert [event["type"] for event in events] == ["ADDED"] * 3 + ["BOOKMARK"] + ["MODIFIED"] * 3 + ["BOOKMARK"]
    assert version_of(events[-1]) == world.views.head
    assert len(gzip.decompress(client.answer().body).splitlines()) == 8


def test_a_watch_that_is_too_old():
    """The one ERROR event of a watch before the horizon is a whole gzip stream."""
    world = World(history_bytes=3000)
    for note in range(50):
        world.put("n", "s", note=note)
    client = world.open(f"{BASE}?watch=1&resourceVersion=1", GZIP)
    assert json.loads(gzip.decompress(client.answer().body))["object"]["code"] == 410
    assert client.complete


def test_watchers_share_what_is_compressed():
    """Two compressed watches of the same changes get the same bytes, however differently they began."""
    world = large(2)
    early = world.open(f"{BASE}?watch=1&resourceVersion={world.views.head}", GZIP)
    world.put("n", "s00", note="first")
    world.turn()
    late = world.open(f"{BASE}?watch=1&resourceVersion={world.views.head}", GZIP)
    early.transport.clear(), late.transport.clear()
    world.put("n", "s01", note="z" * 5000)
    world.turn()
    assert early.transport.value() == late.transport.value()
    assert early.transport.value()

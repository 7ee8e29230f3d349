"""Form and layout of answers, from the request to the bytes."""

from __future__ import annotations

import json

import pytest
import yaml

from tests.support.api.world import BASE, METADATA, METADATA_LIST, TABLE, World, fleet, in_namespace

ONE = f"{in_namespace('n')}/s1"
CURL = {"User-Agent": "curl/8.5.0"}


def as_yaml(headers):
    return {"Accept": headers["Accept"].replace("json", "yaml")}


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        (BASE, {"Accept": "application/json"}),
        (ONE, {"Accept": "application/json"}),
        (f"{BASE}?limit=2", {"Accept": "application/json"}),
        (f"{BASE}?labelSelector=none", {"Accept": "application/json"}),
        (BASE, TABLE),
        (ONE, TABLE),
        (BASE, METADATA_LIST),
        (ONE, METADATA),
        (f"{in_namespace('n')}/nobody", {"Accept": "application/json"}),
        (f"{BASE}?limit=x", TABLE),
        ("/nope", {"Accept": "application/json"}),
        ("/apis/view.promoter.argoproj.io", {"Accept": "application/json"}),
        ("/apis/view.promoter.argoproj.io/v1alpha1", {"Accept": "application/json"}),
    ],
)
def test_layouts_say_the_same(path, headers):
    """Compact, indented and YAML answers are one document, with one code, errors included."""
    world = fleet()
    compact = world.ask(path, headers)
    indented = world.ask(path, {**headers, **CURL})
    as_text = world.ask(path, as_yaml(headers))
    assert compact.code == indented.code == as_text.code
    assert compact.document == indented.document == yaml.safe_load(as_text.body)
    assert (compact.header("content-type"), as_text.header("content-type")) == ("application/json", "application/yaml")
    assert indented.body.startswith(b'{\n  "') > compact.body.startswith(b'{\n  "')


def test_pretty():
    """pretty=true indents, pretty=false does not, also for those who get it by default; so does ;pretty=1."""
    world = fleet()
    plain = world.ask(BASE).body
    assert world.ask(f"{BASE}?pretty=false", CURL).body == plain
    indented = world.ask(f"{BASE}?pretty=true").body
    assert indented != plain
    assert world.ask(BASE, CURL).body == indented
    assert world.ask(BASE, {"Accept": "application/json;pretty=1"}).body == indented
    assert json.loads(indented) == json.loads(plain)


def test_watches_are_lines():
    """A watch is one line of JSON an event, whoever reads it; as YAML it cannot be had."""
    world = fleet()
    client = world.open(f"{BASE}?watch=1&pretty=true", CURL)
    assert len(client.events()) == 5
    refused = world.ask(f"{BASE}?watch=1", {"Accept": "application/yaml"})
    assert refused.code == 406
    assert yaml.safe_load(refused.body)["message"] == "only the following media types are accepted: application/json"


def test_nothing_acceptable():
    """406 says in JSON what there would have been."""
    refused = World().ask(BASE, {"Accept": "text/html"})
    assert refused.code == 406
    assert refused.document["message"].endswith("application/json, application/yaml")

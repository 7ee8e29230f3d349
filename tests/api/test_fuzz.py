"""Any request at all, through the whole site: never a fault of ours."""

from __future__ import annotations

import gzip
import json
from urllib.parse import quote

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from twisted.logger import globalLogPublisher

from tests.support.api.world import BASE, Client, World, in_namespace

CODES = {200, 301, 304, 400, 403, 404, 405, 406, 408, 410, 413, 414, 422, 429, 431, 503, 504}
ONE = f"{in_namespace('n')}/s"
PATHS = [BASE, ONE, in_namespace("n"), f"{BASE}/x", "/", "*", "/api", "/apis", "/openapi/v2", "/openapi/v3", "/version"]
PATHS += ["/metrics", "/healthz", "/readyz/log", "/apis/view.promoter.argoproj.io", in_namespace("%2e%2e"), "//", "/%"]
NAMES = ["watch", "resourceVersion", "resourceVersionMatch", "limit", "continue", "labelSelector", "fieldSelector"]
NAMES += ["timeoutSeconds", "sendInitialEvents", "allowWatchBookmarks", "includeObject", "pretty", "hash", "exclude"]
WORDS = ["", "0", "1", "-1", "true", "false", "Exact", "NotOlderThan", "None", "Object", "a=b", "a in (b,c)", "!a"]
WORDS += ["metadata.name=s", "metadata.name!=s,metadata.namespace=n", "9" * 19, "9" * 20, "9" * 5000, "1e3", "a in ("]
WORDS += ["eyJydiI6MX0", "\uff21", "\u0661", "\x00", "a==b,c", ",", "=", "("]
MEDIA = ["application/json", "application/yaml", "*/*", "application/cbor", "application/vnd.kubernetes.protobuf"]
PARAMETERS = ["as=Table", "v=v1", "g=meta.k8s.io", "as=PartialObjectMetadata", "as=PartialObjectMetadataList", "q=0.5"]
PARAMETERS += ["q=x", "pretty=1", "g=apidiscovery.k8s.io", "v=v2", "as=APIGroupDiscoveryList", "stream=watch", "="]
PRINTABLE = st.text(st.characters(min_codepoint=32, max_codepoint=255, exclude_characters="\x7f"), max_size=30)

values = st.one_of(st.sampled_from(WORDS), st.text(max_size=20))
queries = st.lists(st.tuples(st.one_of(st.sampled_from(NAMES), values), values), max_size=5)
raw_queries = st.one_of(
    queries.map(lambda pairs: "&".join(f"{_quoted(name)}={_quoted(value)}" for name, value in pairs)),
    st.text("%=&;+abc018ACE(),!", max_size=40),
)
clauses = st.tuples(st.sampled_from(MEDIA), st.lists(st.sampled_from(PARAMETERS), max_size=4))
accepts = st.one_of(
    st.lists(clauses, max_size=3).map(lambda all_: ",".join(";".join([it, *more]) for it, more in all_)), PRINTABLE
)
HEADERS = ["Accept", "Accept-Encoding", "User-Agent", "Audit-Id", "If-None-Match", "Authorization", "Cookie"]
HEADERS += ["Content-Type", "Expect", "Connection", "X-Remote-User", "Impersonate-User", "Range", "Host"]
headers = st.fixed_dictionaries(
    {"Accept": accepts, "Accept-Encoding": st.one_of(st.sampled_from(["", "gzip", "gzip;q=0", "*"]), PRINTABLE)},
    optional=dict.fromkeys(HEADERS[2:], PRINTABLE),
)
methods = st.sampled_from(["GET"] * 6 + ["HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "get", "X"])


def _quoted(text):
    return quote(text, safe="", errors="replace")


@pytest.fixture(scope="module")
def world():
    found = World()
    found.put("n", "s", labels={"a": "b"}, note="x" * 200_000)
    return found


@pytest.fixture
def faults():
    """The failures that are logged meanwhile."""
    seen = []
    globalLogPublisher.addObserver(lambda event: seen.append(event) if "log_failure" in event else None)
    return seen


def answer_to(world, data):
    """The answer to those bytes, once nothing more of it comes."""
    client = Client(world)
    client.protocol.dataReceived(data)
    for _ in range(100):
        if client.complete:
            break
        world.turn(0.1)
    answer = client.answer()
    client.leave()
    world.turn()
    return answer


def check(answer, method):
    """One of our codes, and a body that is what the headers say."""
    assert answer.code in CODES
    if method == "HEAD":
        assert answer.body == b"" or answer.header("connection") == "close"
        return
    packed = answer.header("content-encoding") == "gzip"
    body = gzip.decompress(answer.body) if packed and answer.body.endswith(b"\0\0") else b"" if packed else answer.body
    kind = answer.header("content-type")
    if answer.code >= 400 and kind == "application/json":
        assert json.loads(body)["kind"] == "Status"
    elif answer.code >= 400 and kind == "application/yaml":
        assert yaml.safe_load(body)["code"] == answer.code


@settings(deadline=None, max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    method=methods,
    path=st.sampled_from(PATHS),
    query=raw_queries,
    given_headers=headers,
    encoding=st.sampled_from(["utf-8", "utf-8", "latin-1"]),
)
def test_any_request(world, faults, method, path, query, given_headers, encoding):
    """Whatever path, parameters and headers say, the answer is one of ours and nothing goes wrong inside."""
    lines = [f"{method} {path}?{query} HTTP/1.1", *(f"{name}: {value}" for name, value in given_headers.items())]
    answer = answer_to(world, "\r\n".join([*lines, "", ""]).encode(encoding))
    assert faults == []
    check(answer, method)


@settings(deadline=None, max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(path=st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=60))
def test_any_path(world, faults, path):
    """Whatever a path is made of, it is found or it is not."""
    answer = answer_to(world, f"GET /{path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    assert faults == []
    assert answer.code in (200, 404, 400)


@settings(deadline=None, max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    parts=st.lists(st.one_of(st.binary(max_size=40), st.sampled_from([b"GET / HTTP/1.1\r\n", b"\r\n", b"Host: x\r\n"])))
)
def test_any_bytes(world, faults, parts):
    """Whatever bytes a connection brings, they are answered as HTTP or the connection ends, without a fault."""
    client = Client(world)
    for part in parts:
        client.protocol.dataReceived(part)
    world.turn(31)
    client.leave()
    world.turn()
    assert faults == []
    assert client.transport.value()[:9] in (b"", b"HTTP/1.1 ", b"HTTP/1.0 ")

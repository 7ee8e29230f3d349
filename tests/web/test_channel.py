"""Connections: the bounds of a request, one request a turn, and back-pressure where it is already due."""

from __future__ import annotations

import json

import pytest
from twisted.internet.testing import StringTransport

from promoter_view.web.arrival import REQUEST_SECONDS
from promoter_view.web.channel import (
    MAX_BODY_BYTES,
    MAX_HEADER_BYTES,
    MAX_HEADER_LINES,
    MAX_REQUEST_LINE_BYTES,
)
from tests.support.api.world import BASE, Client, World, brief, fleet, in_namespace, large

HEAD = b"GET /apis HTTP/1.1\r\nHost: x\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n"


def feed(world, *parts):
    client = Client(world)
    for part in parts:
        client.protocol.dataReceived(part)
    world.turn()
    return client


def refusal(client):
    """Code and reason of a refusal; the connection is closed behind it."""
    answer = client.answer()
    assert client.transport.disconnecting
    assert answer.header("connection") == "close"
    assert answer.document["kind"] == "Status"
    assert answer.document["code"] == answer.code
    assert len(answer.body) == int(answer.header("content-length"))
    return answer.code, answer.document["reason"]


REFUSED = [
    ([b"GET /%b HTTP/1.1\r\n" % (b"x" * MAX_REQUEST_LINE_BYTES)], 414, "RequestURITooLong"),
    ([b"GET /%b" % (b"x" * 2 * MAX_HEADER_BYTES)], 414, "RequestURITooLong"),
    ([HEAD, b"X: %b\r\n" % (b"x" * MAX_HEADER_BYTES)], 431, "RequestHeaderFieldsTooLarge"),
    ([HEAD, b"X: %b" % (b"x" * 2 * MAX_HEADER_BYTES)], 431, "RequestHeaderFieldsTooLarge"),
    ([HEAD, b"X: x\r\n" * (MAX_HEADER_LINES + 1)], 431, "RequestHeaderFieldsTooLarge"),
    ([HEAD, b"X: 1234567\r\n" * (MAX_HEADER_BYTES // 10)], 431, "RequestHeaderFieldsTooLarge"),
    ([HEAD, b"Content-Length: %d\r\n\r\n" % (MAX_BODY_BYTES + 1)], 413, "RequestEntityTooLarge"),
    ([HEAD, CHUNKED, *[b"10000\r\n%b\r\n" % bytes(65536)] * 49, b"0\r\n\r\n"], 413, "RequestEntityTooLarge"),
    ([HEAD, b"Content-Length: %b\r\n\r\n" % (b"9" * 5000)], 400, "BadRequest"),
    ([HEAD, b"Content-Length: -1\r\n\r\n"], 400, "BadRequest"),
    ([HEAD, b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n"], 400, "BadRequest"),
    ([HEAD, b"Transfer-Encoding: gzip\r\n\r\n"], 400, "BadRequest"),
    ([HEAD, CHUNKED, b"zz\r\n"], 400, "BadRequest"),
    ([HEAD, b"no colon\r\n\r\n"], 400, "BadRequest"),
    ([HEAD, b"bad name: x\r\n\r\n"], 400, "BadRequest"),
    ([HEAD, b"X: a\x00b\r\n\r\n"], 400, "BadRequest"),
    ([HEAD, b"Transfer-Encoding: identity\r\n\r\n"], 400, "BadRequest"),
    ([b"GET /apis HTTP/1.0\r\n", CHUNKED], 400, "BadRequest"),
    ([b"GET /apis HTTP/1.1\r\n\r\n"], 400, "BadRequest"),
    ([HEAD, b"Host: y\r\n\r\n"], 400, "BadRequest"),
    ([b"GET /apis HTTP/1.0\r\nHost: x\r\nHost: y\r\n\r\n"], 400, "BadRequest"),
    ([b"GET /apis HTTP/1.1\r\nHost: x y\r\n\r\n"], 400, "BadRequest"),
    ([b"GET /apis HTTP/1.1\r\nHost: \xe9\r\n\r\n"], 400, "BadRequest"),
    ([b"GET https:///apis HTTP/1.1\r\nHost: x\r\n\r\n"], 400, "BadRequest"),
    ([b"GET https://user@x/apis HTTP/1.1\r\nHost: x\r\n\r\n"], 400, "BadRequest"),
    ([b"GET\r\n\r\n"], 400, "BadRequest"),
    ([b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n"], 400, "BadRequest"),
]


@pytest.mark.parametrize(("parts", "code", "reason"), REFUSED)
def test_refused(parts, code, reason):
    """What is beyond a bound, or no HTTP, is refused with a Status, and nothing that follows is looked at."""
    world = World()
    client = feed(world, *parts)
    assert refusal(client) == (code, reason)
    written = client.transport.value()
    client.protocol.dataReceived(b"\r\n\r\n" + HEAD + b"\r\n")
    world.turn()
    assert client.transport.value() == written
    client.leave()
    assert world.clock.getDelayedCalls() == []


SERVED = [
    b"GET /apis HTTP/1.0\r\n\r\n",
    b"GET /apis HTTP/1.1\r\nHost:\r\n\r\n",
    b"GET https://host/apis HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET HTTP://host:8443/apis?timeout=32s HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET /apis HTTP/1.1\r\nHost: x\r\nCookie: a=\xe9\r\nX: \xff\x80\r\n\r\n",
    *(
        b"GET /apis HTTP/1.1\r\nHost: x\r\n%b: application/json, \xe9\r\n\r\n" % name
        for name in (b"Accept", b"Accept-Encoding", b"User-Agent", b"If-None-Match", b"Audit-Id", b"Connection")
    ),
]


@pytest.mark.parametrize("request_", SERVED)
def test_served(request_):
    """What HTTP allows is answered: no Host in 1.0, a target in absolute form, header bytes above ASCII (RFC 9110)."""
    answer = feed(World(), request_).answer()
    assert (answer.code, answer.document["kind"]) == (200, "APIGroupList")


def test_byte_by_byte():
    """The same holds of a request that comes a byte at a time."""
    client = feed(World(), HEAD, *[b"%c" % byte for byte in b"Content-Length: 99999999\r\n\r\n"])
    assert refusal(client) == (413, "RequestEntityTooLarge")


@pytest.mark.parametrize("lines", [b"Content-Length: 70000\r\n\r\n" + bytes(70000), CHUNKED + b"3\r\nabc\r\n0\r\n\r\n"])
def test_bodies_that_nobody_needs(lines):
    """A body within the bound is skipped and not kept; the connection goes on."""
    world = fleet()
    client = feed(world, b"POST %b HTTP/1.1\r\nHost: x\r\n" % in_namespace("n").encode(), lines)
    assert client.answer().code == 405
    client.transport.clear()
    client.send(BASE)
    assert client.answer().code == 200


def test_large_heads_within_the_bound():
    """A long selector and hundreds of groups are served."""
    world = fleet()
    groups = "".join(
        f"X-Remote-Group: a-rather-long-group-name-of-an-organization-{number}\r\n" for number in range(800)
    )
    selector = f"label%20in%20({','.join(f'value-{number}' for number in range(2000))})"
    head = f"GET {BASE}?labelSelector={selector} HTTP/1.1\r\nHost: x\r\n{groups}\r\n"
    client = feed(world, head.encode())
    assert (client.answer().code, client.answer().names) == (200, [])


@pytest.mark.parametrize("part", [b"G", HEAD, HEAD + b"Content-Length: 500\r\n\r\nabc"])
def test_too_slow(part):
    """A request that does not arrive in time gets 408, however often another byte of it comes."""
    world = World()
    client = feed(world, part)
    for _ in range(int(REQUEST_SECONDS) - 1):
        world.turn(1)
        client.protocol.dataReceived(b"x")
    assert client.transport.value() == b""
    world.turn(2)
    assert refusal(client) == (408, "Timeout")


def test_refused_client_that_stays():
    """A client that does not close after a refusal is cut off."""
    world = World()
    client = feed(world, b"x\r\n\r\n")
    aborted = []
    client.transport.abortConnection = lambda: aborted.append(True)
    world.turn(16)
    assert aborted == [True]


def test_idle_connections():
    """A connection without a request stays longer than Go's clients keep one (90 s), then is closed without a word."""
    world = fleet()
    client = Client(world)
    client.send(BASE)
    client.transport.clear()
    world.turn(119)
    assert not client.transport.disconnecting
    world.turn(2)
    assert client.transport.disconnecting
    assert client.transport.value() == b""


def test_time_of_an_answer_does_not_count():
    """Neither deadline runs while a request is being answered: a watch may be silent for long."""
    world = World()
    client = world.open(f"{BASE}?watch=1")
    world.turn(REQUEST_SECONDS * 20)
    assert not client.transport.disconnecting
    assert not client.complete


def answers(client):
    return client.transport.value().count(b"HTTP/1.1 ")


def one_turn(clock):
    """Run what is due first, alone: advance would also run what that asks for."""
    call = min(clock.calls, key=lambda call: call.getTime())
    clock.calls.remove(call)
    call.called = 1
    call.func(*call.args)


def test_requests_that_come_all_at_once():
    """Requests in one go are answered in order, each in a turn of its own."""
    world = fleet()
    world.turn()
    client = Client(world)
    client.protocol.dataReceived(b"".join(b"GET /nope%d HTTP/1.1\r\nHost: x\r\n\r\n" % n for n in range(20)))
    for count in range(1, 21):
        assert answers(client) == count
        one_turn(world.clock)
    assert client.complete
    client.leave()
    assert world.clock.getDelayedCalls() == []


def test_a_flood_of_bad_requests_does_not_slow_a_watcher():
    """However many bad requests are waiting, a watcher's event waits for one more of each connection at most."""
    world = fleet(1)
    watcher = world.open(f"{BASE}?watch=1")
    watcher.events()
    flood = [Client(world) for _ in range(10)]
    for client in flood:
        client.protocol.dataReceived(b"GET %b?limit=x HTTP/1.1\r\nHost: x\r\n\r\n" % BASE.encode() * 500)
    seen = []
    send = watcher.transport.writeSequence
    watcher.transport.writeSequence = lambda data: (seen.append(sum(map(answers, flood))), send(data))
    world.put("n", "s0", note=1)
    world.turn()
    assert brief(watcher.events()) == [("MODIFIED", "s0")]
    assert seen == [20]
    assert sum(map(answers, flood)) == 5000


class Holding(StringTransport):
    """Says whether it is read from."""

    reading = True

    def pauseProducing(self):
        self.reading = False

    def resumeProducing(self):
        self.reading = True


def test_early_requests_hold_up_their_connection():
    """While many requests wait in memory no more are read; once they are answered reading goes on."""
    world = fleet(1)
    client = Client(world)
    client.transport = Holding()
    client.protocol.makeConnection(client.transport)
    client.protocol.dataReceived(b"GET /nope HTTP/1.1\r\nHost: x\r\n\r\n" * 1000)
    assert not client.transport.reading
    world.turn()
    assert client.transport.reading
    assert answers(client) == 1000


def test_list_behind_a_full_transport():
    """A request whose connection is already full is not answered into memory."""
    world = large()
    client = Client(world)
    client.pause()
    client.send(BASE)
    world.turn(10)
    assert len(client.transport.value()) < 80_000
    client.resume()
    world.turn()
    assert len(client.answer().names) == 40


def test_early_requests_wait_for_a_full_transport():
    """A client that does not read its answers gets no more of them made."""
    world = fleet(1)
    client = Client(world)
    client.pause()
    client.protocol.dataReceived(b"GET /nope HTTP/1.1\r\nHost: x\r\n\r\n" * 10)
    world.turn(1)
    assert answers(client) == 1
    client.resume()
    world.turn()
    assert answers(client) == 10
    assert json.loads(client.transport.value().rpartition(b"\r\n\r\n")[2])["code"] == 404

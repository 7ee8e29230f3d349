"""Watches as WebSockets: the same reader as over HTTP, and whatever a client may do to its half."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wsproto.events import BytesMessage, CloseConnection, Ping, TextMessage

from promoter_view.web.errors import Forbidden
from promoter_view.web.limits import Limits
from promoter_view.web.websocket.conversation import FRAMES_SECONDS, MAX_FRAMES, MAX_MESSAGE_BYTES
from tests.api.sockets import ACCEPT, HEADERS, Socket
from tests.api.test_watches import Granted
from tests.support.api.membership import ByName
from tests.support.api.world import BASE, TABLE, World, brief, fleet, sample, version_of

METADATA = {"Accept": "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"}


def test_the_answer() -> None:
    """101 at once, with the proof of RFC 6455, the client's subprotocol, and nothing of an HTTP body."""
    socket = Socket(World(), f"{BASE}?watch=1", {"Sec-WebSocket-Protocol": "base64.binary.k8s.io, binary.k8s.io"})
    answer = socket.answer
    assert (answer.code, answer.header("upgrade"), answer.header("connection")) == (101, "websocket", "Upgrade")
    assert answer.header("sec-websocket-accept") == ACCEPT
    assert answer.header("sec-websocket-protocol") == "base64.binary.k8s.io"
    assert answer.header("audit-id")
    for name in ("transfer-encoding", "content-length", "content-encoding", "sec-websocket-extensions"):
        assert answer.header(name) == ""
    assert Socket(World(), f"{BASE}?watch=1").answer.header("sec-websocket-protocol") == ""


@pytest.mark.parametrize("headers", [{}, TABLE, METADATA, {"Accept-Encoding": "gzip"}])
@pytest.mark.parametrize(
    "query", ["", "&labelSelector=number=1", "&sendInitialEvents=true&resourceVersionMatch=NotOlderThan"]
)
def test_the_same_events(query: str, headers: dict[str, str]) -> None:
    """Each event of the HTTP watch is one text message, in every form, with selectors and with initial events."""
    world = fleet(3)
    path = f"{BASE}?watch=1&allowWatchBookmarks=1{query}"
    plain = {name: value for name, value in headers.items() if name != "Accept-Encoding"}
    socket, other = Socket(world, path, headers), world.open(path, plain)
    assert socket.events() == other.events() != []
    world.put("n", "s1", labels={"number": "1"}, note="x")
    world.put("n", "s9", labels={"number": "9"})
    world.delete("n", "s1")
    assert socket.events() == other.events() != []


def test_resume_and_410() -> None:
    """A position is resumed behind; one before the horizon is an ERROR event of 410, and a close."""
    world = World(history_bytes=4000)
    world.put("n", "s0")
    first = Socket(world, f"{BASE}?watch=1")
    since = version_of(first.events()[-1])
    world.put("n", "s1")
    again = Socket(world, f"{BASE}?watch=1&resourceVersion={since}")
    assert brief(again.events()) == [("ADDED", "s1")]
    for number in range(20):
        world.put("n", "s1", note=f"{number}" * 500)
    late = Socket(world, f"{BASE}?watch=1&resourceVersion={since}")
    (error,) = late.events()
    assert (late.answer.code, error["type"], error["object"]["code"], error["object"]["reason"]) == (
        101,
        "ERROR",
        410,
        "Expired",
    )
    assert late.closed == (1000, "")


def test_a_slow_reader_keeps_its_place() -> None:
    """While the transport is full nothing is written; what comes after is exactly what was missed."""
    world = fleet(1)
    socket = Socket(world, f"{BASE}?watch=1")
    socket.events()
    socket.client.pause()
    for number in range(5):
        world.put("n", f"t{number}")
    assert socket.events() == []
    socket.client.resume()
    assert brief(socket.events()) == [("ADDED", f"t{number}") for number in range(5)]


def test_it_ends_in_time() -> None:
    """timeoutSeconds ends it with a last bookmark and a close of 1000; the client's half ends the connection."""
    world = fleet(1)
    socket = Socket(world, f"{BASE}?watch=1&timeoutSeconds=5&allowWatchBookmarks=1")
    socket.events()
    world.turn(6)
    assert [event["type"] for event in socket.events()] == ["BOOKMARK"]
    assert socket.closed == (1000, "")
    assert not socket.client.transport.disconnecting
    socket.send(CloseConnection(1000))
    assert socket.client.transport.disconnecting
    socket.client.leave()
    assert world.clock.getDelayedCalls() == []


def test_a_client_that_does_not_say_goodbye() -> None:
    """It has a moment for it; then the connection is closed, and cut where it stays."""
    world = fleet(1)
    socket = Socket(world, f"{BASE}?watch=1&timeoutSeconds=-1")
    socket.events()
    assert not socket.client.transport.disconnecting
    world.turn(6)
    assert socket.client.transport.disconnecting
    aborted = []
    socket.client.transport.abortConnection = lambda: aborted.append(True)
    world.turn(16)
    assert aborted == [True]


def test_draining() -> None:
    """Before the program ends each has its last bookmark and a close; draining waits for the clients' goodbyes."""
    world = fleet(1)
    socket = Socket(world, f"{BASE}?watch=1&allowWatchBookmarks=1")
    socket.events()
    over = world.site.drain()
    assert [event["type"] for event in socket.events()] == ["BOOKMARK"]
    assert socket.closed == (1000, "")
    assert not over.called
    socket.send(CloseConnection(1000))
    world.turn()
    assert over.called
    assert Socket(world, f"{BASE}?watch=1").answer.code == 503


def test_permissions_are_asked_for_again() -> None:
    """Where the permission is gone the last event says so, also to a client that does not read."""
    access = Granted()
    world = World(access=access)
    socket = Socket(world, f"{BASE}?watch=1")
    socket.client.pause()
    access.answer = lambda: Forbidden("not any more")
    world.turn(38)
    (last,) = socket.events()
    assert (last["type"], last["object"]["code"], socket.closed) == ("ERROR", 403, (1000, ""))


def test_limits_and_metrics() -> None:
    """It counts as a watch of its user, and in the metrics of watches."""
    world = World(access=ByName(), limits=Limits(watches=1))
    socket = Socket(world, f"{BASE}?watch=1", {"User": "u"})
    assert Socket(world, f"{BASE}?watch=1", {"User": "u"}).answer.code == 429
    assert sample(world, "apiserver_longrunning_requests").endswith(" 1.0")
    socket.client.leave()
    assert sample(world, "apiserver_longrunning_requests").endswith(" 0.0")
    assert Socket(world, f"{BASE}?watch=1", {"User": "u"}).answer.code == 101


def test_pings_are_answered() -> None:
    """At once; while the client does not read, the newest only, once there is room."""
    world = World()
    socket = Socket(world, f"{BASE}?watch=1")
    socket.send(Ping(b"one"))
    socket.events()
    assert socket.pongs == [b"one"]
    socket.client.pause()
    for number in range(50):
        socket.send(Ping(b"%d" % number))
    socket.events()
    assert socket.pongs == [b"one"]
    socket.client.resume()
    socket.events()
    assert socket.pongs == [b"one", b"49"]


def test_a_client_that_closes() -> None:
    """Its code is answered, the watch is over, and so is the connection."""
    world = fleet(1)
    socket = Socket(world, f"{BASE}?watch=1")
    socket.events()
    socket.send(CloseConnection(1001, "bye"))
    world.put("n", "s1")
    assert socket.events() == []
    assert socket.closed == (1001, "bye")
    assert socket.client.transport.disconnecting
    assert len(world.resource.watches) == 0
    socket.client.leave()
    assert world.clock.getDelayedCalls() == []


def test_what_it_says_is_dropped() -> None:
    """Messages within the bounds change nothing, whole or in parts."""
    world = fleet(1)
    socket = Socket(world, f"{BASE}?watch=1")
    socket.events()
    for number in range(50):
        socket.send(TextMessage("x" * 1000, message_finished=bool(number % 2)))
    socket.send(BytesMessage(b"\x00" * MAX_MESSAGE_BYTES))
    world.put("n", "s1")
    assert brief(socket.events()) == [("ADDED", "s1")]


BROKEN = [
    (b"\x81\x05hello", 1002),
    (b"\x83\x80aaaa", 1002),
    (b"\xf1\x80aaaa", 1002),
    (b"\x09\x80aaaa", 1002),
    (b"\x89\xfe\x00\x80aaaa" + bytes(128), 1002),
    (b"\x81\x82\x00\x00\x00\x00\xff\xff", 1007),
    (b"\x82\xff\x7f\xff\xff\xff\xff\xff\xff\xffaaaa" + bytes(MAX_MESSAGE_BYTES + 1), 1009),
    (b"\x82\xff\xff\xff\xff\xff\xff\xff\xff\xffaaaa", 1002),
    (b"\x8a\x80aaaa" * (MAX_FRAMES + 1), 1008),
    (b"\x89\x80aaaa" * 10_000, 1008),
    (b"\x88\x81aaaa\x00", 1002),
]


@pytest.mark.parametrize(("data", "code"), BROKEN)
def test_a_client_that_breaks_the_rules(data: bytes, code: int) -> None:
    """Unmasked, unknown, fragmented, oversized, no UTF-8, too many: it is told why, and nothing more is read of it."""
    world = fleet(1)
    socket = Socket(world, f"{BASE}?watch=1")
    socket.events()
    socket.send_raw(data)
    socket.events()
    assert socket.closed is not None
    assert socket.closed[0] == code
    assert socket.client.transport.disconnecting
    assert len(world.resource.watches) == 0
    written = socket.client.transport.value()
    socket.send_raw(data)
    world.put("n", "s1")
    world.turn()
    assert socket.client.transport.value() == written
    socket.client.leave()
    assert world.clock.getDelayedCalls() == []
    flooded = 'connections_closed_total{reason="flooding"} 1.0' in world.metrics.render().decode()
    assert flooded is (code in (1008, 1009))


def test_frames_that_come_too_early() -> None:
    """What is sent with the request, before the answer, is read as frames once there is one."""
    world = fleet(1)
    head = "".join(f"{name}: {value}\r\n" for name, value in {"Host": "x", **HEADERS}.items())
    for rest in (b"\x89\x81aaaa\x00", b"\x88\x80aaaa"):
        socket = Socket(world, "/livez")
        socket.client.transport.clear()
        socket.send_raw(f"GET {BASE}?watch=1 HTTP/1.1\r\n{head}\r\n".encode() + rest)
        events = socket.events()
        if rest[0] == 0x89:
            assert (brief(events), socket.pongs) == ([("ADDED", "s0")], [b"a"])
        else:
            assert (socket.closed, socket.client.transport.disconnecting) == ((1005, ""), True)
            assert len(world.resource.watches) == 1


def test_a_calm_client_may_go_on_for_long() -> None:
    """The count of frames begins anew: pings at any sensible pace are no flood."""
    world = World()
    socket = Socket(world, f"{BASE}?watch=1")
    for _ in range(10):
        for _ in range(MAX_FRAMES // 2):
            socket.send(Ping())
        world.turn(FRAMES_SECONDS)
    socket.events()
    assert socket.closed is None


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({"Sec-WebSocket-Version": "12"}, 400),
        ({"Sec-WebSocket-Version": ""}, 400),
        ({"Sec-WebSocket-Key": ""}, 400),
        ({"Upgrade": "h2c"}, 200),
        ({"Connection": "keep-alive"}, 200),
        ({"Upgrade": "WebSocket", "Connection": "upgrade"}, 101),
        ({"Accept": "text/plain"}, 406),
    ],
)
def test_other_handshakes(headers: dict[str, str], code: int) -> None:
    """A bad one is refused in words; who asks for no WebSocket has the answer that HTTP has."""
    assert Socket(fleet(1), f"{BASE}?watch=1", headers).answer.code == code


@pytest.mark.parametrize("path", [BASE, f"{BASE}?limit=1", "/livez", "/apis"])
def test_only_watches(path: str) -> None:
    """Elsewhere the wish is ignored (RFC 9110, 7.8), as in kube-apiserver."""
    assert Socket(fleet(1), path).answer.code == 200


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({}, 101),
        ({"Origin": "https://x"}, 101),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "https://x", "Sec-Fetch-Site": "cross-site"}, 403),
    ],
)
def test_pages_of_other_sites(headers: dict[str, str], code: int) -> None:
    """Where nobody is asked for a name, no other site's page may read through its visitor's browser."""
    assert Socket(World(), f"{BASE}?watch=1", headers).answer.code == code


def test_pages_of_other_sites_with_a_name() -> None:
    """Who says who asks may do so from any page."""
    world = World(access=ByName())
    headers = {"User": "u", "Origin": "https://console.example", "Sec-Fetch-Site": "cross-site"}
    assert Socket(world, f"{BASE}?watch=1", headers).answer.code == 101


FRAMES = st.builds(
    lambda first, length, rest: bytes([first, length]) + rest,
    st.integers(0, 255),
    st.integers(0, 255),
    st.binary(max_size=40),
)


@given(parts=st.lists(st.one_of(FRAMES, st.binary(max_size=30)), max_size=12))
def test_whatever_a_client_sends(parts: list[bytes]) -> None:
    """It either goes on or is closed with a code; no bytes are a fault of ours, and nothing is left behind."""
    world = fleet(1)
    socket = Socket(world, f"{BASE}?watch=1")
    socket.events()
    for part in parts:
        socket.send_raw(part)
    socket.events()
    assert (socket.closed is None) is (len(world.resource.watches) == 1)
    assert (socket.closed is None) is not socket.client.transport.disconnecting
    socket.client.leave()
    assert len(world.resource.watches) == 0
    assert world.clock.getDelayedCalls() == []

"""A request's URI reaches the agent as it was made, whatever treq thinks of hosts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.web.http_headers import Headers

from promoter_view.network.sending import send
from promoter_view.network.targets import parse_target

SERVERS = (
    "https://[::1]:6443",
    "https://kube_api:6443",
    "http://ab--cd.example.com:2379/p",
    "https://[fe80::1%25eth0]:6443",
)


class Recorder:
    """An agent that answers nothing and keeps what it was asked for."""

    def request(self, method: bytes, uri: bytes, headers: Headers, bodyProducer: object = None) -> Deferred:
        self.asked = (method, uri)
        return Deferred()


def sent(uri: bytes) -> tuple[bytes, bytes]:
    agent = Recorder()
    send(agent, "GET", uri, headers=Headers(), body=None, reactor=Clock())
    return agent.asked


@pytest.mark.parametrize("server", SERVERS)
def test_hosts_that_resolvers_take(server: str) -> None:
    """Addresses in brackets and names beyond IDNA 2008 are asked for as they are."""
    uri = parse_target(server).uri("/apis/a%2Fb", [("labelSelector", "a in (b,c)"), ("watch", "true")])
    assert sent(uri) == (b"GET", uri)


@given(st.text(), st.lists(st.tuples(st.text(), st.text())))
def test_paths_and_parameters(path: str, parameters: list[tuple[str, str]]) -> None:
    """Any path and any parameters: not a byte is changed on the way."""
    printable = path.encode("utf-8", "replace").decode()
    pairs = [
        (name.encode("utf-8", "replace").decode(), value.encode("utf-8", "replace").decode())
        for name, value in parameters
    ]
    uri = parse_target("https://[::1]:6443").uri(f"/{printable}", pairs)
    assert sent(uri) == (b"GET", uri)

"""The gateway's client: which member is asked, who we say we are, how long is waited, and what errors are called."""

from __future__ import annotations

import orjson
import pytest
from treq.testing import RequestTraversalAgent
from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionRefusedError as Refused
from twisted.internet.task import Clock
from twisted.python.failure import Failure
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET

from promoter_view.log.etcd.client import wire
from promoter_view.log.etcd.client.connections import EtcdConnections
from promoter_view.log.etcd.client.faults import EtcdError, Fault, fault_of
from promoter_view.log.etcd.client.gateway import Gateway
from promoter_view.log.etcd.client.values import Keys
from promoter_view.log.settings import EtcdFiles
from promoter_view.metrics import Metrics
from promoter_view.network.targets import parse_target

HEADER = {"cluster_id": "7", "member_id": "1", "revision": "5"}
EMPTY = (200, {"header": HEADER})
NO_LEADER = (503, {"code": 14, "message": "etcdserver: no leader"})
INVALID_TOKEN = (401, {"code": 16, "message": "etcdserver: invalid auth token"})
SILENT = None
REFUSED = "refused"
KEYS = Keys(b"a")


class Members(Resource):
    """Each member, by host name, answers by its script; what it is asked is kept."""

    def __init__(self):
        super().__init__()
        self.isLeaf = True
        self.scripts = {}
        self.asked = []
        self.open = []

    def render_POST(self, request):
        host = request.getRequestHostname().decode()
        token = request.getHeader("Authorization") or ""
        self.asked.append((host, request.path.decode(), token, orjson.loads(request.content.read())))
        script = self.scripts[host]
        answer = script.pop(0) if len(script) > 1 else script[0]
        if answer is SILENT:
            self.open.append(request)
            return NOT_DONE_YET
        request.setResponseCode(answer[0])
        return answer[1] if isinstance(answer[1], bytes) else orjson.dumps(answer[1])


class Agents:
    """Stands in for EtcdConnections: the members in memory, some of which refuse connections."""

    def __init__(self, members, user=None):
        self.members = members
        self.user = user
        self.traversal = RequestTraversalAgent(members)

    def agent(self, _):
        return self

    def request(self, method, uri, headers=None, body=None):
        host = uri.split(b"//")[1].split(b":")[0].decode()
        if self.members.scripts[host][0] == REFUSED:
            failed = Deferred()
            failed.errback(Failure(Refused()))
            return failed
        return self.traversal.request(method, uri, headers, body)

    async def close(self):
        pass


class User:
    """Who we are."""

    name = "view"

    def password(self):
        return "secret"


@pytest.fixture
def members():
    return Members()


def gateway(members, *hosts, user=None, clock=None):
    for host in hosts:
        members.scripts.setdefault(host, [EMPTY])
    return Gateway(
        [f"http://{host}:1" for host in hosts],
        reactor=clock or Clock(),
        metrics=Metrics(),
        connections=Agents(members, user),
    )


def result_of(coroutine):
    results = []
    Deferred.fromCoroutine(coroutine).addBoth(results.append)
    assert results, "nothing came of it"
    if isinstance(results[0], Failure):
        results[0].raiseException()
    return results[0]


def hosts_asked(members):
    return [asked[0] for asked in members.asked]


@pytest.mark.parametrize("answer", [REFUSED, NO_LEADER, (502, b"<html>"), (200, b"[]"), (200, b"junk")])
def test_another_member_is_asked_where_one_cannot_answer(members, answer):
    """And that one first from then on."""
    members.scripts["a"] = [answer]
    etcd = gateway(members, "a", "b")
    assert result_of(etcd.range(KEYS)).revision == 5
    assert result_of(etcd.range(KEYS)).revision == 5
    assert hosts_asked(members)[-2:] == ["b", "b"]


def test_where_none_answers_the_last_error_is_told(members):
    """Each is asked once."""
    members.scripts = {"a": [REFUSED], "b": [NO_LEADER]}
    etcd = gateway(members, "a", "b")
    with pytest.raises(EtcdError, match="no leader") as caught:
        result_of(etcd.range(KEYS))
    assert (caught.value.fault, caught.value.transient) == (Fault.NO_LEADER, True)


@pytest.mark.parametrize(("told", "quota"), [({"dbSizeQuota": "50"}, 50), ({}, 2 << 30)])
def test_how_full_it_is(members, told, quota):
    """Of its quota, or of the default one where it does not say."""
    members.scripts["a"] = [(200, {"header": HEADER, "dbSize": "40", **told})]
    space = result_of(gateway(members, "a").space())
    assert (space.used, space.quota, space.share) == (40, quota, 40 / quota)


def test_what_etcd_decides_is_not_asked_again(members):
    """A refusal is an answer: no other member would say otherwise."""
    members.scripts["a"] = [(400, {"code": 11, "message": "etcdserver: mvcc: required revision has been compacted"})]
    with pytest.raises(EtcdError) as caught:
        result_of(gateway(members, "a", "b").range(KEYS))
    assert (caught.value.fault, hosts_asked(members)) == (Fault.COMPACTED, ["a"])


def test_a_silent_member_is_waited_for_a_few_seconds(members):
    """Requests that the gateway does not understand, and those to a stopped member, are never answered."""
    clock = Clock()
    members.scripts["a"] = [SILENT]
    results = []
    reading = Deferred.fromCoroutine(gateway(members, "a", "b", clock=clock).range(KEYS))
    reading.addBoth(results.append)
    clock.advance(3.9)
    assert not results
    clock.advance(0.2)
    assert results[0].revision == 5
    assert hosts_asked(members) == ["a", "b"]


def test_a_user_logs_in_once_and_again_when_his_token_has_ended(members):
    """The password goes to etcd only to get a token, which goes with every request."""
    members.scripts["a"] = [(200, {"token": "t1"}), EMPTY, INVALID_TOKEN, (200, {"token": "t2"}), EMPTY]
    etcd = gateway(members, "a", user=User())
    result_of(etcd.range(KEYS))
    result_of(etcd.range(KEYS))
    paths = [(path.rpartition("/")[2], token) for _, path, token, _ in members.asked]
    assert paths == [("authenticate", ""), ("range", "t1"), ("range", "t1"), ("authenticate", ""), ("range", "t2")]
    assert members.asked[0][3] == {"name": "view", "password": "secret"}


def test_a_wrong_password_is_named(members):
    """It is tried once a request."""
    wrong = (400, {"code": 3, "message": "etcdserver: authentication failed, invalid user ID or password"})
    members.scripts["a"] = [wrong]
    with pytest.raises(EtcdError) as caught:
        result_of(gateway(members, "a", user=User()).range(KEYS))
    assert (caught.value.fault, len(members.asked)) == (Fault.UNAUTHENTICATED, 1)


def test_a_watch_brings_messages_until_it_is_closed(members):
    """Each line is one; an error inside the stream has its name."""
    members.scripts["a"] = [SILENT]
    etcd = gateway(members, "a")
    opening = []
    Deferred.fromCoroutine(etcd.watch(KEYS, revision=4)).addBoth(opening.append)
    (request,) = members.open
    agent = etcd._connections.traversal
    line = orjson.dumps({"result": {"header": HEADER, "created": True}}) + b"\n"
    request.write(line[:9])
    agent.flush()
    (watch,) = opening
    reading = watch.read()
    request.write(line[9:] + orjson.dumps({"error": {"code": 14, "message": "etcdserver: no leader"}}) + b"\n")
    agent.flush()
    failures = []
    reading.addErrback(failures.append)
    assert failures[0].value.fault is Fault.NO_LEADER
    watch.close()
    assert members.asked[0][3]["create_request"]["fragment"] is True


@pytest.mark.parametrize(
    ("code", "message", "fault"),
    [
        (8, "etcdserver: mvcc: database space exceeded", Fault.NO_SPACE),
        (8, "etcdserver: too many requests", Fault.THROTTLED),
        (11, "etcdserver: mvcc: required revision has been compacted", Fault.COMPACTED),
        (11, "etcdserver: mvcc: required revision is a future revision", Fault.FUTURE),
        (3, "etcdserver: request is too large", Fault.TOO_LARGE),
        (3, "etcdserver: user name is empty", Fault.UNAUTHENTICATED),
        (3, "etcdserver: duplicate key given in txn request", Fault.REFUSED),
        (16, "etcdserver: invalid auth token", Fault.UNAUTHENTICATED),
        (7, "etcdserver: permission denied", Fault.FORBIDDEN),
        (14, "etcdserver: no leader", Fault.NO_LEADER),
        (14, "etcdserver: leader changed", Fault.LEADER_CHANGED),
        (14, "etcdserver: request timed out", Fault.TIMEOUT),
        (14, "error reading from server: EOF", Fault.UNREACHABLE),
        (5, "etcdserver: requested lease not found", Fault.NOT_FOUND),
        (15, "etcdserver: corrupt cluster", Fault.CORRUPT),
        (2, "something new", Fault.REFUSED),
    ],
)
def test_what_etcd_says_has_a_name(code, message, fault):
    """The words of etcd's errors decide where one code means several things."""
    assert fault_of(code, message).fault is fault


@pytest.mark.parametrize(
    "document", [{}, {"header": None}, {"header": HEADER, "kvs": [{}]}, {"header": HEADER, "kvs": [{"key": "*"}]}]
)
def test_what_is_no_answer_of_etcd_is_named(document):
    """Whatever stands in its place, there is no traceback."""
    with pytest.raises(EtcdError) as caught:
        wire.found_of(document)
    assert caught.value.fault is Fault.MALFORMED


@pytest.mark.parametrize("line", [b"", b"{", b"[]", b'{"result":{}}', b'{"result":{"header":{"cluster_id":"x"}}}'])
def test_a_line_that_is_no_message_is_named(line):
    """Of a watch."""
    with pytest.raises(EtcdError):
        wire.message_of(line)


def test_files_that_cannot_be_read_are_named(tmp_path):
    """Each by its option; nothing is asked of etcd without them."""
    for name in ("cafile", "certfile"):
        files = EtcdFiles(**{name: str(tmp_path / "missing"), "keyfile": str(tmp_path / "key")})
        with pytest.raises(EtcdError, match=f"--etcd-{name}: .*missing") as caught:
            EtcdConnections(files, reactor=Clock()).agent(parse_target("https://a:1"))
        assert caught.value.fault is Fault.CREDENTIALS
    (tmp_path / "ca").write_text("no certificate")
    with pytest.raises(EtcdError, match="PEM"):
        EtcdConnections(EtcdFiles(cafile=str(tmp_path / "ca")), reactor=Clock()).agent(parse_target("https://a:1"))


def test_a_password_is_read_from_its_file(tmp_path):
    """Without the newline at its end, and again when it has changed."""
    file = tmp_path / "password"
    file.write_text("first\n")
    user = EtcdConnections(EtcdFiles(user="view", password_file=str(file)), reactor=Clock()).user
    assert (user.name, user.password()) == ("view", "first")
    file.write_text("the second one\n")
    assert user.password() == "the second one"
    file.write_bytes(b"\xff")
    with pytest.raises(EtcdError):
        user.password()

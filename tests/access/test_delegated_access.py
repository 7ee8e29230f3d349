"""Who gets in, from the handshake to the Status: the whole API over TLS in memory, with a cluster that is made up."""

from __future__ import annotations

import pytest
from cryptography.x509.oid import NameOID
from twisted.internet.defer import Deferred

from promoter_view.access.admission import FREELY_ADMITTED, Attributes
from promoter_view.access.delegated_access import OpenPaths, OpenPathsAccess
from promoter_view.access.identity import MASTERS
from promoter_view.metrics import Metrics
from promoter_view.views.definition import GROUP
from promoter_view.views.promotion_strategy.details import PROMOTION_STRATEGY_DETAILS
from promoter_view.web.certificates import serving_context
from promoter_view.web.errors import Forbidden
from promoter_view.web.reloading import ReloadedFiles
from tests.support.api.issuing import AUTHORITY, DAY, NOW, SERVER, authority
from tests.support.api.secure_world import SecureWorld, pools, serving
from tests.support.api.world import BASE, brief, in_namespace

VIEW = PROMOTION_STRATEGY_DETAILS.plural
BOB = {"X-Remote-User": "bob"}
EVE = {"X-Remote-User": "eve", "X-Remote-Group": MASTERS}


@pytest.fixture
def secure(tmp_path):
    """Alice and bob are allowed everything; ``alice``'s token is hers, ``mallory``'s is mallory's."""
    found = SecureWorld(tmp_path)
    found.world.put("n", "s0")
    found.allowed = {"alice", "bob"}
    found.tokens = {"alice": "alice", "mallory": "mallory"}
    return found


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


def test_nobody(secure):
    """Without any evidence one is anonymous, and told what that user may not do."""
    answer = secure.ask(BASE)
    assert answer.code == 403
    assert answer.document["reason"] == "Forbidden"
    assert 'User "system:anonymous" cannot list resource' in answer.document["message"]
    assert answer.document["details"] == {"group": GROUP, "kind": VIEW}
    assert secure.reviews.asked[0][1]["spec"]["groups"] == ["system:unauthenticated"]


def test_certificates(secure):
    """Each certificate, with forged and with honest headers, and what it is answered."""
    clients, proxies, strangers = secure.clients, secure.proxies, authority("clients")
    middle = clients.issue("middle", AUTHORITY, own_key=True)
    table = [
        (None, BOB, 403),
        (None, EVE, 403),
        (clients.issue("bob"), {}, 200),
        (clients.issue("bob"), EVE, 200),
        (clients.issue("carol"), {}, 403),
        (clients.issue("carol"), EVE, 403),
        (clients.issue("root", organizations=[MASTERS]), {}, 200),
        (clients.issue("bob", ends=NOW - DAY / 2), {}, 401),
        (clients.issue("bob", SERVER), {}, 401),
        (strangers.issue("bob"), {}, 401),
        (strangers.issue("aggregator"), EVE, 401),
        (proxies.issue("aggregator"), BOB, 200),
        (proxies.issue("aggregator"), {"X-Remote-User": "carol"}, 403),
        (proxies.issue("aggregator"), EVE, 200),
        (proxies.issue("aggregator"), {}, 401),
        (proxies.issue("somebody"), EVE, 401),
        (proxies.issue("aggregator", SERVER), EVE, 401),
        (proxies.issue("aggregator", ends=NOW - DAY / 2), EVE, 401),
        (clients.issue("aggregator"), EVE, 403),
    ]
    for certificate, headers, code in table:
        assert secure.ask(BASE, headers, certificate).code == code, (certificate, headers)
    assert secure.ask(BASE, {}, middle.issue("bob"), middle).code == 200
    assert secure.ask(BASE, {}, middle.issue("bob")).code == 401


def test_no_authority_is_named(secure):
    """The handshake asks for a certificate and names no CA, so that a client shows whichever it has."""
    assert secure.connect().authorities_asked_for == []


def test_tokens(secure):
    """A good token is its user, a bad one is 401 and not anonymous, one beside a certificate that is no good counts."""
    assert secure.ask(BASE, bearer("alice")).code == 200
    assert secure.ask(BASE, bearer("mallory")).code == 403
    assert secure.ask(BASE, bearer("nonsense")).code == 401
    assert secure.ask("/livez", bearer("nonsense")).code == 200
    stranger = authority("clients").issue("bob")
    assert secure.ask(BASE, bearer("alice"), stranger).code == 200
    assert secure.ask(BASE, bearer("nonsense"), secure.clients.issue("bob")).code == 200


def test_groups_of_the_authenticated(secure):
    """Whoever proved who they are is in system:authenticated, whichever way."""
    for headers, certificate in ((bearer("alice"), None), ({}, secure.clients.issue("bob"))):
        secure.ask(BASE, headers, certificate)
        assert secure.reviews.asked[-1][1]["spec"]["groups"] == ["system:authenticated"]
    headers = {"X-Remote-User": "system:aggregator", "X-Remote-Extra-Example.com%2FTeam": "a"}
    secure.ask(BASE, headers, secure.proxies.issue("aggregator"))
    spec = secure.reviews.asked[-1][1]["spec"]
    assert spec["groups"] == ["system:authenticated"]
    assert spec["extra"] == {"example.com/team": ["a"]}


def test_what_is_reviewed(secure):
    """The review is of what is asked for: verb, namespace, name, or the path."""
    asked = (
        (f"{in_namespace('n')}/s0", {"verb": "get", "namespace": "n", "name": "s0"}),
        (f"{in_namespace('n')}?watch=1&timeoutSeconds=1", {"verb": "watch", "namespace": "n"}),
        (f"{BASE}?fieldSelector=metadata.name%3Ds0", {"verb": "list", "name": "s0"}),
    )
    for path, fields in asked:
        secure.ask(path, bearer("alice"))
        wanted = {"group": GROUP, "version": "v1alpha1", "resource": VIEW, **fields}
        assert secure.reviews.asked[-1][1]["spec"]["resourceAttributes"] == wanted
    secure.ask("/metrics", bearer("alice"))
    assert secure.reviews.asked[-1][1]["spec"]["nonResourceAttributes"] == {"verb": "get", "path": "/metrics"}


@pytest.mark.parametrize(
    ("path", "is_open"),
    [
        ("/livez", True),
        ("/livez/", False),
        ("/readyz/log", True),
        ("/readyz", False),
        ("/metrics", False),
        ("/readyz/../metrics", True),
    ],
)
def test_open_paths(path, is_open):
    """A path is open when it is named, or begins with what stands before a star."""
    assert OpenPaths(["/livez", "readyz/*"]).admit(Attributes("get", path)) is is_open
    assert not OpenPaths(["*"]).admit(Attributes("get", path, resource="things"))


def test_open_paths_only():
    """Where nobody is asked who he is, open paths are served, and all else is refused with the option to be given."""
    access = OpenPathsAccess(OpenPaths(["/livez"]))
    admitted, refused = (
        Deferred.fromCoroutine(access.admit(None, Attributes("get", path))) for path in ("/livez", "/metrics")
    )
    assert admitted.result is FREELY_ADMITTED
    failures = []
    refused.addErrback(failures.append)
    assert failures[0].check(Forbidden)
    assert "--authorization-always-allow-paths" in str(failures[0].value)


@pytest.mark.parametrize("path", [f"/readyz/{way}metrics" for way in ("../", "%2e%2e/", "/", "%2f")])
def test_no_way_around(secure, path):
    """A path that begins like an open one leads nowhere else."""
    assert secure.ask(path).code == 404


def test_impersonation(secure):
    """To act as somebody is reviewed part by part; who may not is 403, and so is what cannot be reviewed."""
    as_bob = {"Impersonate-User": "bob"}
    assert secure.ask(BASE, {**bearer("alice"), **as_bob}).code == 200
    assert secure.ask(BASE, {**bearer("alice"), "Impersonate-User": "carol"}).code == 403
    refused = secure.ask(BASE, {**bearer("mallory"), **as_bob})
    assert refused.code == 403
    assert 'User "mallory" cannot impersonate resource "users"' in refused.document["message"]
    assert secure.ask(BASE, {**bearer("alice"), "Impersonate-Group": MASTERS}).code == 403
    assert secure.ask(BASE, as_bob).code == 403


def test_unavailable(secure):
    """With the cluster gone kept answers last their time, then it is 503 with Retry-After; health goes on."""
    assert secure.ask(BASE, bearer("alice")).code == 200
    secure.down = True
    assert secure.ask(BASE, bearer("alice")).code == 200
    assert secure.ask(BASE, bearer("other")).code == 503
    assert secure.ask(BASE).code == 503
    secure.world.clock.advance(10)
    answer = secure.ask(BASE, bearer("alice"))
    assert (answer.code, answer.document["reason"], answer.header("retry-after")) == (503, "ServiceUnavailable", "1")
    assert secure.ask("/livez", bearer("other")).code == 200
    assert secure.ask(BASE, {}, secure.clients.issue("root", organizations=[MASTERS])).code == 200


def test_before_the_configuration_is_read(secure):
    """Until it is known who is believed, nobody is, and health still answers."""
    secure.trust.config = None
    for headers in ({}, bearer("alice")):
        assert secure.ask(BASE, headers, secure.clients.issue("bob")).code == 503
    assert secure.ask("/livez").code == 200


def test_rotated_authorities(secure):
    """An open connection is judged anew when the pools have changed: 50 watches go on, new requests do not."""
    old, renewed = secure.proxies, authority("proxies")
    client = secure.connect(old.issue("aggregator"))
    assert client.ask(BASE, BOB).code == 200
    watches = [secure.connect(old.issue("aggregator")) for _ in range(50)]
    for watch in watches:
        watch.send(f"{BASE}?watch=1", BOB)
        assert brief(watch.events()) == [("ADDED", "s0")]
    secure.trust.publish(pools(secure.clients, renewed, "aggregator"))
    assert client.ask(BASE, BOB).code == 401
    assert secure.ask(BASE, BOB, renewed.issue("aggregator")).code == 200
    secure.world.turn(60)
    secure.world.put("n", "s0", note=1)
    for watch in watches:
        assert brief(watch.events()) == [("MODIFIED", "s0")]


def test_a_certificate_that_ends(secure):
    """A certificate that ends on an open connection proves nothing from then on."""
    client = secure.connect(secure.clients.issue("bob", ends=NOW + DAY / 24 / 60))
    assert client.ask(BASE).code == 200
    secure.world.clock.advance(61)
    assert client.ask(BASE).code == 401


def test_a_new_serving_certificate(secure, tmp_path):
    """New connections see a certificate that was replaced, open ones go on; half of a pair changes nothing."""

    def shown(client):
        return client.serving_certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value

    paths = [tmp_path / "tls.crt", tmp_path / "tls.key"]
    files = serving(tmp_path, "first")
    renew = lambda: secure.connections.replace(serving_context(files.load()))  # noqa: E731
    reloaded = ReloadedFiles("serving-certificate", paths, renew, metrics=Metrics())
    before = secure.connect()
    assert shown(before) == "first"
    key = paths[1].read_bytes()
    serving(tmp_path, "second")
    second_key = paths[1].read_bytes()
    paths[1].write_bytes(key)
    reloaded.check()
    assert shown(secure.connect()) == "first"
    paths[1].write_bytes(second_key)
    reloaded.check()
    assert shown(secure.connect()) == "second"
    assert before.ask(BASE, bearer("alice")).code == 200


def test_a_right_that_is_taken_away(secure):
    """A watch ends within a minute with an ERROR event of 403; another's goes on."""
    aggregator = secure.proxies.issue("aggregator")
    bob, alice = secure.connect(aggregator), secure.connect()
    bob.send(f"{BASE}?watch=1", BOB)
    alice.send(f"{BASE}?watch=1", bearer("alice"))
    bob.events(), alice.events()
    secure.allowed = {"alice"}
    secure.world.turn(59)
    (last,) = bob.events()
    assert (last["type"], last["object"]["code"], last["object"]["reason"]) == ("ERROR", 403, "Forbidden")
    assert 'User "bob" cannot watch' in last["object"]["message"]
    assert bob.answer().head
    secure.world.put("n", "s0", note=1)
    assert bob.events() == []
    assert brief(alice.events()) == [("MODIFIED", "s0")]


def test_a_token_that_is_revoked(secure):
    """A direct client's token is reviewed again too; the watch ends with 403 when it is no longer good."""
    alice = secure.connect()
    alice.send(f"{BASE}?watch=1", bearer("alice"))
    alice.events()
    secure.world.turn(60)
    assert alice.events() == []
    del secure.tokens["alice"]
    secure.world.turn(59)
    (last,) = alice.events()
    assert last["object"]["code"] == 403
    assert "no longer valid" in last["object"]["message"]


def test_only_a_definite_no_ends_a_watch(secure):
    """While nobody can be asked a watch goes on; it ends once the no can be had."""
    bob = secure.connect(secure.clients.issue("bob"))
    bob.send(f"{BASE}?watch=1")
    bob.events()
    secure.down, secure.allowed = True, set()
    for _ in range(10):
        secure.world.turn(30)
    assert bob.events() == []
    secure.down = False
    secure.world.turn(38)
    assert [event["object"]["code"] for event in bob.events()] == [403]

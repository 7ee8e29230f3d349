"""The dashboard's front: hosts, headers, roots, who is let in, and how it says no."""

from __future__ import annotations

import json

import pytest

from tests.support.api.world import Client
from tests.support.dashboard.board import Board, bearer, by_proxy, by_token, reviewed, with_tokens

PROXY = {"X-Promoter-View-Proxy-Secret": "new", "X-Forwarded-User": "ann", "X-Forwarded-Groups": "dev, ops"}


def proxied() -> Board:
    """Ann may see namespace a."""
    world = Board(authenticator=by_proxy, sights=reviewed)
    world.grants = {"ann": {"a"}}
    world.put("a", "in-a")
    world.put("b", "in-b")
    return world


@pytest.mark.parametrize("path", ["/", "/watch", "/list", "/session", "/nope", "/healthz", "/static/x/app.css"])
def test_headers_of_every_answer(path: str) -> None:
    """Nothing but our own scripts and styles runs, nobody frames us, nothing is guessed, no CORS."""
    world = Board()
    client = world.open(path)
    world.turn()
    answer = client.answer()
    policy = answer.header("content-security-policy")
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'")
    assert "frame-ancestors 'none'; base-uri 'none'; form-action 'self'" in policy
    assert answer.header("x-content-type-options") == "nosniff"
    assert answer.header("access-control-allow-origin") == ""
    assert answer.header("server") == ""


@pytest.mark.parametrize(
    ("host", "code"),
    [("localhost:8080", 200), ("[::1]:8080", 200), ("LOCALHOST", 200), ("evil.example", 403), ("", 403)],
)
def test_another_name_is_refused(host: str, code: int) -> None:
    """A name that is not ours may be another site's, led here (DNS rebinding); probes may use any."""
    world = Board(hosts=("localhost", "[::1]"))
    client = world.open("/session")
    client.leave()
    for path, wanted in (("/session", code), ("/healthz", 200)):
        client = type(client)(world)
        client.protocol.dataReceived(f"GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
        world.turn()
        assert client.answer().code == wanted


def test_health() -> None:
    """500 and why, where the program should be started anew."""
    world = Board()
    assert world.ask("/healthz").code == 200
    world.fault = "stuck"
    assert (world.ask("/healthz").code, world.ask("/healthz").body) == (500, b"stuck\n")


def test_behind_a_path() -> None:
    """Everything is below the root path; what is not leads there; health is at both."""
    world = Board(root_path="/promoter/")
    world.put("n", "s0")
    assert world.ask("/promoter/list").names == ["s0"]
    assert world.ask("/promoter").code == 200
    assert world.ask("/promoter/healthz").code == world.ask("/healthz").code == 200
    away = world.ask("/list")
    assert (away.code, away.header("location")) == (303, "/promoter/")


def test_the_session() -> None:
    """Who one is, what may be seen, how far the log is."""
    world = with_tokens({"u": ["a"]})
    found = world.ask("/session", bearer("u")).document
    assert found["user"] == "u"
    assert found["resourceVersion"] == str(world.views.head)
    assert len(found["scope"]) == 16
    assert world.ask("/session").code == 401
    assert world.ask("/session", bearer("unknown")).code == 401


def test_who_may_see_nothing_is_told_so() -> None:
    """The fleet says that nothing may be listed, the program tells nothing, and the session no position."""
    world = with_tokens({"u": []})
    world.put("a", "s")
    fleet = world.ask("/", bearer("u"))
    assert b"You may not list promotionstrategydetails in any namespace that has some." in fleet.body
    assert b"There is no PromotionStrategy here yet" not in fleet.body
    program = world.ask("/program", bearer("u"))
    assert program.code == 403
    assert b"Kept in" not in program.body
    assert "resourceVersion" not in world.ask("/session", bearer("u")).document


def test_pages_show_what_may_be_seen() -> None:
    """The fleet has the visitor's bundles only; another's strategy is not found."""
    world = proxied()
    fleet = world.ask("/", PROXY)
    assert fleet.code == 200
    assert b"in-a" in fleet.body
    assert b"in-b" not in fleet.body
    assert world.ask("/strategies/b/in-b", PROXY).code == 404


def test_page_streams() -> None:
    """The same ids and events as /watch, with what the page shows as data; what it does not show has no frame."""
    world = Board()
    for name in ("s0", "s1"):
        world.put("n", name)
    events, plain = world.watch("/pages/stream?page=strategies/n/s0"), world.watch()
    assert [frame.event for frame in events.frames()] == ["ADDED", "SYNCED"]
    plain.frames()
    world.put("n", "s1", note="x")
    world.put("n", "s0", note="x")
    frames = events.frames()
    assert [(frame.event, frame.data["name"]) for frame in frames] == [("MODIFIED", "s0")]
    assert frames[0].id == plain.frames()[1].id


class TestProxy:
    """Whom a proxy names."""

    def test_the_user_that_it_names(self) -> None:
        """With the secret, either of the two, its user is believed, and sees what the cluster lets him."""
        world = proxied()
        for secret in ("old", "new"):
            assert world.ask("/list", {**PROXY, "X-Promoter-View-Proxy-Secret": secret}).names == ["in-a"]
        spec = world.reviews.asked[0][1]["spec"]
        assert (spec["user"], spec["groups"]) == ("ann", ["dev", "ops", "system:authenticated"])

    @pytest.mark.parametrize(
        ("headers", "code"),
        [
            ({"X-Promoter-View-Proxy-Secret": "wrong"}, 401),
            ({"X-Promoter-View-Proxy-Secret": ""}, 401),
            ({"X-Forwarded-User": ""}, 401),
            ({"X-Forwarded-User": "system:admin"}, 403),
            ({"X-Forwarded-Groups": "dev,system:masters"}, 403),
        ],
    )
    def test_who_is_not_believed(self, headers: dict[str, str], code: int) -> None:
        """Without the secret, without a user, with a name of the cluster's own."""
        answer = proxied().ask("/session", {**PROXY, **headers})
        assert answer.code == code
        assert answer.document["code"] == code

    @pytest.mark.parametrize(("user", "code"), [("j\u00fcrgen".encode(), 200), (b"j\xfcrgen", 401)])
    def test_names_are_utf_8(self, user: bytes, code: int) -> None:
        """A user is named in UTF-8, as by kube-apiserver; another encoding could be anybody."""
        world = proxied()
        client = Client(world)
        secret = b"X-Promoter-View-Proxy-Secret: new"
        lines = (b"GET /session HTTP/1.1", b"Host: x", secret, b"X-Forwarded-User: " + user)
        client.protocol.dataReceived(b"\r\n".join((*lines, b"", b"")))
        world.turn()
        assert client.answer().code == code
        assert code == 401 or client.answer().document["user"] == "j\u00fcrgen"

    def test_the_cluster_of_the_api_is_not_asked(self) -> None:
        """What front proxies say to the API counts for nothing here, nor does a bearer token."""
        headers = {"X-Remote-User": "ann", "Authorization": "Bearer ann"}
        assert proxied().ask("/session", headers).code == 401


class TestSignIn:
    """The page where a token is given."""

    def board(self) -> Board:
        """A user u with a token."""
        world = with_tokens({"u": ["*"]})
        world.tokens["t.o.ken"] = "u"
        return world

    def test_pages_lead_there(self) -> None:
        """A page without a token leads to the sign-in page, which leads back; data is 401."""
        world = self.board()
        answer = world.ask("/strategies/a/b?x=1")
        assert answer.code == 303
        assert answer.header("location") == "/sign-in?target=strategies%2Fa%2Fb%3Fx%3D1"
        assert world.ask(answer.header("location")).code == 200
        assert world.ask("/watch").code == 401

    def test_a_cookie_is_kept(self) -> None:
        """HttpOnly, Secure, SameSite, of this host only; with it one is in, until one signs out."""
        world = self.board()
        answer = world.post("/sign-in", "token=t.o.ken&target=activity")
        assert (answer.code, answer.header("location")) == (303, "/activity")
        cookie = answer.header("set-cookie")
        assert cookie.startswith("__Host-promoter-view-token=1.t.o.ken; Path=/; Secure; HttpOnly; SameSite=Lax")
        kept = {"Cookie": cookie.partition(";")[0]}
        assert world.ask("/session", kept).document["user"] == "u"
        away = world.post("/sign-out", "", kept)
        assert (away.code, away.header("location")) == (303, "/sign-in")
        assert "Max-Age=0" in away.header("set-cookie")

    @pytest.mark.parametrize("origin", ["", "http://evil.example", "null", "http://x.evil.example"])
    def test_not_from_another_site(self, origin: str) -> None:
        """A form of another site signs nobody in or out."""
        world = self.board()
        for path in ("/sign-in", "/sign-out"):
            assert world.post(path, "token=t.o.ken", {"Origin": origin}).code == 403
        assert world.post("/sign-in", "token=t.o.ken", {"Sec-Fetch-Site": "cross-site"}).code == 403

    @pytest.mark.parametrize(
        "headers",
        [
            {"Sec-Fetch-Site": "same-origin", "Origin": "https://board.example", "Host": "10.0.0.7:8080"},
            {"Origin": "https://Board.example", "Host": "board.example:443"},
            {"Origin": "https://board.example", "Host": "inner", "X-Forwarded-Host": "board.example"},
        ],
    )
    def test_behind_a_proxy_that_rewrites_host(self, headers: dict[str, str]) -> None:
        """Whoever signs in behind a proxy is let in, whatever the proxy makes of Host."""
        world = self.board()
        for path in ("/sign-in", "/sign-out"):
            assert world.post(path, "token=t.o.ken", headers).code == 303

    def test_other_cookies_of_any_bytes(self) -> None:
        """A cookie of another program, in latin-1 or in no encoding at all, does not hide the one with the token."""
        world = self.board()
        kept = world.post("/sign-in", "token=t.o.ken").header("set-cookie").partition(";")[0].encode()
        for cookies in (b"name=J\xfcrgen; %b" % kept, b"%b; x=\xff\x80" % kept, b"\xe9=1; %b" % kept):
            client = Client(world)
            client.protocol.dataReceived(b"GET /session HTTP/1.1\r\nHost: x\r\nCookie: %b\r\n\r\n" % cookies)
            world.turn()
            assert client.answer().document["user"] == "u"

    @pytest.mark.parametrize("token", ["wrong", "", "a;b", "a%0d%0aSet-Cookie:x", "%C3%A4", "x" * 40_000])
    def test_a_wrong_token(self, token: str) -> None:
        """The page again, 401, and no cookie."""
        answer = self.board().post("/sign-in", f"token={token}")
        assert answer.code == 401
        assert answer.header("set-cookie") == ""

    @pytest.mark.parametrize("target", ["//evil.example", "/evil", "https://evil.example//", "\\\\evil", "a\nb"])
    def test_nowhere_else(self, target: str) -> None:
        """After signing in one stays on this site."""
        assert self.board().post("/sign-in", f"token=t.o.ken&target={target}").header("location") == "/"

    def test_too_many_attempts(self) -> None:
        """Each is a review: more than a few a second are refused for a while."""
        world = self.board()
        codes = [world.post("/sign-in", f"token=wrong{number}").code for number in range(25)]
        assert codes == [401] * 20 + [429] * 5
        world.turn(10)
        assert world.post("/sign-in", "token=t.o.ken").code == 303

    def test_a_cluster_that_cannot_be_asked(self) -> None:
        """The page says so, and sets nothing."""
        world = self.board()
        world.unreachable = ValueError("no")
        answer = world.post("/sign-in", "token=t.o.ken")
        assert answer.code == 503
        assert answer.header("set-cookie") == ""

    def test_a_form_that_is_too_large(self) -> None:
        """A token needs no more than a few KB."""
        assert self.board().post("/sign-in", "token=" + "x" * 70_000).code == 413

    def test_masters_are_asked_about_too(self) -> None:
        """system:masters has no short cut here."""
        world = Board(authenticator=by_token, sights=reviewed)
        world.put("a", "in-a")
        answer = json.dumps({"authenticated": True, "user": {"username": "root", "groups": ["system:masters"]}})
        world.reviews.answer = lambda spec: json.loads(answer) if "token" in spec else {"allowed": False}
        assert world.ask("/list", bearer("t")).names == []

"""What is accepted of what is given, what is refused and in which words."""

from operator import attrgetter

import pytest

from promoter_view.program.command_line.declaring import OptionError
from promoter_view.program.command_line.parsing import settings, unknown_variables
from promoter_view.program.command_line.values import Port

LOCAL = {"insecure-no-auth": "true", "bind-address": "127.0.0.1"}


@pytest.mark.parametrize(
    ("name", "text", "attribute", "value"),
    [
        ("event-log-retention-age", "7d", "event_log.retention_age", 604800),
        ("event-log-retention-age", "1h30m", "event_log.retention_age", 5400),
        ("bookmark-interval", "500ms", "requests.bookmark_interval", 0.5),
        ("event-log-retention-bytes", "1Gi", "event_log.retention_bytes", 1 << 30),
        ("history-bytes", "64Mi", "event_log.history_bytes", 64 << 20),
        ("history-bytes", "5M", "event_log.history_bytes", 5_000_000),
        ("namespace", "a, b,a", "cluster.namespace", ("a", "b")),
        ("namespace", "", "cluster.namespace", ()),
        (
            "views",
            "stagedetails, promotionstrategydetails",
            "program.views",
            ("promotionstrategydetails", "stagedetails"),
        ),
        ("views", "stagedetails", "program.views", ("stagedetails",)),
        ("argocd-namespace", "argocd,apps", "argocd.namespace", ("argocd", "apps")),
        ("argocd-shard", "East_1", "argocd.shard", "East_1"),
        ("argocd-lease-namespace", "promoter-view", "argocd.lease_namespace", "promoter-view"),
        ("instance-id", "", "cluster.instance_id", ""),
        ("instance-id", "blue", "cluster.instance_id", "blue"),
        ("secure-port", "0", "api.secure_port", Port(0)),
        ("secure-port", "6443+", "api.secure_port", Port(6443, or_next=True)),
        ("dashboard-root-path", "/a/b", "dashboard.root_path", "/a/b/"),
        ("dashboard-root-path", "/", "dashboard.root_path", "/"),
        ("dashboard-url", "https://a.example.com/b/", "dashboard.url", "https://a.example.com/b"),
        ("dashboard-allowed-hosts", "Promoter.example,[::1]", "dashboard.allowed_hosts", ("promoter.example", "[::1]")),
        ("bind-address", "::1", "api.bind_address", "::1"),
        ("event-log", "memory:", "event_log.url", "memory:"),
        ("requestheader-group-headers", "X-Group, X-Team", "requestheader.group_headers", ("X-Group", "X-Team")),
        ("requestheader-uid-headers", "", "requestheader.uid_headers", ()),
        (
            "authorization-always-allow-paths",
            "/livez,/readyz/*",
            "access.authorization_always_allow_paths",
            ("/livez", "/readyz/*"),
        ),
        ("tls-cipher-suites", "TLS_AES_128_GCM_SHA256", "api.tls_cipher_suites", ("TLS_AES_128_GCM_SHA256",)),
        ("authentication-token-webhook-cache-ttl", "0s", "access.authentication_token_webhook_cache_ttl", 0),
    ],
)
def test_a_value_is_read(name: str, text: str, attribute: str, value: object) -> None:
    """Each notation that operators type becomes the value it stands for."""
    assert attrgetter(attribute)(settings({**LOCAL, name: text}, {})) == value


@pytest.mark.parametrize(
    ("name", "text", "right"),
    [
        ("event-log-retention-age", "7", "a duration such as"),
        ("bookmark-interval", "soon", "a duration such as"),
        ("schema-poll-interval", "soon", "a duration such as"),
        ("schema-poll-interval", "0s", "a duration of at least 1s"),
        ("history-bytes", "64MB", "a size in bytes such as"),
        ("history-bytes", "-1", "a size in bytes such as"),
        ("event-log-retention-events", "0", "a number of at least 1"),
        ("secure-port", "70000", "a port from 0 to 65535"),
        ("secure-port", "https", "a port from 0 to 65535"),
        ("dashboard-auth", "basic", "one of none, token, proxy"),
        ("role", "frontend", "one of all, apiserver, dashboard"),
        ("dashboard-allowed-hosts", "a.example:8080", "names without ports"),
        ("dashboard-root-path", "promoter", "a path such as / or /promoter/"),
        ("dashboard-root-path", "/a b/", "a path such as / or /promoter/"),
        ("dashboard-url", "a.example.com", "an address such as https://argocd.example.com"),
        ("dashboard-url", "https://a.example.com/?b", "an address such as https://argocd.example.com"),
        ("dashboard-proxy-user-header", "X User", "the name of a header"),
        ("dashboard-proxy-groups-separator", "", "at least one character"),
        ("bind-address", "localhost", "an IP address such as"),
        ("namespace", "A_b", "namespaces separated by commas"),
        ("views", "", "one or more of promotionstrategydetails, stagedetails"),
        ("views", "stages", "one or more of promotionstrategydetails, stagedetails"),
        ("argocd-namespace", "", "at least one character"),
        ("argocd-namespace", "A_b", "namespaces separated by commas"),
        ("argocd-shard", "", "the name of a shard"),
        ("argocd-shard", "a b", "the name of a shard"),
        ("argocd-lease-namespace", "A b", "a namespace, of lower-case letters"),
        ("instance-id", "a b", "a label value"),
        ("event-log", "redis://x", "file:"),
        ("event-log", "etcd:localhost:2379/x", "etcd:http(s)://HOST:PORT"),
        ("event-log", "etcd:http://localhost/x", "etcd:http(s)://HOST:PORT"),
        ("event-log", "etcd:http://localhost:2379", "the prefix of the keys"),
        ("replica-id", "a b", "a name of at most 253"),
        ("log-format", "xml", "one of"),
        ("log-level", "loud", "one of debug, info, warn, error"),
        ("tls-min-version", "1.2", "one of VersionTLS12, VersionTLS13"),
        ("tls-cipher-suites", "TLS_RSA_WITH_RC4_128_SHA", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"),
        ("authorization-always-allow-paths", "/*/x", "with * at the end only"),
    ],
)
def test_a_wrong_value_is_named(name: str, text: str, right: str) -> None:
    """The message names the value, the option and what was expected."""
    with pytest.raises(OptionError) as caught:
        settings({**LOCAL, name: text}, {})
    message = str(caught.value)
    assert message.startswith(f"invalid value {text!r} for --{name}: ")
    assert right in message


@pytest.mark.parametrize(
    ("given", "word"),
    [
        ({"demo": "true", "bind-address": "0.0.0.0"}, "loopback"),
        ({"demo": "true", "bind-address": "::"}, "loopback"),
        ({"insecure-no-auth": "true"}, "loopback"),
        ({**LOCAL, "tls-cert-file": "x"}, "--tls-private-key-file"),
        ({"demo": "true", "kubeconfig": "x"}, "--kubeconfig"),
        ({**LOCAL, "demo-promoter": "0.36"}, "--demo-promoter works only with --demo"),
        ({**LOCAL, "demo-seed": "7"}, "--demo-seed works only with --demo"),
        ({**LOCAL, "member-authorization": "true"}, "--member-authorization"),
        ({**LOCAL, "etcd-user": "x", "etcd-password-file": "x"}, "--etcd-user works only with --event-log etcd:"),
        ({**LOCAL, "event-log": "etcd:https://a:1/p", "etcd-user": "x"}, "--etcd-password-file"),
        ({**LOCAL, "event-log": "etcd:https://a:1/p", "etcd-certfile": "x"}, "--etcd-keyfile"),
        ({**LOCAL, "event-log": "etcd:http://a:1/p", "etcd-cafile": "x"}, "etcd:https://"),
        ({"requestheader-allowed-names": "proxy"}, "--requestheader-client-ca-file"),
        ({"dashboard-bind-address": "0.0.0.0"}, "--dashboard-auth: required"),
        ({"dashboard-bind-address": "::"}, "--dashboard-auth: required"),
        ({**LOCAL, "dashboard-auth": "token"}, "--dashboard-auth: 'token' needs a cluster"),
        ({"dashboard-bind-address": "0.0.0.0", "dashboard-auth": "proxy"}, "--dashboard-proxy-secret-file"),
        ({"dashboard-tls-cert-file": "x"}, "--dashboard-tls-private-key-file"),
        ({"dashboard-auth": "proxy", "dashboard-client-ca-file": "x"}, "--dashboard-tls-cert-file"),
        ({"role": "dashboard", "demo": "true"}, "--role: 'dashboard' watches an aggregated API"),
        ({"role": "dashboard", "dashboard-port": "0"}, "--dashboard-port: 0 is no dashboard"),
        ({"role": "dashboard", "member-authorization": "true"}, "--member-authorization"),
        (
            {"role": "dashboard", "discover-kinds": "true"},
            "--discover-kinds: only a program that watches the cluster finds new kinds",
        ),
    ],
)
def test_what_does_not_go_together_is_refused(given: dict[str, str], word: str) -> None:
    """Without authentication only loopback is served, and only when asked for; pairs must be whole."""
    with pytest.raises(OptionError, match=word):
        settings(given, {})


def test_the_cluster_decides_unless_told_otherwise() -> None:
    """Without --demo and --insecure-no-auth every address may be served, for the cluster says who may ask."""
    assert not settings({}, {}).open
    assert settings({}, {}).api.bind_address == "::"
    assert settings(LOCAL, {}).open
    assert settings({"demo": "true"}, {}).open


@pytest.mark.parametrize("address", ["127.0.0.1", "127.8.8.8", "::1", "0:0::1", "::ffff:127.0.0.1"])
def test_loopback_of_either_family(address: str) -> None:
    """Without authentication the API and the dashboard may be served on any loopback address."""
    chosen = settings({"insecure-no-auth": "true", "bind-address": address, "dashboard-bind-address": address}, {})
    assert chosen.open
    assert chosen.api.bind_address == chosen.dashboard.bind_address
    assert "ffff" not in chosen.api.bind_address


def test_the_environment_gives_what_the_command_line_does_not() -> None:
    """PROMOTER_VIEW_X stands for --x, the command line wins, and a wrong one is named by its variable."""
    environ = {"PROMOTER_VIEW_DEMO": "true", "PROMOTER_VIEW_HISTORY_BYTES": "1Mi"}
    assert settings({}, environ).event_log.history_bytes == 1 << 20
    assert settings({"history-bytes": "2Mi"}, environ).event_log.history_bytes == 2 << 20
    with pytest.raises(OptionError, match="invalid value 'x' for PROMOTER_VIEW_HISTORY_BYTES: "):
        settings({}, {**environ, "PROMOTER_VIEW_HISTORY_BYTES": "x"})


def test_the_demo_stays_in_its_folder_and_on_loopback() -> None:
    """--demo keeps what it writes in promoter-view-demo and listens on loopback, unless told otherwise."""
    demo = settings({"demo": "true"}, {})
    assert (demo.api.bind_address, demo.api.secure_port) == ("127.0.0.1", Port(6443, or_next=True))
    assert demo.event_log.url == "file:promoter-view-demo/log"
    assert demo.dashboard.port == Port(8080, or_next=True)
    assert demo.api.cert_dir.startswith("promoter-view-demo/")
    assert settings({"demo": "true", "event-log": "memory:"}, {}).event_log.url == "memory:"


@pytest.mark.parametrize("other", [{"demo": "true"}, {"role": "dashboard"}])
def test_a_shard_is_run_on_a_real_cluster_by_who_reflects_it(other: dict[str, str]) -> None:
    """Without the option there is no shard; the demo and a dashboard run none."""
    assert settings({}, {}).argocd.shard is None
    assert settings({"argocd-shard": "east", "role": "apiserver"}, {}).argocd.shard == "east"
    with pytest.raises(OptionError, match="--argocd-shard"):
        settings({**other, "argocd-shard": "east"}, {})
    with pytest.raises(OptionError, match="--argocd-kubeconfig"):
        settings({**other, "argocd-kubeconfig": "there"}, {})


def test_roles() -> None:
    """An API server has no dashboard, whatever its options say of one; a dashboard has a log of its own."""
    assert settings({}, {}).has_dashboard
    assert not settings({"role": "apiserver", "dashboard-bind-address": "0.0.0.0"}, {}).has_dashboard
    dashboard = settings({"role": "dashboard"}, {})
    assert dashboard.event_log.url == "file:promoter-view-dashboard-log"
    assert settings({"role": "dashboard"}, {"PROMOTER_VIEW_EVENT_LOG": "memory:"}).event_log.url == "memory:"
    assert dashboard.asks_nobody
    assert not settings({"role": "dashboard", "dashboard-auth": "token"}, {}).asks_nobody
    assert not settings({}, {}).asks_nobody


def test_a_service_of_our_name() -> None:
    """What Kubernetes tells a pod of a Service promoter-view-dashboard is not taken for the option of that name."""
    links = {"PROMOTER_VIEW_DASHBOARD_PORT": "tcp://10.0.0.1:80", "PROMOTER_VIEW_PORT_443_TCP": "tcp://10.0.0.1:443"}
    assert settings(LOCAL, links).dashboard.port == Port(8080)
    assert unknown_variables(links) == []


def test_unknown_variables() -> None:
    """One that is nearly an option's is refused with the name that was meant; another is only named."""
    with pytest.raises(OptionError, match=r"did you mean PROMOTER_VIEW_DASHBOARD_AUTH\?"):
        unknown_variables({"PROMOTER_VIEW_DASHBORD_AUTH": "token"})
    with pytest.raises(OptionError, match=r"did you mean PROMOTER_VIEW_SECURE_PORT\?"):
        unknown_variables({"PROMOTER_VIEW_SECUR_PORT": "443"})
    assert unknown_variables({"PROMOTER_VIEW_SOAK": "1", "PATH": "/bin"}) == [
        "ignored unknown variable PROMOTER_VIEW_SOAK: no option has this name"
    ]


@pytest.mark.parametrize(
    "text",
    ["etcd:http://me:hunter2@127.0.0.1:2379/p", "etcd:https://a:2379,me:hunter2@b:2379/p", "etcd:http://hunter2@b/p"],
)
def test_a_password_is_not_repeated(text: str) -> None:
    """The line goes into logs: a URL with a password is refused without it, from the environment as well."""
    for given, environ in (({"event-log": text}, {}), ({}, {"PROMOTER_VIEW_EVENT_LOG": text})):
        with pytest.raises(OptionError, match="invalid value") as caught:
            settings(LOCAL | given, environ)
        assert "hunter2" not in str(caught.value)

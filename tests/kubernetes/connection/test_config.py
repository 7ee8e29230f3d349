"""Kubeconfig files and in-cluster configuration: what is found, in which order, and what is refused by name."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest
import yaml
from twisted.logger import capturedLogs, formatEvent

from promoter_view.kubernetes.connection.cluster import ClusterConfig, ConfigError, FileSource
from promoter_view.kubernetes.connection.config import cluster_identity, load_cluster, load_named_cluster
from promoter_view.kubernetes.connection.impersonation import impersonation_headers
from tests.support.kubernetes.certificates import Authority

NOWHERE = Path("/nonexistent/service-account")


def entry(plural: str, name: str, **values: Any) -> dict[str, Any]:
    return {"name": name, plural[:-1]: {field.replace("_", "-"): value for field, value in values.items()}}


def kubeconfig(user: dict[str, Any] | None = None, /, **cluster: Any) -> dict[str, Any]:
    values = {"server": "https://example.com:6443", **cluster}
    return {
        "current-context": "main",
        "clusters": [entry("clusters", "c", **values)],
        "users": [{"name": "u", "user": user or {}}],
        "contexts": [entry("contexts", "main", cluster="c", user="u")],
    }


def load(tmp_path: Path, document: Any, context: str | None = None) -> ClusterConfig:
    path = tmp_path / "config"
    path.write_text(document if isinstance(document, str) else yaml.safe_dump(document))
    return load_cluster(str(path), context, {}, service_account=NOWHERE)


def test_files_and_data(tmp_path: Path) -> None:
    """CA, certificate and key come inline or from files beside the kubeconfig; inline data counts first."""
    (tmp_path / "ca.crt").write_bytes(b"from the file")
    (tmp_path / "client.crt").write_bytes(b"certificate")
    user = {"client-certificate": "client.crt", "client-key-data": base64.b64encode(b"key").decode()}
    config = load(tmp_path, kubeconfig(user, certificate_authority="ca.crt", tls_server_name="other"))
    assert config.authority is not None
    assert config.authority.read() == b"from the file"
    assert config.user.certificate is not None
    assert config.user.key is not None
    assert (config.user.certificate.read(), config.user.key.read()) == (b"certificate", b"key")
    assert (config.server, config.tls_server_name) == ("https://example.com:6443", "other")
    data = base64.b64encode(b"inline").decode()
    both = load(tmp_path, kubeconfig(certificate_authority="ca.crt", certificate_authority_data=data))
    assert both.authority is not None
    assert both.authority.read() == b"inline"


def test_token_file_counts_before_token(tmp_path: Path) -> None:
    """As client-go has it, tokenFile counts before token."""
    (tmp_path / "token").write_text("from-file\n")
    config = load(tmp_path, kubeconfig({"token": "inline", "tokenFile": "token"}))
    assert config.user.token is not None
    assert config.user.token.read() == b"from-file\n"


def test_exec(tmp_path: Path) -> None:
    """A plugin's command is found beside the kubeconfig where it has a slash; the cluster is handed on when asked."""
    plugin = {
        "apiVersion": "client.authentication.k8s.io/v1beta1",
        "command": "./plugin",
        "args": ["a"],
        "env": [{"name": "X", "value": "y"}],
        "provideClusterInfo": True,
        "interactiveMode": "IfAvailable",
    }
    found = load(tmp_path, kubeconfig({"exec": plugin}, tls_server_name="other")).user.plugin
    assert found is not None
    assert (found.command, found.args, found.environ) == (str(tmp_path / "plugin"), ("a",), {"X": "y"})
    assert found.cluster == {"server": "https://example.com:6443", "tls-server-name": "other"}


def test_context(tmp_path: Path) -> None:
    """--context chooses another than the current one."""
    document = kubeconfig()
    document["clusters"].append(entry("clusters", "d", server="http://127.0.0.1:1/prefix/"))
    document["contexts"].append(entry("contexts", "other", cluster="d"))
    assert load(tmp_path, document, "other").server == "http://127.0.0.1:1/prefix"


EXEC = {"apiVersion": "client.authentication.k8s.io/v1", "command": "x"}
REFUSED = [
    ("[", "is not YAML"),
    ("7", "has to be a mapping"),
    ({"clusters": []}, "current-context"),
    ({**kubeconfig(), "current-context": "none"}, "there is no 'none'"),
    ({**kubeconfig(), "users": []}, "main: user: there is no 'u'"),
    ({**kubeconfig(), "clusters": {}}, "main: cluster: there is no 'c'"),
    ({**kubeconfig(), "clusters": "x"}, "clusters: has to be a list"),
    ({**kubeconfig(), "clusters": [{}]}, "clusters: each entry needs a name"),
    (kubeconfig(server="example.com"), "cluster c: server"),
    (kubeconfig(server=7), "cluster c: server: has to be a string"),
    (kubeconfig(server="https://user:S3CRET@example.com"), "cluster c: server: has to be without a user"),
    (kubeconfig(proxy_url="proxy.example:3128"), "cluster c: proxy-url: has to begin with http://"),
    (kubeconfig(proxy_url="socks5://user:S3CRET@proxy:1080"), "cluster c: proxy-url: SOCKS proxies are not supported"),
    (kubeconfig(proxy_url="ftp://user:S3CRET@proxy"), "cluster c: proxy-url: has to be an http or https proxy"),
    (kubeconfig(certificate_authority="none.crt"), "cluster c: certificate-authority"),
    (kubeconfig(certificate_authority_data="%"), "cluster c: certificate-authority-data: is not base64"),
    (kubeconfig(insecure_skip_tls_verify="yes"), "insecure-skip-tls-verify: has to be true or false"),
    (kubeconfig(insecure_skip_tls_verify=True, certificate_authority_data="eA=="), "excludes"),
    (kubeconfig({"client-certificate-data": "eA=="}), "user u: client-certificate: needs client-key"),
    (kubeconfig({"auth-provider": {"name": "gcp"}}), "user u: auth-provider"),
    (kubeconfig({"as-groups": ["a"]}), "user u: as: is missing"),
    (kubeconfig({"as-uid": "a"}), "user u: as: is missing"),
    (kubeconfig({"as-user-extra": {"a": ["b"]}}), "user u: as: is missing"),
    (kubeconfig({"as": "someone", "as-groups": "a"}), "user u: as-groups: has to be a list"),
    (kubeconfig({"as": "someone", "as-user-extra": {"a": "b"}}), "user u: as-user-extra: a: has to be a list"),
    (kubeconfig({"as": "someone", "as-user-extra": ["b"]}), "user u: as-user-extra: has to be a mapping"),
    ({**kubeconfig(), "users": [{"name": "u", "user": {"token": "S3CRET"}}] * 2}, "user u: is there twice"),
    (kubeconfig(certificate_authority_data="aGVs bG8="), "certificate-authority-data: is not base64"),
    (kubeconfig({"tokenFile": "none"}), "user u: tokenFile"),
    (kubeconfig({"exec": 7}), "user u: exec"),
    (kubeconfig({"exec": {**EXEC, "apiVersion": "client.authentication.k8s.io/v1alpha1"}}), "exec: apiVersion"),
    (kubeconfig({"exec": {**EXEC, "command": ""}}), "exec: command: is missing"),
    (kubeconfig({"exec": {**EXEC, "interactiveMode": "Always"}}), "exec: interactiveMode"),
    (kubeconfig({"exec": {**EXEC, "args": "x"}}), "exec: args"),
    (kubeconfig({"exec": {**EXEC, "env": [{"name": "x"}]}}), "exec: env"),
    (kubeconfig({"exec": {**EXEC, "env": 7}}), "exec: env"),
]


@pytest.mark.parametrize(("document", "words"), REFUSED)
def test_refused(tmp_path: Path, document: Any, words: str) -> None:
    """What cannot be used is refused in words that name the file and the field."""
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, document)
    assert str(tmp_path / "config") in str(caught.value)
    assert words in str(caught.value)


def test_merge(tmp_path: Path) -> None:
    """Of the files that KUBECONFIG names the first that sets a value wins; those that are not there are skipped."""
    first, second = tmp_path / "first", tmp_path / "sub" / "second"
    second.parent.mkdir()
    (second.parent / "token").write_text("t")
    one = kubeconfig(server="https://first")
    del one["users"], one["current-context"]
    first.write_text(yaml.safe_dump(one))
    second.write_text(yaml.safe_dump(kubeconfig({"tokenFile": "token"}, server="https://second")))
    environ = {"KUBECONFIG": f"{first}:{tmp_path / 'none'}:{second}"}
    config = load_cluster(None, None, environ, service_account=NOWHERE)
    assert config.server == "https://first"
    assert config.user.token is not None
    assert config.user.token.read() == b"t"


@pytest.mark.parametrize(
    "written",
    [
        "|\n      {0}\n      {1}",
        "|-\n      {0}\n      {1}\n",
        '"{0}\\r\\n{1}"',
        "{0}{1}",
        "!!binary {2}",
    ],
)
def test_base64_as_kubectl_reads_it(tmp_path: Path, written: str) -> None:
    """Line ends within data count for nothing, and !!binary is another way to write a string."""
    content = b"a certificate that is long enough for a line of its own and another"
    data = base64.b64encode(content).decode()
    twice = base64.b64encode(data.encode()).decode()
    text = written.format(data[:76], data[76:], twice)
    document = yaml.safe_dump(kubeconfig({"token": b"t"})) + "\n"
    document = document.replace("    server:", f"    certificate-authority-data: {text}\n    server:")
    config = load(tmp_path, document)
    assert config.authority is not None
    assert config.authority.read() == content
    assert config.user.token is not None
    assert config.user.token.read() == b"t"


def test_proxies(tmp_path: Path) -> None:
    """proxy-url counts before the environment, whatever NO_PROXY says; else the environment, in a Pod as well."""
    environ = {"HTTPS_PROXY": "http://env:1", "NO_PROXY": "10.0.0.1", "KUBERNETES_SERVICE_HOST": "10.0.0.2"}
    path = tmp_path / "config"

    def proxy(**cluster: Any) -> str:
        path.write_text(yaml.safe_dump(kubeconfig(**cluster)))
        found = load_cluster(str(path), None, environ, service_account=NOWHERE).proxy
        return "" if found is None else str(found.target)

    assert proxy() == "http://env:1"
    assert proxy(server="https://10.0.0.1") == ""
    assert proxy(server="https://10.0.0.1", proxy_url="https://user:s3cr3t@own") == "https://own:443"
    assert proxy(server="https://localhost", proxy_url="http://[::1]:3128") == "http://[::1]:3128"
    (tmp_path / "token").write_text("t")
    (tmp_path / "ca.crt").write_text("ca")
    found = load_cluster(None, None, environ, service_account=tmp_path)
    assert found.proxy is not None
    environ["HTTPS_PROXY"] = "socks5://user:s3cr3t@proxy"
    with pytest.raises(ConfigError, match="service account: HTTPS_PROXY: SOCKS proxies are not supported"):
        load_cluster(None, None, environ, service_account=tmp_path)


@pytest.mark.parametrize("name", ["a b", "bücher.example", "*.example.com:443"])
def test_a_server_name_that_no_certificate_can_hold(tmp_path: Path, name: str) -> None:
    """Is refused at the start, by its field, and not with each request."""
    path = tmp_path / "config"
    path.write_text(yaml.safe_dump(kubeconfig(tls_server_name=name)))
    with pytest.raises(ConfigError, match=r"^--kubeconfig: tls-server-name: .* is no name"):
        load_named_cluster("--kubeconfig", str(path), None, {})
    path.write_text(yaml.safe_dump(kubeconfig(server="https://[::1]:6443", tls_server_name="kube_api")))
    assert load_named_cluster("--kubeconfig", str(path), None, {}).tls_server_name == "kube_api"


def test_impersonation(tmp_path: Path) -> None:
    """as, and what belongs to it, is whom every request acts as."""
    extra = {"example.com/a%b": ["1", "2"], "scopes": []}
    user = {"as": "jane", "as-uid": "7", "as-groups": ["dev", "qa"], "as-user-extra": extra}
    assert impersonation_headers(load(tmp_path, kubeconfig(user)).user.acts_as) == (
        (b"Impersonate-User", b"jane"),
        (b"Impersonate-Uid", b"7"),
        (b"Impersonate-Group", b"dev"),
        (b"Impersonate-Group", b"qa"),
        (b"Impersonate-Extra-example.com%2Fa%25b", b"1"),
        (b"Impersonate-Extra-example.com%2Fa%25b", b"2"),
    )
    assert impersonation_headers(load(tmp_path, kubeconfig()).user.acts_as) == ()


def test_order(tmp_path: Path) -> None:
    """A given file; else in-cluster; else KUBECONFIG; else ~/.kube/config; else an error that says where it looked."""
    account = tmp_path / "account"
    account.mkdir()
    (account / "token").write_text("t")
    (account / "ca.crt").write_text("ca")
    files = {name: tmp_path / name for name in ("given", "named", "home/.kube/config")}
    for name, path in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(yaml.safe_dump(kubeconfig(server=f"https://{name.split('/')[0]}")))
    environ = {
        "KUBERNETES_SERVICE_HOST": "10.0.0.1",
        "KUBERNETES_SERVICE_PORT": "443",
        "KUBECONFIG": str(files["named"]),
        "HOME": str(tmp_path / "home"),
    }

    def server(given: Path | None = None, context: str | None = None) -> str:
        return load_cluster(given and str(given), context, environ, service_account=account).server

    assert server(files["given"]) == "https://given"
    assert server() == "https://10.0.0.1:443"
    assert server(context="main") == "https://named"
    del environ["KUBERNETES_SERVICE_HOST"]
    assert server() == "https://named"
    del environ["KUBECONFIG"]
    assert server() == "https://home"
    files["home/.kube/config"].unlink()
    with pytest.raises(ConfigError, match=r"home/\.kube/config"):
        server()


def test_a_user_without_a_home(monkeypatch: pytest.MonkeyPatch) -> None:
    """A numeric user that nobody knows has no home: the message says that there is no kubeconfig, as for anybody."""

    def nobody() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", nobody)
    with pytest.raises(ConfigError, match=r"no kubeconfig at ~/\.kube/config"):
        load_cluster(None, None, {}, service_account=NOWHERE)


def test_in_cluster(tmp_path: Path) -> None:
    """A Pod's token is read again when it is rotated; an IPv6 service address is bracketed."""
    (tmp_path / "token").write_text("one")
    (tmp_path / "ca.crt").write_text("ca")
    config = load_cluster(None, None, {"KUBERNETES_SERVICE_HOST": "fd00::1"}, service_account=tmp_path)
    assert config.server == "https://[fd00::1]:443"
    assert config.user.token is not None
    assert config.user.token.read() == b"one"
    rotated = tmp_path / "rotated"
    rotated.write_text("two")
    rotated.rename(tmp_path / "token")
    assert config.user.token.read() == b"two"


def test_file_that_vanishes(tmp_path: Path) -> None:
    """A file that cannot be read any more counts as it was; one that never could be is an error."""
    path = tmp_path / "token"
    path.write_text("one")
    source = FileSource(path, "config", "tokenFile")
    assert source.read() == b"one"
    path.unlink()
    with capturedLogs() as lines:
        assert [source.read(), source.read()] == [b"one"] * 2
    assert [formatEvent(line) for line in lines] == [
        f"config: tokenFile: {path}: No such file or directory; its last content is still used"
    ]
    with pytest.raises(ConfigError, match="config: tokenFile"):
        FileSource(path, "config", "tokenFile").read()


def test_identity(tmp_path: Path) -> None:
    """A cluster is named by its CA certificates, however their file is laid out; without one by its URL."""
    one, other = Authority("one"), Authority("other")

    def identity(server: str, *authorities: bytes) -> str:
        data = base64.b64encode(b"# note\n" + b"\n".join(authorities)).decode() if authorities else None
        return cluster_identity(load(tmp_path, kubeconfig(server=server, certificate_authority_data=data)))

    assert identity("https://a", one.pem) == identity("https://b", b"\n" + one.pem + b"\n")
    assert identity("https://a", one.pem, other.pem) == identity("https://a", other.pem, one.pem)
    assert len({identity("https://a", one.pem), identity("https://a", other.pem), identity("https://a")}) == 3
    assert identity("https://a") != identity("https://b")
    with pytest.raises(ConfigError, match="certificate-authority: holds no certificate"):
        identity("https://a", b"nonsense")


def test_secrets_are_not_shown(tmp_path: Path) -> None:
    """The configuration's repr, which may end in a log, holds no secret."""
    key = base64.b64encode(b"s3cr3t-key").decode()
    user = {"token": "s3cr3t", "password": "s3cr3t", "client-key-data": key, "client-certificate-data": key}
    assert "s3cr3t" not in repr(load(tmp_path, kubeconfig(user, proxy_url="http://user:s3cr3t@proxy")))


def test_links_that_the_kubelet_swaps(tmp_path: Path) -> None:
    """A file behind two links, as in a projected volume, is read anew once the link of the folder is swapped."""
    for name, text in (("..1", "one"), ("..2", "two")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "token").write_text(text)
    (tmp_path / "..data").symlink_to("..1")
    (tmp_path / "token").symlink_to("..data/token")
    source = FileSource(tmp_path / "token", "service account", "token")
    assert source.read() == b"one"
    (tmp_path / "..data_tmp").symlink_to("..2")
    (tmp_path / "..data_tmp").rename(tmp_path / "..data")
    assert source.read() == b"two"

"""Starts that fail, with the whole program: one last line that names the cause, and the file or option it is in."""

from __future__ import annotations

import fcntl
import itertools
import socket
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml
from cryptography.hazmat.primitives import serialization

from promoter_view.web.certificates import CertificateFiles, self_signed
from tests.e2e.starts import Starter

NOW = datetime.now(UTC)
#: What the environment of a run of the tests may hold.
OWN = ("PROMOTER_VIEW_NOTHING_SKIPPED", "PROMOTER_VIEW_CONTROLPLANE", "PROMOTER_VIEW_SOAK")
#: Nothing listens there, and nothing is needed: each start ends, or is ready enough, before it matters.
NOWHERE = "https://127.0.0.1:1"
QUIET = {
    "insecure-no-auth": None,
    "bind-address": "127.0.0.1",
    "secure-port": "0",
    "dashboard-port": "0",
    "event-log": "memory:",
    "kubeconfig": "good",
}


class Case(NamedTuple):
    """Options, where ``@`` stands for the folder, and what the last line has to hold."""

    options: Mapping[str, str | None]
    words: Sequence[str]
    status: int = 1
    environ: Mapping[str, str] = {}


def tls(certificate: str, key: str, dashboard: str = "") -> dict[str, str]:
    """A certificate and a key, by name, for the API or the dashboard."""
    return {f"{dashboard}tls-cert-file": f"@/{certificate}", f"{dashboard}tls-private-key-file": f"@/{key}"}


def etcd(**options: str) -> dict[str, str]:
    """An etcd where none is."""
    return {"event-log": "etcd:https://127.0.0.1:1/p"} | {f"etcd-{name}": text for name, text in options.items()}


CASES = {
    "port taken": Case({"secure-port": "TAKEN"}, ["--secure-port: cannot listen on 127.0.0.1 port", "another process"]),
    "dashboard's port taken": Case({"dashboard-port": "TAKEN"}, ["--dashboard-port: cannot listen", "another process"]),
    # By authentication there are requests under way then, which are cut off: theirs was the last line.
    "port taken, with requests under way": Case(
        {"secure-port": "TAKEN", "insecure-no-auth": "-"}, ["--secure-port: cannot listen", "another process"]
    ),
    "address of another machine": Case(
        {"dashboard-bind-address": "192.0.2.1", "dashboard-port": "8099", "dashboard-auth": "none"},
        ["192.0.2.1 port 8099: this machine does not have that address; give --dashboard-bind-address one"],
    ),
    "port file in no folder": Case({"port-file": "@/none/port"}, ["--port-file: @/none/port: No such file"]),
    "no pair": Case(
        tls("one.crt", "two.key"), ["--tls-cert-file: @/one.crt, --tls-private-key-file: @/two.key: are no pair"]
    ),
    "encrypted key": Case(tls("one.crt", "encrypted.key"), ["--tls-private-key-file: @/encrypted.key: is encrypted"]),
    "no certificate": Case(tls("none", "one.key"), ["--tls-cert-file: @/none: No such file"]),
    "empty certificate": Case(tls("empty", "one.key"), ["--tls-cert-file: @/empty: holds no certificate"]),
    "folder as certificate": Case(tls("folder", "one.key"), ["--tls-cert-file: @/folder: Is a directory"]),
    "garbage as key": Case(tls("one.crt", "garbage"), ["--tls-private-key-file: @/garbage: holds no private key"]),
    "unreadable key": Case(tls("one.crt", "unreadable"), ["--tls-private-key-file: @/unreadable: Permission denied"]),
    "folder of certificates": Case({"cert-dir": "@/read-only/c"}, ["--cert-dir: @/read-only/c: Permission denied"]),
    "dashboard's certificate": Case(
        {"dashboard-port": "8099", **tls("one.crt", "two.key", "dashboard-")},
        ["--dashboard-tls-cert-file: @/one.crt, --dashboard-tls-private-key-file: @/two.key: are no pair"],
    ),
    "proxies' authority": Case(
        {
            "insecure-no-auth": "-",
            "dashboard-port": "8099",
            "dashboard-auth": "proxy",
            "dashboard-client-ca-file": "@/garbage",
            **tls("one.crt", "one.key", "dashboard-"),
        },
        ["--dashboard-client-ca-file: @/garbage: holds no certificate"],
    ),
    "proxies' secret": Case(
        {
            "insecure-no-auth": "-",
            "dashboard-port": "8099",
            "dashboard-auth": "proxy",
            "dashboard-proxy-secret-file": "@/empty",
        },
        ["--dashboard-proxy-secret-file: @/empty: one secret"],
    ),
    "clients' authority": Case(
        {"insecure-no-auth": "-", "client-ca-file": "@/folder"}, ["--client-ca-file: @/folder: Is a directory"]
    ),
    "front proxies' authority": Case(
        {"insecure-no-auth": "-", "requestheader-client-ca-file": "@/garbage"},
        ["--requestheader-client-ca-file: @/garbage: holds no certificate"],
    ),
    "no kubeconfig": Case({"kubeconfig": "@/none"}, ["--kubeconfig: @/none: No such file"]),
    "no kubeconfig, by environment": Case(
        {"kubeconfig": "-"}, ["no kubeconfig at @/none"], 1, {"KUBECONFIG": "@/none"}
    ),
    "folder as kubeconfig": Case({"kubeconfig": "@/folder"}, ["--kubeconfig: @/folder: Is a directory"]),
    "unreadable kubeconfig": Case({"kubeconfig": "@/unreadable"}, ["--kubeconfig: @/unreadable: Permission denied"]),
    "empty kubeconfig": Case({"kubeconfig": "@/empty"}, ["--kubeconfig: @/empty: current-context: is not set"]),
    "garbage as kubeconfig": Case({"kubeconfig": "@/garbage"}, ["--kubeconfig: @/garbage: is not a kubeconfig"]),
    "no such context": Case({"context": "none"}, ["good: contexts: there is no 'none'"]),
    "cluster's authority": Case(
        {"kubeconfig": "@/bad-authority"},
        ["--kubeconfig: @/bad-authority: cluster c: certificate-authority: @/garbage: holds no certificate"],
    ),
    "own certificate of another key": Case(
        {"kubeconfig": "@/bad-pair"}, ["user u: client-certificate: @/one.crt", "user u: client-key: @/two.key: are no"]
    ),
    "own key encrypted": Case(
        {"kubeconfig": "@/bad-key"}, ["user u: client-key: @/encrypted.key: is encrypted: give a key without"]
    ),
    "Argo CD's kubeconfig": Case({"argocd-kubeconfig": "@/none"}, ["--argocd-kubeconfig: @/none: No such file"]),
    "reviews' kubeconfig": Case(
        {"insecure-no-auth": "-", "authorization-kubeconfig": "@/garbage"},
        ["--authorization-kubeconfig: @/garbage: is not a kubeconfig"],
    ),
    "file as log": Case(
        {"event-log": "file:@/garbage"}, ["--event-log: @/garbage cannot be used as an event log: it is not a fold"]
    ),
    "strangers in the log": Case(
        {"event-log": "file:@/folder"}, ["@/folder holds photo, which is not of an event log"]
    ),
    "log that may not be written": Case(
        {"event-log": "file:@/read-only/log"}, ["--event-log: @/read-only/log", "Permission denied"]
    ),
    "log of another format": Case(
        {"event-log": "file:@/newer"},
        ["--event-log: @/newer/format says", "format 99", "start the version that wrote it"],
    ),
    "etcd's authority": Case(etcd(cafile="@/garbage"), ["etcd: --etcd-cafile: @/garbage: holds no certificate"]),
    "own certificate for etcd": Case(
        etcd(certfile="@/one.crt", keyfile="@/two.key"),
        ["--etcd-certfile: @/one.crt", "--etcd-keyfile: @/two.key: are"],
    ),
    "password for etcd": Case(etcd(user="u", **{"password-file": "@/none"}), ["--etcd-password-file: @/none: No such"]),
    "misspelled option": Case({"secure-prot": "1"}, ["unknown option --secure-prot; did you mean --secure-port?"], 2),
    "option of nobody": Case({"xyz": "1"}, ["unknown option --xyz"], 2),
    "misspelled variable": Case(
        {},
        ["unknown variable PROMOTER_VIEW_MEMBER_AUTHORISATION; did you mean PROMOTER_VIEW_MEMBER_AUTHORIZATION?"],
        2,
        {"PROMOTER_VIEW_MEMBER_AUTHORISATION": "true"},
    ),
    "wrong value": Case(
        {"bookmark-interval": "soon"}, ["invalid value 'soon' for --bookmark-interval: expected", "60s"], 2
    ),
    "wrong value, by environment": Case(
        {},
        ["invalid value 'much' for PROMOTER_VIEW_HISTORY_BYTES: expected a size"],
        2,
        {"PROMOTER_VIEW_HISTORY_BYTES": "much"},
    ),
    "options that exclude each other": Case({"demo": None}, ["--demo has its own cluster"], 2),
}


@pytest.fixture(scope="module")
def starter() -> Iterator[Starter]:
    """What starts the program."""
    with Starter() as found:
        yield found


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All that options may name."""
    made = tmp_path_factory.mktemp("starts")
    one, two = pair(made, "one", NOW), pair(made, "two", NOW)
    pair(made, "expired", NOW - timedelta(days=400))
    key = serialization.load_pem_private_key(one.key.read_bytes(), None)
    form, secret = serialization.PrivateFormat.PKCS8, serialization.BestAvailableEncryption(b"secret")
    (made / "encrypted.key").write_bytes(key.private_bytes(serialization.Encoding.PEM, form, secret))
    (made / "empty").touch()
    (made / "garbage").write_text("garbage\n")
    (made / "unreadable").touch(mode=0o000)
    for name in ("folder", "newer"):
        (made / name).mkdir()
    (made / "folder" / "photo").touch()
    (made / "newer" / "format").write_text("promoter-view event log, format 99\n")
    (made / "read-only").mkdir(mode=0o555)
    kubeconfig(made / "good", {}, {})
    kubeconfig(made / "bad-authority", {"certificate-authority": "garbage"}, {})
    kubeconfig(made / "bad-pair", {}, {"client-certificate": one.certificate.name, "client-key": two.key.name})
    kubeconfig(made / "bad-key", {}, {"client-certificate": one.certificate.name, "client-key": "encrypted.key"})
    return made


def pair(folder: Path, name: str, now: datetime) -> CertificateFiles:
    """A self-signed certificate and its key, ``NAME.crt`` and ``NAME.key``."""
    made = self_signed(folder / name, now=now)
    return CertificateFiles(made.certificate.rename(folder / f"{name}.crt"), made.key.rename(folder / f"{name}.key"))


def kubeconfig(path: Path, cluster: Mapping[str, Any], user: Mapping[str, Any]) -> None:
    """A kubeconfig of one context."""
    context = {"cluster": "c", "user": "u"}
    named = {"clusters": {"server": NOWHERE, **cluster}, "users": user, "contexts": context}
    names = {"clusters": "c", "users": "u", "contexts": "x"}
    sections = {plural: [{"name": names[plural], plural[:-1]: values}] for plural, values in named.items()}
    path.write_text(yaml.safe_dump({"current-context": "x", **sections}))


@pytest.fixture(scope="module")
def taken() -> Iterator[str]:
    """A port on which somebody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield str(listening.getsockname()[1])


def words(options: Mapping[str, str | None], folder: Path, taken: str = "") -> list[str]:
    """A command line, of the quiet options and these; ``-`` takes one away."""
    chosen = {name: text for name, text in {**QUIET, **options}.items() if text != "-"}
    pairs = ([f"--{name}"] if text is None else [f"--{name}", text] for name, text in chosen.items())
    return [word.replace("@", str(folder)).replace("TAKEN", taken) for word in itertools.chain.from_iterable(pairs)]


@pytest.mark.parametrize("name", CASES)
def test_a_start_that_fails(name: str, starter: Starter, folder: Path, taken: str) -> None:
    """It ends by itself, asks nothing, and its last line says what is wrong where; no other line is a complaint."""
    case = CASES[name]
    environ = {key: text.replace("@", str(folder)) for key, text in case.environ.items()}
    ended = starter.start(folder, words(case.options, folder, taken), environ=environ)
    assert ended.status == case.status, ended.lines
    for expected in case.words:
        assert expected.replace("@", str(folder)) in ended.last, ended.lines
    assert not [line for line in ended.lines[:-1] if "#critical" in line or "Traceback" in line]


def test_nothing_listens_before_all_that_listens_is_made(starter: Starter, folder: Path, tmp_path: Path) -> None:
    """Who connects first is answered in the first turn: a dashboard that cannot be made leaves no port open before."""
    options = CASES["proxies' secret"].options | {"port-file": f"{tmp_path}/port"}
    assert starter.start(folder, words(options, folder)).status == 1
    assert not (tmp_path / "port").exists()


def test_a_log_that_another_process_has(starter: Starter, folder: Path, tmp_path: Path) -> None:
    """It says at once what it waits for."""
    (tmp_path / "log").mkdir()
    with (tmp_path / "log" / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        ended = starter.start(folder, words({"event-log": f"file:{tmp_path}/log"}, folder), enough="is locked")
    said = f"{tmp_path}/log/lock is locked: another process writes this log"
    assert any(said in line for line in ended.lines)


def test_an_expired_certificate(starter: Starter, folder: Path) -> None:
    """It is served, for clients may not mind, and a line says which certificate has expired when."""
    options = words(tls("expired.crt", "expired.key"), folder)
    ended = starter.start(folder, options, enough="expired, at")
    assert any("serving-certificate: the certificate has expired, at" in line for line in ended.lines)


def test_variables_of_nobody(starter: Starter, folder: Path) -> None:
    """Kubernetes' own for a Service of our name count for nothing, in silence; another is named in a line."""
    links = {
        "PROMOTER_VIEW_SERVICE_HOST": "10.0.0.1",
        "PROMOTER_VIEW_PORT": "tcp://10.0.0.1:443",
        "PROMOTER_VIEW_PORT_443_TCP_ADDR": "10.0.0.1",
        "PROMOTER_VIEW_DASHBOARD_PORT": "tcp://10.0.0.1:80",
        "PROMOTER_VIEW_QUUX": "1",
    }
    ended = starter.start(folder, words({}, folder), environ=links, enough="serving at")
    said = [line for line in ended.lines if "ignored unknown variable" in line and not any(own in line for own in OWN)]
    assert len(said) == 1
    assert "ignored unknown variable PROMOTER_VIEW_QUUX: no option has this name" in said[0]

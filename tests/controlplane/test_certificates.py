"""Certificates of an installation, by each way: made, verified, and rotated under watches that go on."""

from __future__ import annotations

import base64
import os
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml

from tests.controlplane.installation.cert_manager import CertManager
from tests.controlplane.installation.installed import ROOT, Installation, installation
from tests.controlplane.installation.pod import NAMESPACE, Pod
from tests.controlplane.installation.team import Team
from tests.support.plane.aggregation import API_SERVICE, condition
from tests.support.plane.client import RefusedError
from tests.support.plane.pki import make_authority
from tests.support.program.program import Program

pytestmark = pytest.mark.controlplane

SERVED_NAME = f"promoter-apiserver.{NAMESPACE}.svc"
VIEWER = "promoter-promotionstrategydetails-viewer"
_SAMPLE_SECONDS = 0.2


@pytest.fixture(scope="module")
def installed(control_plane_binaries: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with installation(control_plane_binaries, tmp_path_factory.mktemp("installed")) as found:
        yield found


@contextmanager
def applied(installed: Installation, overlay: str) -> Iterator[None]:
    """An overlay, with the log in the pod: these tests begin a new one each."""
    folder = installed.composed(overlay, *(() if overlay == "local-host" else ("ephemeral",)))
    installed.apply(folder)
    try:
        yield
    finally:
        installed.remove(folder)
        secrets = f"/api/v1/namespaces/{NAMESPACE}/secrets"
        for secret in installed.client.get(secrets)["items"]:
            installed.client.delete(f"{secrets}/{secret['metadata']['name']}")


def script(installed: Installation) -> str:
    done = installed.make_certificates()
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def authorities(installed: Installation) -> int:
    """How many are in the caBundle."""
    return base64.b64decode(installed.api_service()["caBundle"]).count(b"BEGIN CERTIFICATE")


def served(installed: Installation, pod: Pod) -> bytes:
    """The certificate that the pod serves, verified by the caBundle for the Service's name. Errors: ssl.SSLError."""
    bundle = base64.b64decode(installed.api_service()["caBundle"]).decode()
    context = ssl.create_default_context(cadata=bundle)
    with pod.connect(6443) as raw, context.wrap_socket(raw, server_hostname=SERVED_NAME) as tls:
        found = tls.getpeercert(binary_form=True)
    assert found is not None
    return found


class Availability:
    """What the aggregator says, sampled while the block lasts."""

    def __init__(self, installed: Installation) -> None:
        self._installed = installed
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._sample)
        self.found: list[str] = []

    def __enter__(self) -> Availability:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _sample(self) -> None:
        while not self._over.wait(_SAMPLE_SECONDS):
            now = condition(self._installed.plane)
            self.found.append(f"{now.get('status')}: {now.get('message')}")


def probe_again(installed: Installation) -> None:
    """Makes the aggregator look at once: it does so when an APIService changes."""
    mark = installed.plane.kubectl("get", "apiservice", API_SERVICE, "-o", "jsonpath={.metadata.resourceVersion}")
    installed.plane.kubectl("annotate", "--overwrite", "apiservice", API_SERVICE, f"probed={mark}")


def test_rotation_under_a_watch(installed: Installation) -> None:
    """The script twice, the Secret's files arriving long after each patch: always available, and the watch goes on.

    The files arrive as late as the aggregator has looked, read and listed anew in between: nothing in the script, the
    caBundle or the program counts the seconds until then, so 90 of them would show nothing else.
    """
    with applied(installed, "certs-manual"):
        team = Team(installed.plane, "rotation")
        script(installed)
        viewer = installed.account(VIEWER)
        with installed.pod() as pod:
            pod.wait_ready()
            installed.wait_available()
            with viewer.watching() as watch, Availability(installed) as availability:
                watch.wait(lambda event: event["type"] == "ADDED")
                for turn in ("first", "second"):
                    before = served(installed, pod)
                    script(installed)
                    for number in range(3):
                        probe_again(installed)
                        viewer.kubectl("get", "psd", "-A")
                        assert served(installed, pod) == before
                        said = f"{turn} {number}"
                        team.say(said)
                        watch.wait(lambda event, said=said: said in str(event["object"]))
                    pod.bring_secrets()
                    pod.wait(lambda before=before: served(installed, pod) != before)
                    probe_again(installed)
                    viewer.kubectl("get", "psd", "-A")
                team.say("after all")
                watch.wait(lambda event: "after all" in str(event["object"]))
                assert watch.goes_on
            assert availability.found
            assert set(availability.found) == {"True: all checks passed"}
            assert [event["type"] for event in watch.events()].count("ADDED") == 1
            assert "Traceback" not in pod.log


def test_the_bundle_keeps_what_pods_may_still_serve(installed: Installation) -> None:
    """Run in quick succession the script drops nothing that a pod may still serve."""
    with applied(installed, "certs-manual"):
        script(installed)
        assert authorities(installed) == 1
        with installed.pod() as pod:
            first = served_when_up(installed, pod)
            script(installed)
            assert authorities(installed) == 2
            script(installed)
            assert authorities(installed) == 3
            assert served(installed, pod) == first
            pod.bring_secrets()
            pod.wait(lambda: served(installed, pod) != first)


def test_a_later_rotation_keeps_the_authority_before_it_only(installed: Installation, tmp_path: Path) -> None:
    """An hour between the runs, the caBundle holds the new authority and the previous one."""
    with applied(installed, "certs-manual"):
        for hours, expected in ((3, 1), (2, 2), (1, 2), (0, 2)):
            clock = tmp_path / f"{hours}"
            clock.mkdir()
            (clock / "date").write_text(f"#!/bin/sh\necho {int(time.time()) - hours * 3600}\n")
            (clock / "date").chmod(0o755)
            done = installed.certificates(path=f"{clock}:{os.environ['PATH']}")
            assert (done.returncode, done.stderr) == (0, "")
            assert authorities(installed) == expected


def served_when_up(installed: Installation, pod: Pod) -> bytes:
    pod.wait(lambda: pod.probe("startupProbe"))
    return served(installed, pod)


def by_hand() -> tuple[str, str]:
    """The commands under "By hand" in docs/certificates.md: up to the Secret, and the caBundle's."""
    text = (ROOT / "docs" / "certificates.md").read_text().partition("## By hand")[2]
    steps = text.partition("```sh\n")[2].partition("```")[0]
    before, mark, patch = steps.partition("# 4.")
    assert mark
    return before, mark + patch


def test_from_insecure_to_verified(installed: Installation, tmp_path: Path) -> None:
    """dev-insecure needs a Secret and believes any certificate; the script ends that, and the pod is verified."""
    with applied(installed, "dev-insecure"):
        assert installed.api_service()["insecureSkipTLSVerify"] is True
        with pytest.raises(RefusedError, match="promoter-apiserver-serving-cert"), installed.pod():
            pass
        done = installed.by_hand(by_hand()[0], tmp_path / "hand")
        assert done.returncode == 0, done.stderr
        with installed.pod() as pod:
            pod.wait_ready()
            installed.wait_available()
            assert installed.api_service()["insecureSkipTLSVerify"] is True
            script(installed)
            assert "insecureSkipTLSVerify" not in installed.api_service()
            pod.bring_secrets()
            pod.wait(lambda: is_verified(installed, pod))
            probe_again(installed)
            installed.wait_available()


def is_verified(installed: Installation, pod: Pod) -> bool:
    try:
        return bool(served(installed, pod))
    except ssl.SSLError:
        return False


def test_by_hand(installed: Installation, tmp_path: Path) -> None:
    """The documented openssl commands, as they stand, give a pod that the aggregator verifies."""
    with applied(installed, "certs-manual"):
        done = installed.by_hand("\n".join(by_hand()), tmp_path / "hand")
        assert done.returncode == 0, done.stderr
        with installed.pod() as pod:
            pod.wait_ready()
            installed.wait_available()
            assert authorities(installed) == 1
            assert served(installed, pod)


def test_cert_manager(installed: Installation) -> None:
    """By cert-manager's Secret and caBundle it is available; a renewal keeps the authority; the script keeps off."""
    manager = CertManager(installed.client)
    with applied(installed, "certs-cert-manager"):
        manager.issue("promoter-apiserver-ca")
        manager.issue("promoter-apiserver-serving-cert")
        manager.inject(API_SERVICE)
        with installed.pod() as pod:
            pod.wait_ready()
            installed.wait_available()
            before, bundle = served(installed, pod), installed.api_service()["caBundle"]
            refused = installed.certificates()
            assert (refused.returncode, "cert-manager manages this caBundle" in refused.stderr) == (1, True)
            manager.issue("promoter-apiserver-serving-cert")
            pod.bring_secrets()
            pod.wait(lambda: served(installed, pod) != before)
            manager.issue("promoter-apiserver-ca")
            manager.inject(API_SERVICE)
            assert installed.api_service()["caBundle"] == bundle
            manager.issue("promoter-apiserver-serving-cert")
            manager.inject(API_SERVICE)
            assert installed.api_service()["caBundle"] != bundle
            # Its key is the same, so what is served still is believed before the new files arrive.
            probe_again(installed)
            installed.wait_available()
            assert served(installed, pod)


def test_a_program_on_ones_own_machine(installed: Installation, tmp_path: Path) -> None:
    """local-host leads the aggregator to a program out of the cluster, verified by its self-signed certificate."""
    address = "172.18.0.1"
    options = ["--kubeconfig", str(installed.plane.kubeconfig), "--event-log", "memory:"]
    with applied(installed, "local-host"), Program(tmp_path / "program", options) as program:
        program.start()
        program.wait_ready()
        port = program.endpoint.port
        certificate = program.folder / "apiserver.local.config" / "certificates" / "apiserver.crt"
        installed.network.put(address, port, ("127.0.0.1", port))
        done = installed.certificates("register-local-host.sh", address, str(port), str(certificate))
        assert (done.returncode, done.stderr) == (0, "")
        installed.wait_available()
        assert "insecureSkipTLSVerify" not in installed.api_service()
        installed.plane.kubectl("get", "psd", "-A")


@pytest.mark.parametrize(
    ("name", "arguments", "words"),
    [
        ("gen-apiserver-certs.sh", ["now"], "'now' is not accepted: there are no arguments"),
        ("gen-apiserver-certs.sh", [], "there is no APIService v1alpha1.view.promoter.argoproj.io for the caBundle"),
        ("gen-apiserver-certs.sh", [], "first kubectl get namespace promoter-system && kubectl apply -k deploy/"),
        ("register-local-host.sh", [], "usage: register-local-host.sh ADDRESS"),
        ("register-local-host.sh", ["127.0.0.1"], "ADDRESS: '127.0.0.1' is of the loopback"),
        ("register-local-host.sh", ["example.org"], "ADDRESS: 'example.org' is wrong; expected: an IPv4"),
        ("register-local-host.sh", ["::1"], "ADDRESS: '::1' is of the loopback"),
        ("register-local-host.sh", ["fe80::1"], "ADDRESS: 'fe80::1' is link-local"),
        ("register-local-host.sh", ["[fd00::1]"], "expected: an IPv6 address without brackets"),
        ("register-local-host.sh", ["172.18.0.1", "https"], "PORT: 'https' is wrong"),
        ("register-local-host.sh", ["172.18.0.1", "6443", "nowhere"], "CERTIFICATE: nowhere cannot be read"),
    ],
)
def test_what_the_scripts_refuse(installed: Installation, name: str, arguments: list[str], words: str) -> None:
    """What they cannot work with they say in one line that names it, with status 1, and change nothing."""
    done = installed.certificates(name, *arguments)
    assert done.returncode == 1
    assert words in done.stderr.splitlines()[-1]
    with pytest.raises(RefusedError):
        installed.api_service()


@pytest.mark.parametrize(("address", "family"), [("172.18.0.1", "IPv4"), ("fd00::1", "IPv6")])
def test_the_family_of_ones_own_machine(address: str, family: str, tmp_path: Path) -> None:
    """The EndpointSlice is of the family that the address has; a cluster takes no other."""
    applied, stand_in = tmp_path / "applied", tmp_path / "kubectl"
    slice_file = ROOT / "deploy" / "apiserver" / "local-host" / "endpointslice.yaml"
    stand_in.write_text(f"case $1 in kustomize) cat {slice_file} ;; apply) cat > {applied} ;; esac")
    certificate = tmp_path / "authority.crt"
    make_authority(tmp_path, "authority")
    done = subprocess.run(
        ["sh", str(ROOT / "hack" / "register-local-host.sh"), address, "7443", str(certificate)],
        check=False,
        env={**os.environ, "KUBECTL": f"sh {stand_in}"},
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (0, "")
    found = yaml.safe_load(applied.read_text())
    assert (found["addressType"], found["endpoints"][0]["addresses"]) == (family, [address])
    assert found["ports"][0]["port"] == 7443


def test_a_cluster_that_cannot_be_asked() -> None:
    """A kubectl that fails is no proof that the APIService is missing: the script says where to look instead."""
    script = ROOT / "hack" / "gen-apiserver-certs.sh"
    done = subprocess.run(
        ["sh", str(script)], check=False, env={**os.environ, "KUBECTL": "false"}, capture_output=True, text=True
    )
    assert done.returncode == 1
    assert "cannot be read, see above: check KUBECONFIG" in done.stderr.splitlines()[-1]
    assert "KUBECONFIG" in done.stderr.splitlines()[-1]

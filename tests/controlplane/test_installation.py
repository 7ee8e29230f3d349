"""An installation from the manifests alone: pods as they say, reached through the aggregator, used with few rights."""

from __future__ import annotations

import base64
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from promoter_view.kubernetes.kinds import PROMOTER_KINDS
from tests.controlplane.installation.granting import RBAC
from tests.controlplane.installation.installed import API_SERVICES, Account, Installation, installation
from tests.controlplane.installation.pod import NAMESPACE, Pod
from tests.controlplane.installation.team import SECRET, STRATEGY, Team
from tests.support.plane.aggregation import API_SERVICE
from tests.support.plane.pki import make_authority
from tests.support.program.truth import wait

pytestmark = pytest.mark.controlplane

VIEWER = "promoter-promotionstrategydetails-viewer"
READING_SERVICES = {"apiGroups": ["apiregistration.k8s.io"], "resources": ["apiservices"], "verbs": ["get"]}


@pytest.fixture(scope="module")
def installed(control_plane_binaries: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with installation(control_plane_binaries, tmp_path_factory.mktemp("installed")) as found:
        yield found


@pytest.fixture(scope="module")
def team(installed: Installation) -> Team:
    return Team(installed.plane, "team")


@pytest.fixture(scope="module")
def running(installed: Installation, team: Team) -> Iterator[Pod]:
    """certs-manual, the script, and the pod: as docs/certificates.md says it. The second one: it has a log."""
    installed.apply(installed.composed("certs-manual"))
    done = installed.certificates()
    assert done.returncode == 0, done.stderr
    with installed.pod() as first:
        first.wait_ready()
        assert first.terminate() == 0
    with installed.pod() as pod:
        pod.wait_ready()
        installed.wait_available()
        yield pod
        assert "Traceback" not in pod.log


@pytest.fixture(scope="module")
def viewer(installed: Installation, running: Pod) -> Account:
    """Somebody who may read bundles, and nothing else."""
    return installed.account(VIEWER)


def test_the_authority_in_the_bundle_is_what_is_believed(installed: Installation, running: Pod, tmp_path: Path) -> None:
    """The aggregator verifies the pod by the caBundle: with another authority in it, it does not reach the pod."""
    ours = installed.api_service()["caBundle"]
    assert not installed.api_service().get("insecureSkipTLSVerify")
    make_authority(tmp_path, "stranger")
    other = base64.b64encode((tmp_path / "stranger.crt").read_bytes()).decode()
    service = f"{API_SERVICES}/{API_SERVICE}"
    try:
        installed.client.patch(service, {"spec": {"caBundle": other}})
        installed.wait_unavailable("x509: certificate signed by unknown authority")
    finally:
        installed.client.patch(service, {"spec": {"caBundle": ours}})
    installed.wait_available()


def test_the_five_commands(installed: Installation, team: Team, viewer: Account) -> None:
    """What the mission verifies an installation with, by a viewer; the APIService by whoever may read those."""
    row = re.compile(r"(?m)^promotionstrategydetails .* true +PromotionStrategyDetails$")
    # kube-aggregator looks for what a server has again in a while after that was away.
    wait(lambda: row.search(viewer.kubectl("api-resources")) is not None, 60, "the resource to be discovered")

    installed.client.create(f"{RBAC}/clusterroles", {"metadata": {"name": "operator"}, "rules": [READING_SERVICES]})
    row = installed.account("operator").kubectl("get", "apiservice", API_SERVICE, "--no-headers").split()
    assert row[:3] == [API_SERVICE, f"{NAMESPACE}/promoter-apiserver", "True"]

    listed = viewer.kubectl("get", "promotionstrategydetails", "-A", "--no-headers").split()
    assert listed[:2] == [team.namespace, STRATEGY]

    bundle = viewer.kubectl("get", "promotionstrategydetails", STRATEGY, "-n", team.namespace, "-o", "yaml")
    assert "scmProvider:" in bundle
    assert "commitStatuses:" in bundle
    assert SECRET not in bundle
    assert base64.b64encode(SECRET.encode()).decode() not in bundle

    with viewer.watching() as watch:
        watch.wait(lambda event: event["type"] == "ADDED")
        team.say("done")
        seen = watch.wait(lambda event: event["type"] == "MODIFIED")
        assert seen["object"]["commitStatuses"][0]["spec"]["description"] == "done"


def test_a_viewer_is_no_more_than_that(team: Team, viewer: Account) -> None:
    """The role shows bundles, not the members by themselves, and never a Secret."""
    for resource in ("promotionstrategies.promoter.argoproj.io", "secrets"):
        with pytest.raises(subprocess.CalledProcessError) as refused:
            viewer.kubectl("get", resource, "-n", team.namespace)
        assert "forbidden" in refused.value.stderr


def test_it_asks_for_what_it_may_have(installed: Installation, running: Pod, viewer: Account) -> None:
    """Of all that the pod has asked of the cluster nothing was refused, and each right of its roles was used."""
    viewer.kubectl("get", "promotionstrategydetails", "-A")
    assert running.get(6443, "/metrics", headers={"Authorization": f"Bearer {viewer.token}"})[0] == 403
    wanted = {(verb, kind.plural) for kind in PROMOTER_KINDS for verb in ("list", "watch")}
    wanted |= {("create", "tokenreviews"), ("create", "subjectaccessreviews"), ("watch", "configmaps")}
    running.wait(lambda: wanted <= {(each.verb, each.resource) for each in installed.audit.of(running.user)})
    asked = installed.audit.of(running.user)
    assert installed.refused(running.user) == set()
    assert {each.name for each in asked if each.resource == "configmaps"} <= {"extension-apiserver-authentication", ""}


def test_term_ends_the_pod_in_order(installed: Installation, running: Pod) -> None:
    """A pod beside the first finds the log locked, says so, and can be ended; the first goes on."""
    with installed.pod() as other:
        other.wait(lambda: "is locked" in other.log)
        assert other.probe("startupProbe")
        assert not other.probe("readinessProbe")
        assert other.terminate() == 0
    assert running.probe("readinessProbe")

"""Every rule of the manifests' roles is needed: without it something fails, and says by name what is missing."""

from __future__ import annotations

import re
import ssl
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from promoter_view.kubernetes.kinds import PROMOTER_KINDS
from tests.controlplane.installation.granting import RBAC, wait_granted
from tests.controlplane.installation.installed import Account, Installation, installation
from tests.crds import argocd, kargo
from tests.crds.installed import definitions
from tests.support.program.program import Program
from tests.support.program.truth import wait

pytestmark = pytest.mark.controlplane

PLURALS = tuple(kind.plural for kind in PROMOTER_KINDS)
DELEGATOR, READER = "system:auth-delegator", "extension-apiserver-authentication-reader"
BUNDLES = "/apis/view.promoter.argoproj.io/v1alpha1/promotionstrategydetails"
_PATIENCE_SECONDS = 120
_AT_ONCE = 2
Rules = list[dict[str, Any]]


@pytest.fixture(scope="module")
def installed(control_plane_binaries: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with installation(control_plane_binaries, tmp_path_factory.mktemp("installed")) as found:
        found.apply(found.composed("certs-manual"))
        yield found


class Granted:
    """The program with a user of its own, who has what is given here."""

    def __init__(self, installed: Installation, name: str, rules: Rules, *, delegation: Rules | None = None) -> None:
        self._installed, self.name = installed, name
        installed.client.create(f"{RBAC}/clusterroles", {"metadata": {"name": name}, "rules": rules})
        reviews = DELEGATOR
        if delegation is not None:
            reviews = f"{name}-reviews"
            installed.client.create(f"{RBAC}/clusterroles", {"metadata": {"name": reviews}, "rules": delegation})
        self.account: Account = installed.account(name, reviews)

    def may_look_up(self) -> Granted:
        """Binds the user to the Role in kube-system."""
        _, _, namespace, account = self.account.user.split(":")
        binding = {
            "metadata": {"name": self.name},
            "subjects": [{"kind": "ServiceAccount", "name": account, "namespace": namespace}],
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": READER},
        }
        self._installed.client.create(f"{RBAC}/namespaces/kube-system/rolebindings", binding)
        return self

    def set_rules(self, rules: Rules, *, may_list: bool) -> None:
        """Changes the role, and waits until that counts: the authorizer follows by a watch."""
        self._installed.client.patch(f"{RBAC}/clusterroles/{self.name}", {"rules": rules})
        attributes = {"group": "promoter.argoproj.io", "resource": PLURALS[0], "verb": "list"}
        review = {"spec": {"user": self.account.user, "resourceAttributes": attributes}}
        path = "/apis/authorization.k8s.io/v1/subjectaccessreviews"
        asked = lambda: self._installed.client.create(path, review)["status"]["allowed"]  # noqa: E731
        wait(lambda: asked() == may_list, _PATIENCE_SECONDS, "the authorizer knows")

    def program(self, views: str = "promotionstrategydetails") -> Program:
        """The program, not started yet; the rights that it has count already."""
        wait_granted(self._installed.client, self.account.user)
        folder = self._installed.folder / self.name
        options = ["--kubeconfig", str(self.account.kubeconfig), "--views", views]
        return Program(folder, [*options, "--event-log", f"file:{folder / 'log'}"])


def rules_of(installed: Installation, role: str = "promoter-apiserver") -> Rules:
    """The rules by which the program reflects, as they are in the cluster."""
    found: Rules = installed.client.get(f"{RBAC}/clusterroles/{role}")["rules"]
    return found


def without(rules: Rules, field: str, value: str) -> Rules:
    """The rules with one resource or verb less."""
    taken = [{**rule, field: [each for each in rule[field] if each != value]} for rule in rules]
    assert taken != rules
    return taken


def said(program: Program, path: str, **headers: str) -> tuple[int, str]:
    """Status and body of a GET."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    request = urllib.request.Request(f"https://127.0.0.1:{program.endpoint.port}{path}", headers=headers)
    try:
        with urllib.request.urlopen(request, context=context, timeout=30) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refused:
        return refused.code, refused.read().decode()


def line(program: Program, name: str) -> str:
    """What /readyz?verbose says of one check."""
    _, body = said(program, "/readyz?verbose")
    return next(each for each in body.splitlines() if each[1:].partition("]")[2].startswith(name))


def named(text: str) -> set[str]:
    """The kinds, by their plurals, of the list paths in a line."""
    return {found for found in re.findall(r"/apis/promoter\.argoproj\.io/v1alpha1/(\w+)", text) if found in PLURALS}


def test_each_resource_is_needed(installed: Installation) -> None:
    """Without the right to one kind the program is not ready, and names that kind, and the user who lacks the right."""
    rules = rules_of(installed)
    lacking = [
        Granted(installed, f"lacks-{plural}", without(rules, "resources", plural)).may_look_up() for plural in PLURALS
    ]
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        assert list(pool.map(check_that_one_is_missing, lacking, PLURALS)) == [{plural} for plural in PLURALS]


def check_that_one_is_missing(granted: Granted, plural: str) -> set[str]:
    with granted.program() as program:
        program.start()
        refused = f'User "{granted.account.user}" cannot watch resource "{plural}"'
        wait(
            lambda: named(found := line(program, "first-state")) == {plural} and refused in found,
            _PATIENCE_SECONDS,
            f"{plural} is named, and who may not watch it",
        )
        assert said(program, "/readyz")[0] >= 500
        return named(line(program, "first-state"))


def test_each_verb_is_needed(installed: Installation) -> None:
    """Without watch nothing gets its first state; without list no watch goes on after a restart. Each path is named."""
    rules = rules_of(installed)
    granted = Granted(installed, "lacks-a-verb", without(rules, "verbs", "watch")).may_look_up()
    program = granted.program()
    with program:
        program.start()
        wait(lambda: named(line(program, "first-state")) == set(PLURALS), _PATIENCE_SECONDS, "all are named")
        granted.set_rules(rules, may_list=True)
        program.wait_ready()
        assert program.terminate() == 0
        granted.set_rules(without(rules, "verbs", "list"), may_list=False)
        program.start()
        refused = [f'cannot list resource "{plural}"' for plural in PLURALS]
        wait(
            lambda: all(each in line(program, "reflectors") for each in refused),
            _PATIENCE_SECONDS,
            "all are named",
        )


def review_rules(*resources: str) -> Rules:
    return [{"apiGroups": ["*"], "resources": list(resources), "verbs": ["create"]}]


@pytest.mark.parametrize(("left", "missing"), [("subjectaccessreviews", "token"), ("tokenreviews", "access")])
def test_each_review_is_needed(installed: Installation, left: str, missing: str) -> None:
    """Without one of the auth-delegator's rules nobody with a token is served: 503, and a metric says why."""
    granted = Granted(installed, f"only-{left}", rules_of(installed), delegation=review_rules(left)).may_look_up()
    viewer = installed.account("promoter-promotionstrategydetails-viewer")
    with granted.program() as program:
        program.start()
        program.wait_ready()
        status, body = said(program, BUNDLES, Authorization=f"Bearer {viewer.token}")
        assert (status, viewer.token in body) == (503, False)
        unavailable = metrics(program, installed.plane.pki)
        assert re.search(
            rf'promoter_view_reviews_total\{{outcome="unavailable",review="{missing}"\}} [1-9]', unavailable
        ), unavailable


def metrics(program: Program, pki: Path) -> str:
    """The metrics as an administrator reads them, who needs no review."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.load_cert_chain(pki / "admin.crt", pki / "admin.key")
    url = f"https://127.0.0.1:{program.endpoint.port}/metrics"
    with urllib.request.urlopen(url, context=context, timeout=30) as answer:
        return str(answer.read().decode())


def test_the_binding_in_kube_system_is_needed(installed: Installation) -> None:
    """Without it the program does not start, and names the Role."""
    program = Granted(installed, "lacks-the-reader", rules_of(installed)).program()
    with program:
        program.start()
        assert program.ended(timeout_seconds=_PATIENCE_SECONDS) == 1
        assert READER in program.log
        assert "Traceback" not in program.log


def test_each_resource_of_stages_is_needed(installed: Installation) -> None:
    """With Kargo and Argo CD: without Stages that view says so and the other is served, without a member none is.

    The kinds come last, so that the tests before know nothing of them.
    """
    installed.plane.install_crds(definitions(kargo, argocd))
    promoter, stages = rules_of(installed), rules_of(installed, "promoter-apiserver-argocd")
    views = "promotionstrategydetails,stagedetails"
    for plural in (each for rule in stages for each in rule["resources"]):
        rest = [rule for rule in removed(stages, plural) if rule["resources"]]
        granted = Granted(installed, f"lacks-{plural}", [*promoter, *rest]).may_look_up()
        with granted.program(views) as program:
            program.start()
            refused = f'User "{granted.account.user}" cannot watch resource "{plural}"'
            wait(lambda: refused in line(program, "reflectors"), _PATIENCE_SECONDS, f"{plural} is named")  # noqa: B023
            if plural == "stages":
                program.wait_ready(timeout_seconds=_PATIENCE_SECONDS)
                assert "/stages: not permitted for" in line(program, "reflectors")
            else:
                assert f"/{plural}" in line(program, "first-state")
                assert said(program, "/readyz")[0] >= 500


def removed(rules: Rules, plural: str) -> Rules:
    """The rules without that resource."""
    return [{**rule, "resources": [each for each in rule["resources"] if each != plural]} for rule in rules]

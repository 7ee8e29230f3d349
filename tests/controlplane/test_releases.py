"""Every release of GitOps Promoter that is known, and one that is not, on a real kube-apiserver.

The cluster goes from one to the next while the program runs and a watch and a page are open: CRDs are replaced, the
history moves, kinds are added. ``-k 0.44`` goes there from 0.36 at once.
"""

from __future__ import annotations

import json
import random
import ssl
import urllib.request
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.controlplane.dashboards import ask
from tests.controlplane.mirrored import Mirrored, Reader, reading
from tests.controlplane.releases import FIRST, NAMESPACE, SECOND, STRATEGY, Controllers, install, is_since
from tests.crds.promoter_releases import RELEASES, release
from tests.support.plane.fixtures import running_plane
from tests.support.plane.plane import ControlPlane
from tests.support.plane.writing import WrittenCluster
from tests.support.program.events import Habits, Page
from tests.support.program.program import Program
from tests.support.program.recording import MODIFIED
from tests.support.program.truth import RELISTS, serves, truth, wait

pytestmark = pytest.mark.controlplane

PAGE = f"/strategies/{NAMESPACE}/{STRATEGY}"
BUNDLE = f"/apis/view.promoter.argoproj.io/v1alpha1/namespaces/{NAMESPACE}/promotionstrategydetails/{STRATEGY}"
TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io"
_ALWAYS = ("promotionStrategy", "changeTransferPolicies", "pullRequests", "commitStatuses", "timedCommitStatuses")
_SINCE = {
    "dependentsSuccessfulCommitStatuses": "0.38",
    "changeTransferPolicyHistories": "0.41",
    "restoreActiveCommits": "0.44",
}


class Upgrades:
    """The cluster, the program that mirrors it, and who looks on: a watch, and a page."""

    def __init__(self, plane: ControlPlane, served: Mirrored, reader: Reader, page: Page) -> None:
        self.plane, self.served, self.reader, self.page = plane, served, reader, page
        self.horizon = self.metric("horizon")

    def metric(self, what: str) -> float:
        """An offset of the log."""
        return self.served.running.metric(f"promoter_view_log_{what}_offset")

    def settle(self, controllers: Controllers, *writes: Callable[[], None]) -> None:
        """The controllers write each object once; what is served comes to be what the cluster holds.

        For some seconds after a CRD is replaced its old watches go on, and leave out what the old schema does not
        know: so kube-apiserver has it. Nobody writes these objects again.
        """
        controllers.turn += 1
        for write in writes:
            write()
        what = f"what the controllers of {controllers.release} wrote is served"
        wait(lambda: serves(self.served.running, truth(self.served.cluster.of)), 60, what)

    def bundle(self) -> dict[str, Any]:
        """As the API serves it."""
        found: dict[str, Any] = json.loads(self.served.client.get(BUNDLE))
        return found

    def row(self) -> dict[str, Any]:
        """As ``kubectl get -o wide`` shows it."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        port = self.served.running.endpoint.port
        request = urllib.request.Request(f"https://127.0.0.1:{port}{BUNDLE}", headers={"Accept": TABLE})
        with urllib.request.urlopen(request, context=context, timeout=30) as answer:
            table = json.load(answer)
        return dict(zip((each["name"] for each in table["columnDefinitions"]), table["rows"][0]["cells"], strict=True))

    def html(self) -> str:
        """As the dashboard shows it."""
        return ask(self.served.running, PAGE).body

    def shows(self, *words: str) -> bool:
        """Whether the page says all that."""
        html = self.html()
        return all(each in html for each in words)


@pytest.fixture(scope="module")
def upgrades(control_plane_binaries: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Upgrades]:
    folder = tmp_path_factory.mktemp("releases")
    with running_plane(control_plane_binaries, folder, release("0.36")) as plane:
        cluster = WrittenCluster(plane.client())
        cluster.add_namespaces(NAMESPACE)
        controllers = Controllers(cluster, "0.36")
        controllers.write_strategy()
        options = ["--kubeconfig", str(plane.kubeconfig), "--insecure-no-auth", "--bookmark-interval", "200ms"]
        options += ["--event-log", f"file:{folder / 'log'}", "--views", "promotionstrategydetails"]
        options += ["--schema-poll-interval", "1s"]
        with Program(folder, options, dashboard=True) as running:
            running.start()
            running.wait_ready()
            served = Mirrored(running, cluster)
            served.settle()
            page = Page("page", lambda: running.dashboard, Habits(), source=random.Random(0), life_seconds=900)
            with reading(served.client, served.list().resource_version) as reader:
                page.start()
                wait(lambda: page.position is not None, 60, "the page has a position")
                yield Upgrades(plane, served, reader, page)
                page.stop()
                page.join(20)


@pytest.mark.parametrize("name", RELEASES)
def test_a_release(upgrades: Upgrades, name: str) -> None:
    """Every member in its field, table, page and figures right; on the way there no page says that nothing was."""
    controllers = Controllers(upgrades.served.cluster, name)
    install(upgrades.plane, name)
    writes = [controllers.write_strategy, controllers.write_gates]
    if is_since(name, "0.41"):
        upgrades.settle(controllers, *writes)
        check_that_nothing_is_denied(upgrades, name)
        writes.append(controllers.write_history)
    if controllers.is_restored:
        writes.append(controllers.write_restore)
    upgrades.settle(controllers, *writes)
    check_bundle(upgrades.bundle(), name)
    check_table(upgrades.row(), controllers)
    check_page(upgrades, controllers)


def check_that_nothing_is_denied(upgrades: Upgrades, name: str) -> None:
    """What was is not told any more, or is still: the page says one or the other, and never that there was nothing."""
    html = upgrades.html()
    assert "No promotion is known yet" not in html, name
    assert "Nothing has been promoted yet" not in html, name
    assert "Not known." in html or "From 3 promotions" in html, name


def check_bundle(bundle: dict[str, Any], name: str) -> None:
    """All members are where they belong, of those kinds that the release has, and none twice."""
    fields = {field for field, since in _SINCE.items() if is_since(name, since)}
    assert set(bundle) >= {*_ALWAYS, "gitRepository", "scmProvider", *fields}, name
    assert not set(bundle) & (set(_SINCE) - fields), name
    owners = {each["metadata"]["ownerReferences"][0]["kind"] for each in bundle["commitStatuses"]}
    order = "DependentsSuccessfulCommitStatus" if is_since(name, "0.38") else "ChangeTransferPolicy"
    assert {"TimedCommitStatus", order} <= owners
    assert "ChatApprovalCommitStatus" not in owners
    assert "xoxb-secret" not in json.dumps(bundle)
    has_own = ["history" in each["status"] for each in bundle["changeTransferPolicies"]]
    assert has_own == [not is_since(name, "0.41")] * 2


def check_table(row: dict[str, Any], controllers: Controllers) -> None:
    """State, what is live, the last promotion: the same whoever tells of it."""
    # The front is dev, to which the third commit is on its way; prod is queued.
    assert row["Status"] == ("Held" if controllers.is_restored else "Promoting")
    assert row["Environments"] == f"dev={FIRST[:7] if controllers.is_restored else SECOND[:7]},prod={FIRST[:7]}"
    assert row["Last Promotion"] not in ("<none>", "<unknown>")
    assert row["Open PRs"] == 1


def check_page(upgrades: Upgrades, controllers: Controllers) -> None:
    """The history has every promotion, the figures their number; a restore is marked, and how to lift it is there."""
    kept = 20 if is_since(controllers.release, "0.41") else 5
    assert upgrades.shows(f"commit-{FIRST}", f"commit-{SECOND}", "From 3 promotions", f"the last {kept} of each"), (
        upgrades.html()
    )
    if controllers.is_restored:
        assert upgrades.shows("is-held", 'class="restored"', "blockEnvironment: false", "restore-dev-f111111")


def test_a_restore_is_lifted(upgrades: Upgrades) -> None:
    """Once its manifest is applied the environment goes on; that it was restored stays in its past."""
    name = "future"
    install(upgrades.plane, name)
    controllers = Controllers(upgrades.served.cluster, name)
    lifted = partial(controllers.write_restore, blocks=False)
    upgrades.settle(controllers, controllers.write_strategy, controllers.write_history, lifted)
    assert upgrades.row()["Status"] != "Held"
    assert upgrades.shows('class="restored"')
    assert "blockEnvironment: false" not in upgrades.html()


def test_those_who_looked_on_saw_ordinary_changes(upgrades: Upgrades) -> None:
    """The watch was never ended, nothing expired, every event was a change of that bundle; the page had no reset."""
    last = int(upgrades.bundle()["metadata"]["resourceVersion"])
    changes = upgrades.reader.until(last)
    assert {(change.type, change.seen.key) for change in changes} <= {(MODIFIED, (NAMESPACE, STRATEGY))}
    assert upgrades.metric("horizon") == upgrades.horizon
    assert upgrades.served.running.metric(RELISTS) > 0
    wait(lambda: upgrades.page.position is not None and upgrades.page.position >= last, 60, "the page is at the head")
    assert upgrades.page.resets == 0

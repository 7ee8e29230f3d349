"""kubectl and the journal behind a real kube-apiserver's aggregator: promotionevents are a resource as any other."""

from __future__ import annotations

import json
import random
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.support.journal.promoting import Promoter
from tests.support.plane.aggregation import aggregated
from tests.support.plane.plane import ControlPlane
from tests.support.plane.process import Process
from tests.support.plane.writing import WrittenCluster
from tests.support.program.program import Program
from tests.support.program.truth import wait

pytestmark = pytest.mark.controlplane

RESOURCE = "promotionevents.view.promoter.argoproj.io"
PATH = "/apis/view.promoter.argoproj.io/v1alpha1/namespaces/team/promotionevents"
READER = "reader-of-events"
COMMITS = 6


@dataclass(frozen=True, slots=True)
class Promoted:
    """A control plane in which commits were promoted."""

    plane: ControlPlane
    promoter: Promoter
    folder: Path

    def get(self, *arguments: str) -> str:
        """``kubectl get pe`` of the namespace."""
        return self.plane.kubectl("get", "pe", "-n", "team", *arguments)

    def items(self, *arguments: str) -> list[dict[str, Any]]:
        """The same, as JSON."""
        found: list[dict[str, Any]] = json.loads(self.get("-o", "json", *arguments))["items"]
        return found

    def refused(self, *arguments: str) -> str:
        """What kubectl says of what has to fail."""
        with pytest.raises(subprocess.CalledProcessError) as failed:
            self.plane.kubectl(*arguments)
        return str(failed.value.stderr or failed.value.stdout)


@pytest.fixture(scope="module")
def promoted(control_plane: ControlPlane, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Promoted]:
    """The program behind the aggregator, and a user who may read the events of one namespace."""
    promoter = Promoter(WrittenCluster(control_plane.client()), random.Random(3), 2)
    options = ["--kubeconfig", str(control_plane.kubeconfig), "--event-log", "memory:"]
    with Program(tmp_path_factory.mktemp("program"), options) as running:
        running.start()
        running.wait_ready()
        with aggregated(control_plane, running):
            rule = ["--verb=get,list,watch", f"--resource={RESOURCE}"]
            control_plane.kubectl("create", "role", READER, "-n", "team", *rule)
            control_plane.kubectl("create", "rolebinding", READER, "-n", "team", f"--role={READER}", f"--user={READER}")
            found = Promoted(control_plane, promoter, tmp_path_factory.mktemp("beside"))
            for _ in range(COMMITS):
                promoter.write()
            wait(
                lambda: len(found.items("--field-selector", "event=promoted")) == COMMITS, 60, "all are in the journal"
            )
            yield found


def test_get(promoted: Promoted) -> None:
    """Columns for people, the same in pages, chosen and sorted, and by name in every form."""
    header, *rows = promoted.get().splitlines()
    assert header.split() == ["TIME", "OF", "ENVIRONMENT", "EVENT", "COMMIT", "BY"]
    assert {row.split()[3] for row in rows} >= {"proposed", "opened", "merged", "promoted"}
    names = promoted.get("-o", "name")
    assert promoted.get("-o", "name", "--chunk-size=3") == names
    wide = promoted.get("-o", "wide", "--field-selector", "event=promoted,environment=prod").splitlines()
    assert all("environment/prod" in row and "->" in row for row in wide[1:])
    times = promoted.get("--sort-by={.time}", "-o", "jsonpath={.items[*].time}").split()
    assert times == sorted(times)
    one = promoted.items()[-1]
    name = one["metadata"]["name"]
    assert promoted.get(name, "-o", "jsonpath={.event}") == one["event"]
    assert json.loads(promoted.get(name, "-o", "json")) == one
    assert one["uid"] in promoted.plane.kubectl("describe", "pe", name, "-n", "team")
    assert "condition met" in promoted.plane.kubectl(
        "wait", f"pe/{name}", "-n", "team", f"--for=jsonpath={{.event}}={one['event']}"
    )
    assert "What happened" in promoted.plane.kubectl("explain", "pe.event")


def test_watch(promoted: Promoted) -> None:
    """What happens comes once, behind what there is; from the position of an event on come all later ones.

    Of a change that means several things the first may come again.
    """
    log = promoted.folder / "watch.log"
    selector = ["--field-selector", "event=merged", "-o", "name"]
    watching = Process(promoted.plane.kubectl_command("get", "pe", "-n", "team", "-w", *selector), log)

    def seen() -> list[str]:
        return [line for line in log.read_text().splitlines() if line.startswith("promotionevent.")]

    try:
        wait(lambda: len(seen()) == COMMITS, 30, "what there is")
        promoted.promoter.write()
        wait(lambda: len(seen()) == COMMITS + 1, 30, "what happened since")
    finally:
        watching.kill()
    assert seen() == promoted.get("--field-selector", "event=merged", "-o", "name").splitlines()
    first, *later = promoted.items()
    position = first["metadata"]["resourceVersion"]
    told = promoted.plane.kubectl("get", "--raw", f"{PATH}?watch=1&resourceVersion={position}&timeoutSeconds=3")
    again = [json.loads(line)["object"] for line in told.splitlines()]
    assert [each for each in again if each["metadata"]["name"] != first["metadata"]["name"]][: len(later)] == later


def test_nothing_can_be_written(promoted: Promoted) -> None:
    """kubectl says so, whatever it is asked for."""
    name = promoted.items()[0]["metadata"]["name"]
    document = promoted.folder / "event.json"
    document.write_text(json.dumps(promoted.items()[0] | {"metadata": {"name": "1-1", "namespace": "team"}}))
    for arguments in (
        ["delete", f"pe/{name}"],
        ["delete", "pe", "--all"],
        ["label", f"pe/{name}", "a=b"],
        ["create", "-f", str(document)],
        ["apply", "--server-side", "-f", str(document)],
    ):
        assert "MethodNotAllowed" in promoted.refused(*arguments, "-n", "team"), arguments


def test_rights(promoted: Promoted) -> None:
    """Who has a Role in one namespace reads that namespace, by name too, and nothing of others."""
    me = f"--as={READER}"
    whole = promoted.get("-o", "name")
    assert promoted.get("-o", "name", me) == whole
    assert promoted.get(promoted.items()[0]["metadata"]["name"], "-o", "name", me) in whole
    for scope in (["-A"], ["-n", "default"]):
        assert "(Forbidden)" in promoted.refused("get", "pe", *scope, me)
    name = promoted.items()[0]["metadata"]["name"]
    assert "(NotFound)" in promoted.refused("get", "pe", name, "-n", "default")

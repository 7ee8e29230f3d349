"""The whole program over a restart: what it said then it says again, to clients, on pages, and to the command."""

from __future__ import annotations

import json
import random
from pathlib import Path
from urllib.request import urlopen

from tests.support.command.api import kubeconfig
from tests.support.command.running import promotion
from tests.support.program.client import Client
from tests.support.program.program import Program
from tests.support.program.saying import Sayings, rfc3339, said_again, said_then
from tests.support.program.simulated import simulated

LIST = "/apis/view.promoter.argoproj.io/v1alpha1/promotionstrategydetails"


def test_what_was_said_is_said_again(tmp_path: Path) -> None:
    """Lists of then, from their resourceVersions and from the times at which they were made, byte for byte."""
    with simulated(tmp_path / "cluster", "--strategies", "4", "--rate", "4") as cluster:
        options = ["--kubeconfig", str(cluster.kubeconfig), "--insecure-no-auth", "--history-bytes", "16Ki"]
        with Program(tmp_path / "program", [*options, "--event-log", f"file:{tmp_path / 'log'}"], dashboard=True) as it:
            it.start()
            it.wait_ready()
            sayings = Sayings()
            sayings.ask_on([it.endpoint], 6.0)
            it.kill()
            it.start()
            it.wait_ready()
            source = random.Random(1)
            for saying in source.sample(sayings, 30):
                said_again(it.endpoint, saying)
            assert sum(said_then([it.endpoint], sayings, source) for _ in range(50))
            at = rfc3339(sayings[-1].came)  # by then something may have changed that it does not say yet
            then = json.loads(Client(it.endpoint).get(f"{LIST}?at={at}"))
            where = it.dashboard
            with urlopen(f"http://{where.host}:{where.port}/list?kind=promotionstrategydetails&at={at}") as answer:
                assert json.loads(answer.read())["items"] == then["items"]
            config = kubeconfig(
                tmp_path / "config",
                f"https://{it.endpoint.host}:{it.endpoint.port}",
                **{"insecure-skip-tls-verify": True},
            )
            done = promotion(config, "status", "-A", "-o", "json", "--at", at)
            told = {each["metadata"]["name"]: each["status"]["state"] for each in json.loads(done.out)["items"]}
            assert told == {each["metadata"]["name"]: each["status"]["state"] for each in then["items"]}
            gone = promotion(config, "status", "-A", "--at", "-9d")
            assert "the earliest moment that can be asked for is 20" in gone.last
            assert promotion(config, "status", "--at", "monday").status == 64

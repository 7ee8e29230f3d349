"""Moments of the past at two replicas on an etcd, of a run in which whoever leads is killed again and again."""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import orjson
import pytest

from tests.replicas.company import Company, company
from tests.support.command.api import kubeconfig
from tests.support.command.running import promotion
from tests.support.log.etcds import Etcds
from tests.support.program.client import Client, RefusedError
from tests.support.program.program import Program
from tests.support.program.saying import LIST, Sayings, rfc3339, said_again, said_then, version_of
from tests.support.program.simulated import simulated
from tests.support.program.truth import wait
from tests.support.soaking import lasting, soak

pytestmark = pytest.mark.controlplane

_KILLS = lasting(3, 20)
_MOMENTS = lasting(100, 400)
_SECONDS = 60.0


@soak
def test_what_was_said_is_said_again_by_every_replica(etcd: Etcds, tmp_path: Path) -> None:
    """By their resourceVersions and at random times, to the byte, however often the leader was killed meanwhile.

    Then etcd is compacted by somebody: what is gone is said to be, and from when on there is something. While etcd is
    away a time is answered with 503, and what memory has with what it was.
    """
    source = random.Random(11)
    options = ("--history-bytes", "16Ki")
    with (
        simulated(tmp_path / "cluster", "--strategies", "4", "--rate", "2") as cluster,
        company(tmp_path, cluster, etcd.log_url(), *options, count=2) as replicas,
    ):
        sayings = Sayings()
        endpoints = [each.endpoint for each in replicas.replicas]
        for _ in range(_KILLS):
            sayings.ask_on(endpoints, 4.0)
            leader = replicas.leader()
            leader.kill()
            sayings.ask_on([each for each in endpoints if each != leader.endpoint], 6.0)
            leader.start()
            leader.wait_ready(timeout_seconds=_SECONDS)
        sayings.ask_on(endpoints, 4.0)
        for saying in source.sample(sayings, min(len(sayings), _MOMENTS // 2)):
            for endpoint in endpoints:
                said_again(endpoint, saying)
        quiet = sum(said_then(endpoints, sayings, source) for _ in range(_MOMENTS // 2))
        sys.stdout.write(
            f"{len(sayings)} lists, {_KILLS} kills, {quiet} times at which nothing had changed meanwhile\n"
        )
        assert quiet
        for replica in replicas.replicas:
            tells_of(replica, sayings, tmp_path)
        compacted(etcd, replicas, sayings)
        away(etcd, replicas)


def asked(replica: Program, path: str) -> bytes:
    """What its dashboard's port answers a program with."""
    where = replica.dashboard
    request = Request(f"http://{where.host}:{where.port}{path}", headers={"Accept": "application/json"})
    with urlopen(request, timeout=_SECONDS) as answer:
        found: bytes = answer.read()
    return found


def tells_of(replica: Program, sayings: Sayings, folder: Path) -> None:
    """Its other ways to ask for a moment say the same: pages of a list, /list, /compare, /commits, and the command."""
    one, other = sayings[len(sayings) // 3], sayings[-1]
    client, then = Client(replica.endpoint, timeout_seconds=_SECONDS), orjson.loads(one.body)
    first = orjson.loads(client.get(f"{LIST}?at={one.version}&limit=3"))
    rest = orjson.loads(client.get(f"{LIST}?limit=3&continue={first['metadata']['continue']}"))
    assert first["items"] + rest["items"] == then["items"]
    found = asked(replica, f"/list?kind=promotionstrategydetails&at={one.version}")
    assert orjson.loads(found)["items"] == then["items"]
    compared = orjson.loads(asked(replica, f"/compare?from={one.version}&to={other.version}"))
    assert compared
    active = then["items"][0]["status"]["environments"][0]
    sha = next(iter(shas_of(active)))
    assert orjson.loads(asked(replica, f"/commits/{sha}?at={one.version}"))
    host, port, _ = replica.endpoint
    config = kubeconfig(folder / f"config-{port}", f"https://{host}:{port}", **{"insecure-skip-tls-verify": True})
    told = orjson.loads(promotion(config, "status", "-A", "-o", "json", "--at", str(one.version)).out)["items"]
    states = [{each["metadata"]["name"]: each["status"]["state"] for each in items} for items in (told, then["items"])]
    assert states[0] == states[1]


def shas_of(document: object) -> Iterator[str]:
    """All commits that it names."""
    if isinstance(document, dict):
        for name, value in document.items():
            if name == "sha" and isinstance(value, str):
                yield value
            yield from shas_of(value)
    elif isinstance(document, list):
        for value in document:
            yield from shas_of(value)


def refused(replica: Program, moment: str) -> RefusedError | None:
    """How a list of that moment is refused; None where it is not."""
    try:
        Client(replica.endpoint, timeout_seconds=_SECONDS).get(f"{LIST}?at={moment}")
    except RefusedError as error:
        return error
    return None


def compacted(etcd: Etcds, replicas: Company, sayings: Sayings) -> None:
    """What was compacted is gone; from the moment that the answer names all say the same again."""
    etcd.compact(etcd.revision())
    gone = rfc3339(sayings[0].came)

    def tells_from_when() -> bool:
        errors = [refused(each, gone) for each in replicas.replicas]
        assert all(error is not None and error.refusal.code == 410 for error in errors)
        return all("the earliest moment that can be asked for is 20" in str(error) for error in errors)

    wait(tells_from_when, _SECONDS, "a checkpoint is written that can be read")
    said = {str(refused(each, gone)).rpartition(" ")[2] for each in replicas.replicas}
    (earliest,) = said
    wait(lambda: refused(replicas.replicas[0], earliest) is None, _SECONDS, "that moment has come")
    assert len({Client(each.endpoint).get(f"{LIST}?at={earliest}") for each in replicas.replicas}) == 1


def away(etcd: Etcds, replicas: Company) -> None:
    """Without an etcd nobody says what is not known."""
    replica = replicas.replicas[0]
    newest = Client(replica.endpoint).get(LIST)
    etcd.stop()
    with pytest.raises(HTTPError) as error:
        asked(replica, "/list?kind=promotionstrategydetails&at=-20s")
    assert (error.value.code, error.value.headers["Retry-After"]) == (503, "1")
    assert Client(replica.endpoint).get(f"{LIST}?at={version_of(newest)}") == newest

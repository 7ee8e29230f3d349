"""What lists said in a run, and whether the same is said of these moments later."""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from typing import NamedTuple

import orjson

from tests.support.program.client import BROKEN, GROUP_PATH, Client, Endpoint, RefusedError

LIST = f"{GROUP_PATH}/promotionstrategydetails"
#: A moment may take a replay, and wait for others.
_SECONDS = 60.0


class Saying(NamedTuple):
    """A list of a fresh state: when it was asked for, when it had come (seconds since 1970), and its bytes."""

    asked: float
    came: float
    body: bytes

    @property
    def version(self) -> int:
        """Its resourceVersion."""
        return version_of(self.body)


class Sayings(list[Saying]):
    """All that was said, in order. Lists that a killed replica did not answer are not there."""

    def ask(self, endpoint: Endpoint) -> None:
        """One more list, of that one."""
        asked = time.time()
        try:
            body = Client(endpoint).get(LIST)
        except (*BROKEN, RefusedError):
            return
        self.append(Saying(asked, time.time(), body))

    def ask_on(self, endpoints: Sequence[Endpoint], seconds: float, *, pause: float = 0.05) -> None:
        """For so long, of them in turn."""
        end = time.time() + seconds
        while time.time() < end:
            for endpoint in endpoints:
                self.ask(endpoint)
                time.sleep(pause)


def version_of(body: bytes) -> int:
    """The resourceVersion of a list."""
    return int(orjson.loads(body)["metadata"]["resourceVersion"])


def rfc3339(seconds: float) -> str:
    """That time, to the millisecond below."""
    at = int(seconds * 1000)
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(at // 1000)) + f".{at % 1000:03d}Z"


def said_again(endpoint: Endpoint, saying: Saying) -> None:
    """Of its resourceVersion, as a moment and as an exact read, to the byte."""
    client = Client(endpoint, timeout_seconds=_SECONDS)
    assert client.get(f"{LIST}?at={saying.version}") == saying.body
    assert client.get(f"{LIST}?resourceVersion={saying.version}&resourceVersionMatch=Exact") == saying.body


def said_then(endpoints: Sequence[Endpoint], sayings: Sayings, source: random.Random) -> bool:
    """At a random time between two lists all say the same: what both lists said, where nothing came in between.

    Nor before the list after those: a record has its time before it is durable and shown. Whether nothing did.
    """
    before, after, later = source.choice([*zip(sayings, sayings[1:], sayings[2:], strict=False)])
    moment = rfc3339(source.uniform(before.came + 0.001, max(after.asked, before.came + 0.001)))
    found = {Client(each, timeout_seconds=_SECONDS).get(f"{LIST}?at={moment}") for each in endpoints}
    assert len(found) == 1, f"replicas differ on {moment}"
    (body,) = found
    assert before.version <= version_of(body) <= later.version
    if before.version != later.version:
        return False
    assert body == before.body == after.body
    return True

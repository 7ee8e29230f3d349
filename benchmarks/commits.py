"""``python -m benchmarks.commits``: the index of commits at 10,000 strategies. No process, no cluster.

The baseline of a look-up is looking through the bytes of all bundles; that of a change is projecting it without the
index. A change's way through log and readers is in neither, so the ratio is the worst that there can be.
"""

from __future__ import annotations

import argparse
import random
import resource
import time
from collections.abc import Iterator, Sequence
from hashlib import sha1
from typing import Any

import orjson

from benchmarks.figures import percentile
from benchmarks.report import Row, table
from promoter_view.metrics import Metrics
from promoter_view.reading.commits.found import Findings
from promoter_view.reading.commits.index import CommitIndex
from promoter_view.reading.commits.question import CommitQuestion
from promoter_view.reading.commits.search import Searched, look
from promoter_view.records import BundleChange, Change, ChangeType, Entry, Mark, Mirror, ObjectKey, Position, Record
from promoter_view.slices import at_once, outcome
from promoter_view.views.contents import Readings
from promoter_view.views.known import DEFINITIONS
from promoter_view.views.projector import Projector

_PATH, _GROUP = "/apis/everything", "promoter.argoproj.io/v1alpha1"
_VIEW = "promotionstrategydetails"
_BRANCHES = ("environment/dev", "environment/staging", "environment/prod")
_PAST = 5
_LOOKUPS, _CHANGES = 500, 2000


class _Fleet:
    """Strategies of three environments, each with the five promotions that a policy keeps."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.offset = 1000
        self.projector = Projector(
            DEFINITIONS, generation=0, history_bytes=1 << 26, metrics=Metrics(), warn=lambda _line: None
        )
        self.apply(Mark(0, Mirror("cluster", {_PATH: "rules"}), 0), Position(_PATH, "1"))

    def apply(self, *entries: Entry) -> float:
        """Seconds that it takes."""
        self.offset += len(entries)
        first = self.offset - len(entries) + 1
        records = [Record(first + place, 0, entry) for place, entry in enumerate(entries)]
        began = time.process_time()
        at_once(self.projector.apply(records))
        return time.process_time() - began

    def load(self) -> None:
        """All of it."""
        for number in range(self.count):
            self.apply(_put("PromotionStrategy", _name(number), _strategy(number)))
            for place in range(len(_BRANCHES)):
                self.put(number, place, newest=_PAST)

    def put(self, number: int, place: int, *, newest: int, said: str = "All is well") -> float:
        """The policy of an environment, of which a check says that: seconds that projecting it takes."""
        policy = _policy(number, place, newest)
        policy["status"]["proposed"]["commitStatuses"][2] |= {"phase": "pending", "description": said}
        return self.apply(_put("ChangeTransferPolicy", f"{_name(number)}-{place}", policy))

    def changes(self, after: int) -> Sequence[BundleChange]:
        """Those after that position."""
        return self.projector.cursor("", "", after).take(1 << 20)


def measure(count: int) -> Iterator[Row]:
    """The rows."""
    fleet = _Fleet(count)
    fleet.load()
    before = _resident()
    began = time.process_time()
    index = CommitIndex()
    for bundle in fleet.projector.list(_VIEW):
        at_once(index.add(bundle))
    yield Row(f"the index of {count:,} strategies, built", "s", time.process_time() - began)
    yield Row("shas and bundles in it", "pairs", len(index))
    yield Row("its arrays", "MB", index.size / 1e6)
    yield Row("memory that it adds", "MB", (_resident() - before) / 1e6)
    lookups = list(_lookups(fleet, index))
    scanned = _scan(fleet) * 1000
    yield Row("a look-up, p50", "ms", percentile(lookups, 0.5), scanned)
    yield Row("a look-up, p99", "ms", percentile(lookups, 0.99), scanned, "5")
    for what, step in (("a check", 0), ("a promotion", 1)):
        projected, indexed = _changed(fleet, index, step)
        yield Row(f"a change of {what}", "us", (projected + indexed) * 1e6, projected * 1e6, "a few per cent")


def _lookups(fleet: _Fleet, index: CommitIndex) -> Iterator[float]:
    chance, readings = random.Random(1), Readings()
    for _ in range(_LOOKUPS):
        word = _sha(f"dry-{chance.randrange(fleet.count)}-{chance.randrange(_PAST)}")
        question = CommitQuestion(word[: chance.choice((7, 12, 40))])
        began = time.process_time()
        keys = index.candidates(question)
        found = [fleet.projector.get(key) for key in keys]
        bundles = [(bundle, index.overtaken(bundle.key)) for bundle in found if bundle is not None]
        told = outcome(look(Searched(Findings(word, "", 1), bundles), question, readings))
        yield (time.process_time() - began) * 1000
        assert told.strategies


def _scan(fleet: _Fleet) -> float:
    """Seconds that looking through everything takes."""
    wanted = _sha("nowhere").encode()
    began = time.process_time()
    assert not any(wanted in piece for bundle in fleet.projector.list(_VIEW) for piece in bundle.tail)
    return time.process_time() - began


def _changed(fleet: _Fleet, index: CommitIndex, step: int) -> tuple[float, float]:
    """Seconds of one change: projected, and put into the index."""
    chance = random.Random(2)
    projected = indexed = 0.0
    for number in chance.sample(range(fleet.count), min(_CHANGES, fleet.count)):
        after, place = fleet.projector.head, chance.randrange(len(_BRANCHES))
        projected += fleet.put(number, place, newest=_PAST + step, said=f"{number} of {_CHANGES}")
        taken = fleet.changes(after)
        began = time.process_time()
        for change in taken:
            at_once(index.take(change))
        indexed += time.process_time() - began
    changes = min(_CHANGES, fleet.count)
    return projected / changes, indexed / changes


def _resident() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def _put(kind: str, name: str, body: dict[str, Any]) -> Change:
    document = {"apiVersion": _GROUP, "kind": kind, **body}
    return Change(ChangeType.MODIFIED, ObjectKey(kind, "team", name), orjson.dumps(document), "7", _PATH, "7")


def _name(number: int) -> str:
    return f"app-{number:05d}"


def _sha(word: str) -> str:
    return sha1(word.encode(), usedforsecurity=False).hexdigest()


def _strategy(number: int) -> dict[str, Any]:
    spec = {"gitRepositoryRef": {"name": "app"}, "environments": [{"branch": branch} for branch in _BRANCHES]}
    return {"metadata": {"name": _name(number), "namespace": "team", "uid": f"uid-{number}"}, "spec": spec}


def _policy(number: int, place: int, newest: int) -> dict[str, Any]:
    owner = {"apiVersion": _GROUP, "kind": "PromotionStrategy", "name": _name(number), "uid": f"uid-{number}"}
    live = newest - place
    return {
        "metadata": {
            "name": f"{_name(number)}-{place}",
            "namespace": "team",
            "uid": f"uid-{number}-{place}",
            "ownerReferences": [{**owner, "controller": True}],
        },
        "spec": {"activeBranch": _BRANCHES[place]},
        "status": {
            "active": _side(number, place, live),
            "proposed": _side(number, place, min(live + 1, newest)),
            "history": [{"active": _side(number, place, live - back)} for back in range(_PAST)],
        },
    }


def _side(number: int, place: int, version: int) -> dict[str, Any]:
    checks = [
        {
            "key": f"check-{each}",
            "phase": "success",
            "description": "All is well",
            "url": f"https://ci.example.com/{each}",
        }
        for each in range(5)
    ]
    source = {"commit": _commit(f"source-{number}-{version}")}
    return {
        "dry": {**_commit(f"dry-{number}-{version}"), "references": [source]},
        "hydrated": _commit(f"hydrated-{number}-{place}-{version}"),
        "commitStatuses": checks,
    }


def _commit(word: str) -> dict[str, Any]:
    return {
        "sha": _sha(word),
        "commitTime": f"2026-11-{1 + int(_sha(word)[:2], 16) % 28:02}T17:59:00Z",
        "author": "Ann Example <ann@example.com>",
        "subject": "fix(app): keep connections to the database open",
        "body": "Seen on call.\n\nSigned-off-by: Ann Example <ann@example.com>",
        "repoURL": "https://git.example.com/deployments/app",
    }


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.commits", description=__doc__)
    parser.add_argument("--strategies", type=int, default=10_000)
    print(table(list(measure(parser.parse_args().strategies))))


if __name__ == "__main__":
    main()

"""One event that changes 300 bundles, read through the API on a clock: nobody is left with half of it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

import pytest

from promoter_view.records import BundleKey, Change, ChangeType, ObjectKey
from tests.support.api.world import _PATH, BASE, VIEW, World

STRATEGIES = 300
#: So large that a stream of all needs several writes.
NOTE = "x" * 3000
WATCH = f"{BASE}?watch=1&allowWatchBookmarks=true&resourceVersion="


def shared_world() -> World:
    """300 strategies of one GitRepository, whose ClusterScmProvider is about to change."""
    world = World()
    for number in range(STRATEGIES):
        world.put("a", f"app-{number:03}", note=NOTE)
    reference = {"kind": "ClusterScmProvider", "name": "scm"}
    put(world, "GitRepository", "a", "app", {"scmProviderRef": reference})
    put(world, "ClusterScmProvider", "", "scm", {"turn": 0})
    return world


def put(world: World, kind: str, namespace: str, name: str, spec: dict) -> None:
    metadata = {"name": name, "uid": f"uid-{name}"} | ({"namespace": namespace} if namespace else {})
    document = {"apiVersion": "promoter.argoproj.io/v1alpha1", "kind": kind, "metadata": metadata, "spec": spec}
    version = str(world.offset)
    body = json.dumps(document).encode()
    world.record(Change(ChangeType.MODIFIED, ObjectKey(kind, namespace, name), body, version, _PATH, version))


def turn(item: dict) -> int:
    return item["clusterScmProvider"]["spec"]["turn"]


def version(event: dict) -> int:
    return int(event["object"]["metadata"]["resourceVersion"])


def in_pauses(world: World, position: int) -> Iterator[dict]:
    """A watch whose transport is full after each write, and drains when a bookmark is due."""
    client = world.open(f"{WATCH}{position}")
    write = client.transport.writeSequence

    def write_and_be_full(data: Iterable[bytes]) -> None:
        write(data)
        client.pause()

    client.transport.writeSequence = write_and_be_full
    while events := client.events():
        yield from events
        world.turn(90)
        client.resume()


def test_a_bookmark_between_the_changes_of_one_offset() -> None:
    """A bookmark that is due there says how far its reader has come, not the head; from each the rest follows."""
    world = shared_world()
    before = world.views.head
    put(world, "ClusterScmProvider", "", "scm", {"turn": 1})
    events = []
    for event in in_pauses(world, before):
        events.append(event)
        if sum(it["type"] == "MODIFIED" for it in events) == STRATEGIES and event["type"] == "BOOKMARK":
            break
    changes = [version(event) for event in events if event["type"] == "MODIFIED"]
    assert len(changes) == len(set(changes)) == STRATEGIES
    early = [place for place, event in enumerate(events[:-1]) if event["type"] == "BOOKMARK"]
    assert len(early) >= 2
    for place in early:
        assert version(events[place]) == version(events[place - 1]) < world.views.head
        rest = world.open(f"{WATCH}{version(events[place])}")
        expected = [found for found in changes if found > version(events[place])]
        assert [version(event) for event in rest.events() if event["type"] == "MODIFIED"] == expected
        rest.leave()


@pytest.mark.parametrize("count", [0, 1, 2, 127, 128, 299, 300])
def test_a_reader_cut_off_after_any_number_of_them(count: int) -> None:
    """Whoever resumes after the n-th of 300 changes gets the other 300 - n, each with its own resourceVersion."""
    world = shared_world()
    before = world.views.head
    put(world, "ClusterScmProvider", "", "scm", {"turn": 1})
    first = world.open(f"{WATCH}{before}")
    changes = [version(event) for event in first.events()]
    first.leave()
    assert len(changes) == STRATEGIES
    position = changes[count - 1] if count else before
    second = world.open(f"{WATCH}{position}")
    assert [version(event) for event in second.events()] == changes[count:]
    put(world, "ClusterScmProvider", "", "scm", {"turn": 2})
    assert len(second.events()) == STRATEGIES


def test_a_list_in_progress_is_of_one_moment() -> None:
    """A list that is read slowly shows the moment in which it was asked for, whatever is projected meanwhile."""
    world = shared_world()
    head = world.views.head
    client = world.open(BASE)
    client.pause()
    for number in (1, 2):
        put(world, "ClusterScmProvider", "", "scm", {"turn": number})
        world.turn(1)
    assert not client.complete
    client.resume()
    world.turn(1)
    found = client.answer().document
    assert int(found["metadata"]["resourceVersion"]) == head
    assert {turn(item) for item in found["items"]} == {0}
    assert len(found["items"]) == STRATEGIES
    assert {turn(item) for item in world.ask(BASE).document["items"]} == {2}


def test_pages_are_of_one_moment() -> None:
    """The pages of a list that an event has come between are all of the first one's moment."""
    world = shared_world()
    page = world.ask(f"{BASE}?limit=70").document
    items, moment = page["items"], page["metadata"]["resourceVersion"]
    while token := page["metadata"].get("continue"):
        put(world, "ClusterScmProvider", "", "scm", {"turn": len(items)})
        page = world.ask(f"{BASE}?limit=70&continue={token}").document
        assert page["metadata"]["resourceVersion"] == moment
        items += page["items"]
    assert len(items) == STRATEGIES
    assert {turn(item) for item in items} == {0}


class Witness:
    """Looks at each head that there is: what a request sees that comes between two records."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.seen: list[tuple[set[int], int]] = []
        world.views.subscribe(self)

    def wake(self) -> None:
        """The head has moved."""
        views = self._world.views
        items = [json.loads(bundle.encode()) for bundle in views.list(VIEW)]
        latest = max(int(item["metadata"]["resourceVersion"]) for item in items)
        assert latest <= views.head
        assert views.get(BundleKey(VIEW, "a", "app-000")) is views.list(VIEW, "a")[0]
        self.seen.append(({turn(item) for item in items}, views.head))


def test_no_head_shows_half_of_an_offset() -> None:
    """Whenever the head has moved, a list shows all bundles before the event or all after it."""
    world = shared_world()
    witness = Witness(world)
    for number in (1, 2, 3):
        put(world, "ClusterScmProvider", "", "scm", {"turn": number})
    assert [turns for turns, _ in witness.seen] == [{1}, {2}, {3}]
    heads = [head for _, head in witness.seen]
    assert heads == sorted(set(heads))
    for (turns, _), head in zip(witness.seen, heads, strict=True):
        then = [json.loads(bundle.encode()) for bundle in world.views.list_at(VIEW, "", head)]
        assert {turn(item) for item in then} == turns

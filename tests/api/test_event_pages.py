"""``promotionevents`` without a limit: sent page by page, of one moment, whatever comes and goes meanwhile."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
import yaml
from twisted.internet.defer import Deferred

from promoter_view.journal.entries import EntryIdentity, JournalEntry
from promoter_view.journal.sqlite import work
from promoter_view.journal.store import JournalError, JournalQuery
from tests.support.api.world import TABLE, Client, World, brief
from tests.support.journal.journals import DirectJournal, entry
from tests.support.journal.told import Told

ROOT = "/apis/view.promoter.argoproj.io/v1alpha1/promotionevents"
COUNT = 2500
PAGE = 1000
YAML = {"Accept": "application/yaml"}


class Slow(DirectJournal):
    """Answers when the test says so, but for the first question; ``asked`` are the questions that wait."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[tuple[JournalQuery, Deferred[Sequence[JournalEntry]]]] = []
        self.holds = False
        self.most = 0

    def query(self, query: JournalQuery) -> Deferred[Sequence[JournalEntry]]:
        self.most = max(self.most, query.limit)
        if not self.holds or query.after.resource_version == 0:
            return super().query(query)
        waiting: Deferred[Sequence[JournalEntry]] = Deferred()
        self.asked.append((query, waiting))
        return waiting

    def answer(self) -> None:
        """The one question that waits."""
        ((query, waiting),) = self.asked
        self.asked.clear()
        super().query(query).addCallbacks(waiting.callback, waiting.errback)


@pytest.fixture
def store() -> Slow:
    return Slow()


@pytest.fixture
def told(store: Slow) -> Told:
    """With three pages of entries."""
    world = World()
    world.journal._store = store
    found = Told(world)
    found.write(*(entry(number, letter="abcdef"[number % 6]) for number in range(1, COUNT + 1)))
    store.holds = True
    return found


def names(told: Told, first: int = 1, last: int = COUNT) -> list[str]:
    return [f"{told.base + number}-0" for number in range(first, last + 1)]


def through(told: Told, store: Slow, client: Client) -> None:
    """All pages, one after the other."""
    for _ in range(5):
        told.world.turn()
        if store.asked:
            store.answer()
    told.world.turn()


def delete(told: Told, store: Slow, last: int) -> None:
    """Retention deletes all up to that one; the journal itself has not looked since."""
    store._do(lambda cursor: work.expire(cursor, EntryIdentity(told.base + last, 0)))


def test_all_of_one_moment(told: Told, store: Slow) -> None:
    """Every entry once, as of one resourceVersion, while more are written; a page at most is asked for at once."""
    client = told.world.open(ROOT)
    told.world.turn()
    head = told.world.journal.progress
    told.write(entry(COUNT + 1))
    through(told, store, client)
    answer = client.answer()
    assert client.complete
    assert answer.names == names(told)
    assert answer.version == str(head)
    assert "continue" not in answer.document["metadata"]
    assert store.most == PAGE


@pytest.mark.parametrize("headers", [TABLE, YAML], ids=["Table", "YAML"])
def test_whatever_it_looks_like(told: Told, store: Slow, headers: dict[str, str]) -> None:
    """Rows of a Table and items of YAML come in pages too, with what stands around them once."""
    client = told.world.open(f"{ROOT}?since=-400d", headers)
    through(told, store, client)
    body = client.answer().body.decode()
    found = yaml.load(body, Loader=yaml.CSafeLoader) if headers is YAML else client.answer().document
    items = [row["object"] for row in found["rows"]] if headers is TABLE else found["items"]
    assert [item["metadata"]["name"] for item in items] == names(told)
    around = "kind: PromotionEventList" if headers is YAML else "columnDefinitions"
    assert body.count(around) == 1


def test_nothing_is_read_ahead_of_who_reads(told: Told, store: Slow) -> None:
    """The next page is asked for when one was given; a client that reads nothing is not read for."""
    client = told.world.open(ROOT)
    for _ in range(3):
        if not store.asked:
            told.world.turn()
    assert len(store.asked) == 1
    client.pause()
    store.answer()
    told.world.turn()
    sent = len(client.transport.value())
    told.world.turn()
    assert (len(client.transport.value()), store.asked) == (sent, [])
    client.resume()
    through(told, store, client)
    assert client.answer().names == names(told)


def test_who_leaves_is_not_read_for(told: Told, store: Slow) -> None:
    """A page that comes too late is for nobody."""
    client = told.world.open(ROOT)
    told.world.turn()
    client.leave()
    store.answer()
    told.world.turn()
    assert store.asked == []


def test_retention_behind_the_reader(told: Told, store: Slow) -> None:
    """What was sent may go: the list is whole."""
    client = told.world.open(ROOT)
    told.world.turn()
    delete(told, store, PAGE)
    through(told, store, client)
    assert client.answer().names == names(told)


def test_retention_ahead_of_the_reader(told: Told, store: Slow) -> None:
    """What was still to be sent is deleted: the answer breaks off, so that nobody takes it for the whole."""
    client = told.world.open(ROOT)
    told.world.turn()
    delete(told, store, PAGE + 1)
    through(told, store, client)
    assert not client.complete
    assert client.transport.disconnecting
    assert client.answer().code == 200


def test_a_page_that_cannot_be_read(told: Told, store: Slow) -> None:
    """The same where the journal fails."""
    client = told.world.open(ROOT)
    told.world.turn()
    ((_, waiting),) = store.asked
    waiting.errback(JournalError("the disk is gone"))
    told.world.turn()
    assert not client.complete
    assert client.transport.disconnecting


def test_a_limit_is_a_page_at_most(told: Told, store: Slow) -> None:
    """Whoever allows for a million gets a page and goes on; so does who goes on without a limit."""
    store.holds = False
    answer = told.world.ask(f"{ROOT}?limit=1000000")
    assert answer.names == names(told, 1, PAGE)
    found, token = answer.names, answer.document["metadata"]["continue"]
    while token:
        answer = told.world.ask(f"{ROOT}?continue={token}")
        found += answer.names
        token = answer.document["metadata"].get("continue", "")
    assert found == names(told)
    assert store.most <= PAGE + 1


def test_a_token_behind_which_was_deleted(told: Told, store: Slow) -> None:
    """410, with a token for what is left, also before the journal has looked what retention did."""
    store.holds = False
    token = told.world.ask(f"{ROOT}?limit=500").document["metadata"]["continue"]
    delete(told, store, 700)
    assert told.world.ask(f"{ROOT}?limit=500&continue={token}").code == 410


def test_a_watch_from_the_beginning(told: Told, store: Slow) -> None:
    """All that there is, page by page, then the mark of its end, then what has come meanwhile and comes."""
    client = told.world.open(f"{ROOT}?watch=1&allowWatchBookmarks=1&since=-400d")
    told.world.turn()
    head = told.world.journal.progress
    told.write(entry(COUNT + 1))
    through(told, store, client)
    events = client.events()
    assert brief(events[:COUNT]) == [("ADDED", name) for name in names(told)]
    assert brief(events[COUNT:]) in (
        [("ADDED", names(told, COUNT + 1, COUNT + 1)[0]), ("BOOKMARK", "")],
        [("BOOKMARK", ""), ("ADDED", names(told, COUNT + 1, COUNT + 1)[0])],
    )
    mark = next(event for event in events if event["type"] == "BOOKMARK")
    assert mark["object"]["metadata"]["annotations"] == {"k8s.io/initial-events-end": "true"}
    assert int(mark["object"]["metadata"]["resourceVersion"]) >= head
    told.write(entry(COUNT + 2))
    assert brief(client.events()) == [("ADDED", names(told, COUNT + 2, COUNT + 2)[0])]
    assert store.most == PAGE


def test_a_watch_has_no_position_before_all_was_told(told: Told, store: Slow) -> None:
    """No bookmark that falls due in between: whoever resumed there would miss what was not told yet."""
    client = told.world.open(f"{ROOT}?watch=1&allowWatchBookmarks=1&timeoutSeconds=600")
    told.world.turn(90)
    assert {event["type"] for event in client.events()} == {"ADDED"}
    told.world.turn(600)
    assert {event["type"] for event in client.events()} <= {"ADDED"}
    assert client.complete


def test_a_watch_whose_beginning_is_deleted(told: Told, store: Slow) -> None:
    """410 as an event, and not silence."""
    client = told.world.open(f"{ROOT}?watch=1&allowWatchBookmarks=1")
    told.world.turn()
    delete(told, store, PAGE + 1)
    through(told, store, client)
    last = client.events()[-1]
    assert (last["type"], last["object"]["code"]) == ("ERROR", 410)


def test_a_watch_of_rows(told: Told, store: Slow) -> None:
    """A Table's rows come in pages too, and its columns once."""
    store.holds = False
    client = told.world.open(f"{ROOT}?watch=1&allowWatchBookmarks=1&fieldSelector=event=promoted", TABLE)
    events = [event for _ in range(10) for event in client.events()]
    assert len(events) == COUNT + 1
    assert sum(bool(event["object"]["columnDefinitions"]) for event in events[:COUNT]) == 1

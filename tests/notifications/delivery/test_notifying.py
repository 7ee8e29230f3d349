"""Notifications while their process leads: where they begin, what they send, what becomes durable when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from twisted.internet.defer import Deferred, succeed
from twisted.internet.task import Clock

from promoter_view.journal.cursors import SecondCursors
from promoter_view.journal.entries import EntryIdentity, EventType, JournalEntry
from promoter_view.journal.store import Batch, JournalQuery
from promoter_view.log.errors import LogClosed
from promoter_view.notifications.declaring import DigestSchedule, Receiver, Subscription
from promoter_view.notifications.delivery import loop as module
from promoter_view.notifications.delivery.answers import MessageFate, ReceiverAnswer
from promoter_view.notifications.delivery.notifying import Notifications
from promoter_view.notifications.filters import EntryFilter
from promoter_view.notifications.links import Links
from promoter_view.notifications.messages import OutgoingMessage
from promoter_view.records import CursorMoved, CursorPlace
from promoter_view.views.versions import join
from promoter_view.web.errors import BadRequest, NotSending, ResourceNotFound
from tests.support.journal.journals import BEGAN, DirectJournal, entry
from tests.support.runtimes import a_runtime

CHAT = Subscription("chat", Receiver(url="https://hooks.example.com/x"))
TAKEN = ReceiverAnswer(MessageFate.TAKEN, "HTTP 204")
FAILED = ReceiverAnswer(MessageFate.FAILED, "HTTP 503")


class Shelf:
    """Where cursors are kept a second time."""

    def __init__(self) -> None:
        self.places: dict[str, EntryIdentity] = {}

    def keep_cursors(self, places: Mapping[str, EntryIdentity | None]) -> Deferred[None]:
        self.places = {name: place for name, place in {**self.places, **places}.items() if place is not None}
        return succeed(None)

    def cursors(self) -> Deferred[Mapping[str, EntryIdentity]]:
        return succeed(dict(self.places))


class Bench:
    """A process that leads: its journal, its log, its receivers; ``sent`` are the identities that were posted."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, cursors: dict[str, CursorPlace] | None = None) -> None:
        self.clock = Clock()
        self.clock.advance(BEGAN.timestamp() + 86400)
        self.runtime = a_runtime(self.clock)
        self.store = DirectJournal()
        self.store.open()
        self.shelf = Shelf()
        self.journal = SimpleNamespace(
            progress=0,
            reach=EntryIdentity(-1, 0),
            opened_at=0,
            query=self.store.query,
            cursors=SecondCursors(self.shelf, clock=self.clock),
        )
        self.cursors: dict[str, CursorPlace] = dict(cursors or {})
        self.views = SimpleNamespace(cursors=self.cursors, get=lambda key: None)
        self.log = SimpleNamespace(append=self._append, status=lambda: SimpleNamespace(first=1, is_sole=self.is_sole))
        self.is_sole = True
        self.is_held = self.is_closed = False
        self.held: list[Deferred[None]] = []
        self.writes: list[dict[str, CursorPlace | None]] = []
        self.sent: list[str] = []
        self.messages: list[Sequence[str]] = []
        self.answers: list[ReceiverAnswer | Deferred[ReceiverAnswer]] = []
        bench = self

        class Connection:
            def __init__(self, receiver: Receiver, *, runtime: Any) -> None:
                self.receiver = receiver

            async def post(self, message: OutgoingMessage, entries: Sequence[JournalEntry]) -> ReceiverAnswer:
                bench.messages.append([each.identity.name for each in entries])
                bench.sent.append(entries[-1].identity.name)
                answer = bench.answers.pop(0) if bench.answers else TAKEN
                return await answer if isinstance(answer, Deferred) else answer

            def close(self) -> Deferred[None]:
                return succeed(None)

        monkeypatch.setattr(module, "ReceiverConnection", Connection)
        self.notifications = Notifications(
            Path("none"), self.journal, views=self.views, log=self.log, links=Links(), runtime=self.runtime
        )
        self.notifications._cluster = SimpleNamespace(close=lambda: succeed(None))

    def declare(self, *subscriptions: Subscription) -> None:
        self.notifications._declare(subscriptions)
        self.wait()

    def lead(self) -> None:
        self.notifications.begin()
        self.wait()

    def write(self, *entries: JournalEntry) -> None:
        self.journal.progress = max([each.identity.resource_version for each in entries], default=self.journal.progress)
        self.store.append(Batch(self.journal.progress, entries))
        self.notifications.entries_came(entries)
        self.wait()

    def wait(self, seconds: float = 0.05) -> None:
        self.clock.pump([seconds / 20] * 20)

    def look(self, seconds: int) -> None:
        """Time passes, in which it is looked at now and then."""
        for _ in range(seconds // 10):
            self.notifications._look()
            self.wait(10)

    def standing(self, name: str = "chat") -> Any:
        return self.notifications._loops[name].standing

    def _append(self, entries: Sequence[CursorMoved]) -> Deferred[None]:
        if self.is_closed:
            from twisted.internet.defer import fail

            return fail(LogClosed("another replica leads"))
        self.writes.append({each.subscription: each.place for each in entries})
        done: Deferred[None] = Deferred()
        done.addCallback(lambda _: self._keep(entries))
        if self.is_held:
            self.held.append(done)
        else:
            done.callback(None)
        return done

    def _keep(self, entries: Sequence[CursorMoved]) -> None:
        for each in entries:
            if each.place is None:
                self.cursors.pop(each.subscription, None)
            else:
                self.cursors[each.subscription] = each.place


def begun(monkeypatch: pytest.MonkeyPatch, *subscriptions: Subscription) -> Bench:
    """One that leads, and has sent nothing yet: the journal stands at 10."""
    bench = Bench(monkeypatch)
    bench.journal.progress = 10
    bench.lead()
    bench.declare(*(subscriptions or (CHAT,)))
    return bench


def test_nothing_is_sent_while_another_one_may_lead(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that was stopped for longer than its lease wakes up, and does not know it yet."""
    bench = Bench(monkeypatch)
    bench.declare(CHAT)
    bench.lead()
    bench.write(entry(1))
    bench.wait(1)
    bench.is_sole = False
    bench.write(entry(2))
    bench.wait(60)
    assert bench.sent == ["1-0"]
    bench.is_sole = True
    bench.wait(1)
    assert bench.sent == ["1-0", "2-0"]


def test_nothing_is_sent_where_a_lease_ended_during_a_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """For a cursor that becomes durable late, or for a template."""
    bench = begun(monkeypatch)
    bench.is_held = True
    bench.write(*(entry(11 + number) for number in range(21)))
    bench.wait(2)
    bench.is_sole = False
    bench.held.pop().callback(None)
    bench.wait(2)
    assert len(bench.sent) == 20
    bench.is_sole = True
    bench.wait(1)
    assert len(bench.sent) == 21
    loop = bench.notifications._loops["chat"]
    written: Deferred[OutgoingMessage] = Deferred()
    loop._format = SimpleNamespace(write=lambda entries, links: written)  # type: ignore[assignment]
    bench.write(entry(40))
    bench.is_sole = False
    written.callback(OutgoingMessage(b"", "text/plain"))
    bench.wait(2)
    assert len(bench.sent) == 21


def test_one_that_is_removed_leaves_the_count_of_the_others_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """No more than 20 come again, also where one is removed while cursors are being written."""
    bench = begun(monkeypatch, CHAT, Subscription("pager", CHAT.receiver))
    bench.is_held = True
    bench.write(*(entry(11 + number) for number in range(10)))
    bench.wait(2)
    bench.write(*(entry(21 + number) for number in range(10)))
    bench.declare(CHAT)
    assert bench.writes[-1] == {"pager": (30, 0)}
    bench.held.pop(0).callback(None)
    assert (bench.standing().unsaved, bench.cursors["chat"]) == (10, (20, 0))


def test_a_new_one_begins_behind_the_newest_entry(monkeypatch: pytest.MonkeyPatch) -> None:
    """And its cursor is durable before anything is sent."""
    bench = Bench(monkeypatch)
    bench.write(entry(5), entry(9))
    bench.is_held = True
    bench.lead()
    bench.declare(CHAT)
    bench.write(entry(11))
    assert bench.sent == []
    bench.held.pop().callback(None)
    bench.wait()
    assert bench.sent == ["11-0"]


def test_a_journal_that_was_not_there_yet_is_told_from_its_beginning(monkeypatch: pytest.MonkeyPatch) -> None:
    """What happens while it is looked for is not lost; what objects told of the past is not sent."""
    bench = Bench(monkeypatch)
    bench.lead()
    bench.declare(CHAT)
    bench.journal.reach = EntryIdentity(6, 0)
    bench.write(entry(7, backfilled=True), entry(8), entry(9))
    bench.wait(1)
    assert bench.sent == ["8-0", "9-0"]


def test_an_old_journal_that_opens_late_is_not_told_from_its_beginning(monkeypatch: pytest.MonkeyPatch) -> None:
    """A new one begins behind what it had when it was opened, however late that was."""
    bench = Bench(monkeypatch)
    bench.lead()
    bench.declare(CHAT)
    bench.journal.reach, bench.journal.opened_at = EntryIdentity(2, 0), 7
    bench.write(entry(5), entry(7))
    bench.wait(1)
    bench.write(entry(8))
    assert bench.sent == ["8-0"]


def test_a_file_that_lags_behind_forgets_no_cursor(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever leads from now on may not have the newest file yet: what it does not name stays where it is."""
    bench = Bench(monkeypatch, {"chat": CursorPlace(5, 0)})
    bench.write(entry(5), entry(8))
    bench.declare()
    bench.lead()
    bench.wait(2)
    assert bench.cursors == {"chat": (5, 0)}
    bench.declare(CHAT)
    assert bench.sent == ["8-0"]


def test_a_fault_of_ours_is_a_failure_like_another(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is told, and tried again; the message waits."""
    bench = begun(monkeypatch)
    broken: Deferred[ReceiverAnswer] = Deferred()
    broken.errback(AttributeError("a defect"))
    bench.answers = [broken]
    bench.write(entry(11))
    assert bench.standing().failing_since is not None
    bench.wait(2)
    assert (bench.sent, bench.standing().failing_since) == (["11-0", "11-0"], None)


def test_since_says_where_else(monkeypatch: pytest.MonkeyPatch) -> None:
    """For a new one only."""
    bench = Bench(monkeypatch)
    bench.write(entry(5), entry(8), entry(9))
    bench.lead()
    since = BEGAN.replace(minute=6).isoformat()
    bench.declare(Subscription("chat", CHAT.receiver, since=since))
    assert bench.sent == ["8-0", "9-0"]


def test_it_goes_on_where_the_log_says(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever led before."""
    bench = Bench(monkeypatch, {"chat": CursorPlace(5, 0)})
    bench.write(entry(5), entry(8), entry(9))
    bench.lead()
    bench.declare(CHAT)
    assert bench.sent == ["8-0", "9-0"]
    bench.wait(2)
    assert bench.writes == [{"chat": (9, 0)}]


def test_what_is_left_out_moves_the_cursor_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """Later: nothing comes again of it."""
    only = EntryFilter(events=frozenset({EventType.FAILED}))
    bench = begun(monkeypatch, Subscription("chat", CHAT.receiver, only))
    bench.writes.clear()
    bench.write(entry(11), entry(12))
    bench.wait(20)
    assert (bench.sent, bench.writes) == ([], [])
    bench.wait(15)
    assert bench.writes == [{"chat": (12, 0)}]


def test_a_failure_is_tried_again_and_keeps_the_order(monkeypatch: pytest.MonkeyPatch) -> None:
    """The next one waits for it."""
    bench = begun(monkeypatch)
    bench.answers = [FAILED, FAILED]
    bench.write(entry(11), entry(12))
    assert bench.sent == ["11-0"]
    bench.notifications._measure()
    assert "not delivered, retrying: chat" in bench.notifications.line()
    bench.wait(3)
    assert bench.sent == ["11-0", "11-0", "11-0", "12-0"]
    assert "sent here" in bench.notifications.line()


def test_a_receiver_in_trouble_costs_the_others_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that never answers holds up its own messages only."""
    bench = begun(monkeypatch, CHAT, Subscription("pager", CHAT.receiver))
    bench.answers = [Deferred()]
    bench.write(entry(11), entry(12))
    assert sorted(bench.sent) == ["11-0", "11-0", "12-0"]


def test_twenty_are_sent_before_the_cursor_has_to_be_durable(monkeypatch: pytest.MonkeyPatch) -> None:
    """While the log cannot be written no more are sent: after a cut no more come again."""
    bench = begun(monkeypatch)
    bench.is_held = True
    bench.write(*(entry(11 + number) for number in range(30)))
    bench.wait(5)
    assert len(bench.sent) == 20
    while bench.held:
        bench.held.pop(0).callback(None)
        bench.wait(2)
    assert len(bench.sent) == 30
    assert len(set(bench.sent)) == 30


def test_all_that_moved_is_one_write(monkeypatch: pytest.MonkeyPatch) -> None:
    """A second after the first."""
    bench = begun(monkeypatch, CHAT, Subscription("pager", CHAT.receiver))
    bench.wait(2)
    bench.writes.clear()
    bench.write(entry(11))
    bench.wait(2)
    assert bench.writes == [{"chat": (11, 0), "pager": (11, 0)}]


def test_at_the_end_what_was_sent_becomes_durable(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing comes again after an orderly end."""
    bench = begun(monkeypatch)
    bench.write(entry(11))
    bench.notifications._measuring.start()
    closing = Deferred.fromCoroutine(bench.notifications.close())
    bench.wait()
    assert closing.called
    assert bench.cursors == {"chat": (11, 0)}
    bench.write(entry(12))
    assert bench.sent == ["11-0"]


def test_who_leads_no_more_sends_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """The log takes nothing from it; whoever leads next goes on behind what is durable."""
    bench = begun(monkeypatch)
    bench.is_closed = True
    bench.write(entry(11))
    bench.notifications.end()
    bench.wait(2)
    bench.write(entry(12))
    assert bench.sent == ["11-0"]
    assert "replica that leads" in bench.notifications.line()
    bench.is_closed = False
    bench.lead()
    assert bench.sent == ["11-0", "11-0", "12-0"]


def test_beyond_the_reach_of_the_journal_one_gap_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    """It says from when to when; then it goes on."""
    bench = Bench(monkeypatch, {"chat": CursorPlace(join(5, 0, 0), 0)})
    bench.write(entry(join(9, 0, 0)))
    bench.journal.reach = EntryIdentity(join(8, 0, 0), 2)
    bench.lead()
    bench.declare(CHAT)
    assert bench.sent == [f"{join(8, 0, 0)}-2", f"{join(9, 0, 0)}-0"]


def test_the_gap_of_ones_own_has_no_filter(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever asks for some events is told that some may be lost; a gap of the journal is an event like others."""
    bench = Bench(monkeypatch, {"chat": CursorPlace(join(5, 0, 0), 0)})
    bench.write(entry(join(9, 0, 0)), entry(join(10, 0, 0), event=EventType.GAP))
    bench.journal.reach = EntryIdentity(join(8, 0, 0), 2)
    bench.lead()
    promoted = EntryFilter(events=frozenset((EventType.PROMOTED,)))
    bench.declare(Subscription("chat", CHAT.receiver, filter=promoted))
    assert bench.sent == [f"{join(8, 0, 0)}-2", f"{join(9, 0, 0)}-0"]


def test_a_log_that_was_set_aside_costs_no_more_than_a_gap(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cursors went with it: the journal says where it stood, and has the gap itself."""
    bench = Bench(monkeypatch)
    bench.write(entry(join(5, 0, 0)), entry(join(9, 0, 0), event=EventType.GAP))
    bench.journal.opened_at = join(5, 0, 7)
    bench.log.status = lambda: SimpleNamespace(first=8, is_sole=True)
    bench.lead()
    bench.declare(CHAT)
    assert bench.sent == [f"{join(9, 0, 0)}-0"]


def test_a_log_that_was_set_aside_and_a_slow_receiver(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where it had come is kept beside the journal: it is sent what it had not got, and the others are not."""
    bench = Bench(monkeypatch)
    bench.write(*(entry(join(number, 0, 0)) for number in range(3, 6)), entry(join(9, 0, 0), event=EventType.GAP))
    bench.shelf.places = {"chat": EntryIdentity(join(3, 0, 0), 0), "quick": EntryIdentity(join(7, 0, 0), 0)}
    Deferred.fromCoroutine(bench.journal.cursors.open())
    bench.journal.opened_at = join(5, 0, 7)
    bench.log.status = lambda: SimpleNamespace(first=8, is_sole=True)
    bench.lead()
    bench.declare(CHAT, Subscription("quick", CHAT.receiver))
    assert sorted(bench.sent) == [f"{join(number, 0, 0)}-0" for number in (4, 5, 9, 9)]


def test_cursors_are_kept_beside_the_journal(monkeypatch: pytest.MonkeyPatch) -> None:
    """A while after the log has them, and when the program ends."""
    bench = begun(monkeypatch)
    bench.write(entry(11))
    bench.wait(2)
    assert bench.shelf.places == {}
    bench.wait(12)
    assert bench.shelf.places == {"chat": (11, 0)}
    bench.write(entry(12))
    bench.wait(2)
    Deferred.fromCoroutine(bench.journal.cursors.close())
    assert bench.shelf.places == {"chat": (12, 0)}


def test_a_digest_is_one_message(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of all that waited when it was due."""
    bench = begun(monkeypatch, Subscription("chat", CHAT.receiver, digest=DigestSchedule(every_seconds=900)))
    now = (bench.clock.seconds() - BEGAN.timestamp()) / 60
    bench.write(*(entry(11 + number, minutes=now + number) for number in range(3)))
    assert bench.sent == []
    bench.clock.pump([10.0] * 100)
    assert bench.messages == [["11-0", "12-0", "13-0"]]


def test_one_that_is_declared_no_more_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    """After an hour; also where only the log, or the journal, knows it. Under the same name it is a new one later."""
    bench = begun(monkeypatch)
    bench.cursors["old"] = CursorPlace(3, 0)
    bench.journal.cursors.moved({"older": EntryIdentity(2, 0)})
    bench.write(entry(11))
    bench.declare()
    bench.look(3590)
    assert bench.cursors.keys() == {"chat", "old"}
    bench.look(30)
    assert bench.cursors == bench.shelf.places == {}
    bench.write(entry(12))
    bench.declare(CHAT)
    bench.write(entry(13))
    assert bench.sent == ["11-0", "13-0"]


def test_a_file_that_is_wrong_for_a_moment_costs_no_cursor(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who is declared again goes on where it stood, and loses nothing; a file that cannot be read says nothing."""
    bench = begun(monkeypatch)
    bench.write(entry(11))
    bench.declare()
    bench.look(3000)
    bench.write(entry(12), entry(13))
    bench.declare(CHAT)
    bench.wait(2)
    assert bench.sent == ["11-0", "12-0", "13-0"]
    bench.declare()
    bench.look(3000)
    bench.notifications._file._refused.set("it is no YAML", reason="", meanwhile="")
    bench.look(3000)
    bench.notifications._file._refused.clear()
    bench.look(3000)
    assert bench.cursors.keys() == {"chat"}


def test_one_that_is_declared_in_another_way_keeps_its_cursor(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is tried in vain is tried with the new receiver at once."""
    bench = begun(monkeypatch)
    bench.answers = [ReceiverAnswer(MessageFate.FAILED, "HTTP 503", 3600.0)]
    bench.write(entry(11), entry(12))
    bench.declare(Subscription("chat", Receiver(url="https://other.example.com/x")))
    assert bench.sent == ["11-0", "11-0", "12-0"]
    bench.declare(Subscription("chat", Receiver(url="https://other.example.com/x")))
    assert len(bench.sent) == 3


def test_replay_sends_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """From a time on, with the same identities, once the new place is durable."""
    bench = begun(monkeypatch)
    bench.write(entry(11), entry(12), entry(13))
    answers: list[Any] = []
    bench.notifications.replay("chat", BEGAN.replace(minute=12).isoformat()).addBoth(answers.append)
    bench.wait(2)
    assert answers == [{"name": "chat", "replayed": True, "from": "12-0"}]
    assert bench.sent == ["11-0", "12-0", "13-0", "12-0", "13-0"]
    bench.notifications.replay("chat", "-1s").addBoth(answers.append)
    assert answers[1] == {"name": "chat", "replayed": False}


def test_replay_leaves_nothing_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever has not come so far yet goes on where it stands."""
    bench = begun(monkeypatch)
    bench.answers = [FAILED]
    bench.write(entry(11), entry(12), entry(13))
    bench.notifications.replay("chat", BEGAN.replace(minute=13).isoformat())
    bench.wait(2)
    assert bench.sent == ["11-0", "11-0", "12-0", "13-0"]


def test_what_cannot_be_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that nobody declared, a time that is none, a replica that does not send."""
    bench = begun(monkeypatch)
    failures: list[Any] = []
    for asked in (("chta", "-1h"), ("chat", "soon")):
        bench.notifications.replay(*asked).addErrback(lambda failure: failures.append(failure.value))
    bench.notifications.end()
    bench.notifications.test("chat").addErrback(lambda failure: failures.append(failure.value))
    assert [type(each) for each in failures] == [ResourceNotFound, BadRequest, NotSending]
    assert "did you mean 'chat'?" in str(failures[0])


def test_a_test_moves_no_cursor(monkeypatch: pytest.MonkeyPatch) -> None:
    """It says what the receiver answered."""
    bench = begun(monkeypatch)
    before = bench.standing().cursor
    bench.answers = [ReceiverAnswer(MessageFate.REFUSED, "HTTP 401")]
    answers: list[Any] = []
    bench.notifications.test("chat").addBoth(answers.append)
    assert answers == [{"name": "chat", "result": "refused", "answer": "HTTP 401"}]
    assert bench.standing().cursor == before
    assert bench.notifications.document()["notifications"][0]["name"] == "chat"


def test_queries_are_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """However much there is to be sent, a hundred entries are read at once."""
    bench = begun(monkeypatch)
    limits: list[int] = []
    real = bench.store.query
    bench.journal.query = lambda query: limits.append(query.limit) or real(query)
    bench.write(*(entry(11 + number) for number in range(250)))
    bench.wait(10)
    assert len(bench.sent) == 250
    assert set(limits) == {JournalQuery(limit=100).limit}

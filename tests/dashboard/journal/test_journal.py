"""/journal on the dashboard's port: page, lines, events, feed; whoever asks gets what he may see, and gaps."""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from twisted.internet.defer import Deferred

from promoter_view.journal.entries import EventType, Happening, JournalEntry
from promoter_view.journal.store import JournalError, JournalExpiredError, JournalQuery
from promoter_view.journal.writer import EVERYTHING
from promoter_view.records import BundleKey
from tests.support.api.world import Client
from tests.support.dashboard.board import Board, Events, bearer, with_tokens
from tests.support.journal.journals import entry
from tests.support.journal.told import Told

OTHER = BundleKey("promotionstrategydetails", "other", "thing")


def gap(version: int) -> JournalEntry:
    """Nobody knows what happened."""
    happening = Happening(EventType.GAP, before="2026-11-21T09:00:00+00:00", after="2026-11-21T10:00:00+00:00")
    return replace(entry(version), key=EVERYTHING, uid="", happening=happening)


@pytest.fixture
def told() -> Told:
    """A dashboard with nothing in its journal."""
    return Told(Board())


def lines(told: Told, query: str = "", headers: dict[str, str] | None = None) -> list[dict[str, Any]]:
    """What a script gets."""
    answer = told.world.ask(f"/journal?format=ndjson&{query}", headers)
    assert answer.code == 200, answer.body
    return [json.loads(line) for line in answer.body.splitlines()]


def ids(found: list[dict[str, Any]]) -> list[str]:
    return [f"{each['resourceVersion']}-{each['item']}" for each in found]


def names(entries: list[JournalEntry]) -> list[str]:
    return [each.identity.name for each in entries]


def shown(told: Told, query: str = "", headers: dict[str, str] | None = None) -> tuple[list[str], str]:
    """The ids of the entries of a page, and its text."""
    answer = told.world.ask(f"/journal?{query}", headers)
    assert answer.code == 200, answer.body
    text = answer.body.decode()
    return re.findall(r'id="entry-([0-9-]+)"', text), text


def events(told: Told, query: str = "", headers: dict[str, str] | None = None) -> Events:
    """A stream."""
    world = told.world
    assert isinstance(world, Board)
    return world.watch(f"/journal?format=sse&{query}", headers)


class Followed:
    """A script that follows: ``read`` gives the lines since the last call."""

    def __init__(self, told: Told, query: str = "", headers: dict[str, str] | None = None) -> None:
        self.client: Client = told.world.open(f"/journal?format=ndjson&watch=1&{query}", headers)
        self._world = told.world
        self._read = 0

    def read(self) -> list[dict[str, Any]]:
        self._world.turn()
        answer = self.client.answer()
        packed = answer.header("content-encoding") == "gzip"
        found = (zlib.decompressobj(31).decompress(answer.body) if packed else answer.body).splitlines()
        fresh, self._read = found[self._read :], len(found)
        return [json.loads(line) for line in fresh]

    def entries(self) -> list[str]:
        """The ids of those that are entries."""
        return ids([line for line in self.read() if "event" in line])


def test_the_page(told: Told) -> None:
    """The newest first; each with links to its object and its commit; gaps are told; what was typed stays."""
    entries = told.write(entry(1), entry(2, letter="b", key=OTHER), gap(3), entry(4, letter="c"))
    found, text = shown(told, "since=-7d")
    assert found == names(entries)[::-1]
    assert 'href="/strategies/other/thing"' in text
    assert f'href="/commits/{"b" * 40}"' in text
    assert "no events are known from 21 Nov 2026, 09:00 UTC to 21 Nov 2026, 10:00 UTC" in text
    assert 'value="-7d"' in text
    assert '<a href="/journal" aria-current="page">Journal</a>' in text
    assert "nothing that matches" in shown(told, "name=nobody&event=promoted")[1]


def test_pages_go_on(told: Told) -> None:
    """Older entries are a link away, each once, whatever comes meanwhile."""
    entries = told.write(*(entry(number, letter="abcdef"[number % 6]) for number in range(1, 24)))
    found, path = list[str](), "limit=5&name=search"
    while path:
        some, text = shown(told, path)
        found += some
        told.write(entry(1000 + len(found)))
        older = re.search(r'rel="next" href="/journal\?([^"]+)"', text)
        path = older[1].replace("&amp;", "&") if older else ""
    assert found == names(entries)[::-1]


def test_lines(told: Told) -> None:
    """The oldest first, as the journal has them; what is left is behind a link, and behind the last one's id."""
    entries = told.write(*(entry(number, letter="abcdef"[number % 6]) for number in range(1, 8)))
    answer = told.world.ask("/journal?limit=3", {"Accept": "application/x-ndjson"})
    assert answer.header("content-type") == "application/x-ndjson"
    assert answer.header("x-content-type-options") == "nosniff"
    assert answer.header("access-control-allow-origin") == ""
    assert "Accept" in answer.header("vary")
    first = [json.loads(line) for line in answer.body.splitlines()]
    assert ids(first) == names(entries)[:3]
    assert first[0] == entries[0].document()
    link = re.fullmatch(r'</journal\?(.*)>; rel="next"', answer.header("link"))
    assert link is not None
    assert ids(lines(told, link[1].replace("format=ndjson&", ""))) == names(entries)[3:6]
    assert ids(lines(told, f"since={entries[2].identity.name}")) == names(entries)[3:]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("event=failed", [2]),
        ("event=failed,gap", [2, 4]),
        ("namespace=other", [3, 4]),
        ("name=search", [1, 2, 4]),
        ("environment=env/prod", [2, 4]),
        ("environment=prod", [2, 4]),
        ("environment=v/prod", [4]),
        ("environment=prod&namespace=shop", [2, 4]),
        ("commit=bbbbbbb", [2, 4]),
        ("commit=bbbbbbb&event=promoted", []),
        ("until=-400d", []),
    ],
)
def test_filters(told: Told, query: str, found: list[int]) -> None:
    """Alike in every form; a gap is told whatever object is asked for, for it may have been in it."""
    failed = entry(2, event=EventType.FAILED, letter="b", environment="env/prod")
    entries = told.write(entry(1), failed, entry(3, letter="c", key=OTHER), gap(4))
    wanted = [entries[number - 1].identity.name for number in found]
    assert ids(lines(told, query)) == wanted
    assert shown(told, query)[0] == wanted[::-1]
    if "until" not in query:
        start = f"since={told.base}&{query}"
        assert Followed(told, start).entries() == wanted
        assert [frame.id for frame in events(told, start).frames() if frame.event == "message"] == wanted


def test_a_short_branch_that_several_have(told: Told) -> None:
    """It names each of them, also one that comes later; one that is called just so hides no other."""
    branches = ("env/eu/prod", "prod", "env/us/prod", "nonprod")
    entries = names(told.write(*(entry(number, environment=each) for number, each in enumerate(branches, 1))))
    assert ids(lines(told, "environment=prod")) == entries[:3]
    assert shown(told, "environment=prod")[0] == entries[2::-1]
    assert ids(lines(told, "environment=prod&limit=2")) == entries[:2]
    assert ids(lines(told, "environment=eu/prod")) == entries[:1]
    followed = Followed(told, f"since={told.base}&environment=prod")
    assert followed.entries() == entries[:3]
    assert followed.entries() + names(told.write(entry(9, environment="more/prod"))) == followed.entries()


def test_a_short_branch_says_nothing_of_others() -> None:
    """Branches of entries that a reader may not see change nothing of what this one is answered."""
    told = Told(with_tokens({"ann": ["shop"]}))
    (mine, *_) = told.write(
        entry(1, environment="env/prod"),
        entry(2, environment="x/prod", key=OTHER),
        entry(3, environment="prod", key=OTHER),
    )
    for query in ("environment=prod", "environment=prod&namespace=shop"):
        assert ids(lines(told, query, bearer("ann"))) == [mine.identity.name]
    assert lines(told, "environment=x/prod", bearer("ann")) == []


def test_a_feed(told: Told) -> None:
    """The newest first."""
    entries = told.write(entry(1), entry(2, letter="b"))
    answer = told.world.ask("/journal?format=atom")
    assert answer.header("content-type").startswith("application/atom+xml")
    assert re.findall("<id>urn:uuid:([^<]+)</id>", answer.body.decode())[1:] == [
        each.identity.uid for each in entries[::-1]
    ]


def test_following_from_now(told: Told) -> None:
    """First where one stands, then what comes; compressed it is the same."""
    told.write(entry(1))
    plain, packed = Followed(told), Followed(told, headers={"Accept-Encoding": "gzip"})
    assert plain.read() == packed.read() == [{"resourceVersion": str(told.world.journal.progress)}]
    (second,) = told.write(entry(2, letter="b"))
    assert plain.read() == packed.read() == [second.document()]


def test_following_from_a_moment(told: Told) -> None:
    """What has happened since, then what comes: also from what is not in memory any more."""
    told.write(entry(1))
    told.world.clock.advance(7200)
    entries = told.write(*(entry(number, letter="b") for number in range(2, 700)))
    board = told.world
    assert isinstance(board, Board)
    board.entries._recent.clear()
    found = Followed(told, "since=-1h&event=promoted")
    assert [name for _ in range(4) for name in found.entries()] == names(entries)
    more = told.write(entry(1000, letter="c"))
    assert found.entries() == names(more)


@pytest.mark.parametrize("namespace", ["", "&namespace=shop"])
def test_what_comes_while_the_moment_is_looked_for(told: Told, monkeypatch: pytest.MonkeyPatch, namespace: str) -> None:
    """Nothing was found since that moment; what is written before that is known is told."""
    told.write(entry(1))
    told.world.clock.advance(4 * 3600)
    query, held = told.world.journal.query, list[Deferred[None]]()

    def asked(question: JournalQuery) -> Deferred[Sequence[JournalEntry]]:
        found = query(question)
        held.append(Deferred())
        return held[-1].addCallback(lambda _: found)

    monkeypatch.setattr(told.world.journal, "query", asked)
    followed = Followed(told, f"since=-2h{namespace}")
    told.world.turn()
    entries = told.write(entry(2), gap(3))
    while held:
        held.pop().callback(None)
        told.world.turn()
    assert followed.entries() == names(entries)


def test_resuming_anywhere(told: Told) -> None:
    """Behind each id come exactly the entries after it, also within one change; no matter which form."""
    entries = told.write(entry(1), entry(2), entry(2, 1, EventType.VERIFIED), entry(2, 2, EventType.STATE), entry(3))
    for place, name in enumerate(names(entries)):
        rest = names(entries)[place + 1 :]
        assert ids(lines(told, f"since={name}")) == rest
        assert Followed(told, f"since={name}").entries() == rest
        frames = events(told, headers={"Last-Event-ID": name}).frames()
        assert [frame.id for frame in frames if frame.event == "message"] == rest


def test_events(told: Told) -> None:
    """Entries are messages with their id and JSON; a position that cannot be resumed is told, then it goes on."""
    stream = events(told, headers={"Last-Event-ID": "somebody else's"})
    assert [frame.event for frame in stream.frames()] == ["RESET", "BOOKMARK"]
    assert stream.retry is not None
    (first,) = told.write(entry(1))
    (frame,) = stream.frames()
    assert (frame.event, frame.id, frame.data) == ("message", first.identity.name, first.document())
    for _ in range(3):
        told.world.turn(5)
    stream.frames()
    assert stream.comments
    told.world.site.drain()
    assert [frame.event for frame in stream.frames()] == ["BOOKMARK", "GOODBYE"]
    assert told.world.ask("/journal?format=sse").code == 503


def test_lines_end_with_where_they_stand(told: Told) -> None:
    """So that a script goes on where it was ended."""
    (first,) = told.write(entry(1))
    followed = Followed(told)
    followed.read()
    told.world.site.drain()
    assert followed.read() == [{"resourceVersion": str(first.identity.resource_version)}]
    assert followed.client.complete


def test_what_retention_has_deleted_is_gone(told: Told) -> None:
    """410 to a script; a browser is told to begin anew."""
    told.write(entry(1))
    told.world.clock.advance(40 * 86400)
    told.write(entry(2, letter="b"))
    told.world.turn(120)
    begin = f"since={told.base}"
    assert told.world.ask(f"/journal?format=ndjson&watch=1&{begin}").code == 410
    assert [frame.event for frame in events(told, begin).frames()][:1] == ["RESET"]


@pytest.mark.parametrize("form", ["ndjson", "html", "atom"])
def test_what_is_left_out_behind_an_entry_is_said(told: Told, form: str) -> None:
    """410 also to who does not follow; who reads all that there is, or since a moment, gets that."""
    gone = told.write(*(entry(number) for number in range(1, 4)))
    told.world.clock.advance(40 * 86400)
    (kept,) = told.write(entry(4, letter="b"))
    told.world.turn(120)
    for query in (f"since={gone[0].identity.name}", f"since={gone[1].identity.resource_version}"):
        answer = told.world.ask(f"/journal?format={form}&{query}")
        assert answer.code == 410, query
        assert "too old resource version" in answer.body.decode()
    if form == "ndjson":
        answer = told.world.ask(f"/journal?format=ndjson&continue={gone[0].identity.name}")
        assert (answer.code, answer.document["reason"]) == (410, "Expired")
    else:
        assert told.world.ask(f"/journal?format={form}&continue={gone[0].identity.name}").code == 200
    for query in ("", "since=-90d", f"since={gone[2].identity.name}"):
        answer = told.world.ask(f"/journal?format={form}&{query}")
        assert answer.code == 200, query
        assert kept.happening.after[:7] in answer.body.decode()


def test_what_is_deleted_while_it_is_read(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    """410, and no journal that cannot be read."""

    def fails(_: object) -> None:
        raise JournalExpiredError

    monkeypatch.setattr(told.world.journal, "query", fails)
    answer = told.world.ask("/journal?format=ndjson&name=x")
    assert (answer.code, answer.document["reason"]) == (410, "Expired")


def test_who_sees_what() -> None:
    """Entries of namespaces that one may see, also of what is no longer there; gaps to all; alike in every form."""
    told = Told(with_tokens({"ann": ["shop"], "bob": ["*"], "eve": []}))
    entries = told.write(entry(1), entry(2, letter="b", key=OTHER), gap(3))
    seen = {"ann": [0, 2], "bob": [0, 1, 2], "eve": [2]}
    followed = {user: Followed(told, f"since={told.base}", bearer(user)) for user in seen}
    for user, places in seen.items():
        wanted = [names(entries)[place] for place in places]
        assert ids(lines(told, headers=bearer(user))) == wanted
        assert shown(told, headers=bearer(user))[0] == wanted[::-1]
        assert followed[user].entries() == wanted
    more = told.write(entry(4, letter="d", key=OTHER))
    assert [followed[user].entries() for user in seen] == [[], names(more), []]
    assert told.world.ask("/journal?format=ndjson").code == 401
    assert told.world.ask("/journal", {"Accept": "text/html"}).code == 303


def test_what_a_hidden_kind_tells_is_left_out() -> None:
    """Of who may not see members of a kind."""
    from tests.support.dashboard.board import by_members

    board = with_tokens({"ann": ["*"]}, sights=by_members)
    board.secret = {"restoreactivecommits"}
    told = Told(board)
    secret = entry(2, letter="b", event=EventType.HELD)
    secret = replace(secret, happening=replace(secret.happening, told_by=frozenset({"RestoreActiveCommit"})))
    plain, _ = told.write(entry(1), secret)
    assert ids(lines(told, headers=bearer("ann"))) == [plain.identity.name]
    assert Followed(told, f"since={told.base}", bearer("ann")).entries() == [plain.identity.name]


def test_a_right_that_changes() -> None:
    """What was told is not what may be seen now: a script is ended with 410, a browser is told, and gets what comes."""
    board = with_tokens({"ann": ["shop"]})
    board.put("shop", "search")
    board.put("other", "thing")
    told = Told(board)
    followed, stream = Followed(told, headers=bearer("ann")), events(told, headers=bearer("ann"))
    board.grants["ann"] = {"other"}
    for _ in range(60):
        board.turn(1)
    assert followed.read()[-1]["error"]["code"] == 410
    assert followed.client.complete
    assert "RESET" in [frame.event for frame in stream.frames()]
    _, more = told.write(entry(1), entry(2, key=OTHER))
    assert [frame.id for frame in stream.frames() if frame.event == "message"] == [more.identity.name]
    board.tokens.clear()
    for _ in range(60):
        board.turn(1)
    assert stream.frames()[-1].event == "GOODBYE"


def test_errors(told: Told) -> None:
    """400 with the nearest name: as JSON to scripts, as a page to people; HEAD of what has an end only."""
    answer = told.world.ask("/journal?evnt=promoted")
    assert (answer.code, answer.header("content-type")) == (400, "text/html; charset=utf-8")
    assert b"did you mean" in answer.body
    answer = told.world.ask("/journal?format=ndjson&event=promotd")
    assert (answer.code, answer.document["kind"]) == (400, "Status")
    assert told.world.ask("/journal?format=nonsense").document["code"] == 400
    assert told.world.ask("/journal", method="HEAD").code == 200
    assert told.world.ask("/journal?format=sse", method="HEAD").code == 405
    assert told.world.ask("/journal", method="POST").code == 405


def test_a_journal_that_cannot_be_read(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    """503, with why; also while it is not open yet."""
    early = Board().ask("/journal?format=ndjson")
    assert (early.code, early.document["message"]) == (503, "the journal is not open yet")

    def fails(_: object) -> None:
        raise JournalError("the journal is broken")

    monkeypatch.setattr(told.world.journal, "query", fails)
    answer = told.world.ask("/journal?format=ndjson&name=x")
    assert (answer.code, "the journal is broken" in answer.document["message"]) == (503, True)


def test_who_has_seen_more_elsewhere_is_waited_for(told: Told) -> None:
    """Another replica's journal has come further; that this one comes there too wakes nobody, for nothing happened."""
    told.write(entry(1))
    ahead = told.world.journal.progress + (3 << 18)
    late = told.world.open(f"/journal?format=ndjson&watch=1&since={ahead}")
    told.world.turn()
    assert not late.transport.value()
    told.world.journal._writer.examined = ahead
    told.world.turn(0.25)
    assert late.answer().code == 200

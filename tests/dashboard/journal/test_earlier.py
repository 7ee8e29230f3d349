"""Pages of what is in memory go on in the journal: the activity, and the past of one strategy."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from promoter_view.dashboard.journal.earlier import Earlier, WantedEntries
from promoter_view.journal.entries import EntryIdentity, EventType, JournalEntry
from promoter_view.journal.serving.asking import AskedEntries, beyond, is_behind
from promoter_view.journal.store import JournalError, JournalQuery
from promoter_view.records import BundleKey
from tests.dashboard.journal.test_journal import gap
from tests.support.dashboard.board import Board, bearer, by_members, with_tokens
from tests.support.dashboard.company import Company
from tests.support.journal.journals import KEY, entry
from tests.support.journal.told import Told

OTHER = BundleKey("promotionstrategydetails", "other", "thing")


def journal_of(board: Board, *entries: JournalEntry) -> tuple[Told, list[str]]:
    """A board whose journal has these, of changes before all that is in memory; and their names."""
    told = Told(board)
    written = told.write(*entries)
    board.put("shop", "search")
    board.put("shop", "basket")
    return told, [each.identity.name for each in written]


def shown(board: Board, path: str, headers: dict[str, str] | None = None) -> tuple[list[str], str]:
    """The ids of the journal's entries on a page, and its text."""
    answer = board.ask(path, headers)
    assert answer.code == 200, answer.body
    text = answer.body.decode()
    return re.findall(r'id="entry-([0-9]+-[0-9]+)"', text), text


def test_the_activity_goes_on_in_the_journal() -> None:
    """The newest first, and page by page down to its first entry, also where nothing is in memory; and back."""
    board = Board()
    _, names = journal_of(board, *(entry(number, letter="abcdef"[number % 6]) for number in range(1, 251)))
    first, text = shown(board, "/activity")
    assert first == names[::-1][:100]
    assert "From the journal" in text
    found, path = list(first), re.search(r'rel="next" href="([^"]+)"', text)
    while path:
        some, text = shown(board, path[1].replace("&amp;", "&"))
        found += some
        path = re.search(r'rel="next" href="([^"]+)"', text)
    assert found == names[::-1]
    newer = re.search(r'rel="prev" href="([^"]+)"', text)
    assert newer is not None
    assert shown(board, newer[1].replace("&amp;", "&"))[0] == names[::-1][100:200]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", [5, 4, 3, 2, 1]),
        ("?name=sea", [5, 4, 2, 1]),
        ("?namespace=other", [4, 3]),
        ("?event=promoted", [3, 1]),
        ("?event=passed", [5]),
        ("?event=pending", []),
        ("?event=failed&name=sea", [2]),
    ],
)
def test_the_same_filters(query: str, found: list[int]) -> None:
    """A part of a name, a namespace, an event in the activity's words; a gap may have been of anything."""
    board = Board()
    verified = entry(5, event=EventType.VERIFIED, letter="e")
    failed = entry(2, event=EventType.FAILED, letter="b")
    _, names = journal_of(board, entry(1), failed, entry(3, letter="c", key=OTHER), gap(4), verified)
    assert shown(board, f"/activity{query}")[0] == [names[number - 1] for number in found]


def test_what_the_journal_alone_tells_is_not_left_out() -> None:
    """Of changes that are in memory: a gap, and what was backfilled of earlier times. All else memory has."""
    board = Board()
    told, names = journal_of(board, entry(1))
    floor = EntryIdentity(*map(int, names[0].split("-"))).resource_version
    queries = list(beyond(floor, told.world.runtime.now())(_everything()))
    assert [bool(each.until) for each in queries] == [False, True, False]
    assert queries[2].events == {EventType.GAP}
    before = replace(_everything(), before=EntryIdentity(floor, 3))
    assert list(beyond(floor, told.world.runtime.now())(before)) == [before]
    late = replace(entry(9), time=told.world.runtime.now())
    assert is_behind(late, 8)
    assert not any(is_behind(each, 8) for each in (replace(late, backfilled=True), gap(9), entry(8)))
    failures = replace(_everything(), events=frozenset((EventType.FAILED,)), until=told.world.runtime.now())
    assert len(list(beyond(floor, told.world.runtime.now())(failures))) == 2


def _everything() -> JournalQuery:
    return JournalQuery(newest_first=True)


def test_a_strategy_has_its_past() -> None:
    """What went live, a commit a line; its activity is filled up; nothing of others."""
    board = Board()
    merged = entry(3, event=EventType.MERGED, letter="c")
    _, names = journal_of(board, entry(1), entry(2, letter="b", key=OTHER), merged)
    found, text = shown(board, "/strategies/shop/search")
    assert found == [names[2], names[0]]
    lines = re.findall(r'id="earlier-(\w+)"', text)
    assert lines == ["title", "c" * 40, "a" * 40]
    assert 'event=promoted%2Crestored">All promotions in the journal' in text
    assert "The journal has no other promotions." in shown(board, "/strategies/shop/basket")[1]


def test_who_sees_what() -> None:
    """Entries of namespaces that one may see, and of kinds; gaps to all."""
    board = with_tokens({"ann": ["shop"], "bob": ["*"], "eve": []}, sights=by_members)
    board.secret = {"restoreactivecommits"}
    secret = entry(4, letter="d", event=EventType.HELD)
    secret = replace(secret, happening=replace(secret.happening, told_by=frozenset({"RestoreActiveCommit"})))
    _, names = journal_of(board, entry(1), entry(2, letter="b", key=OTHER), gap(3), secret)
    for user, wanted in {"ann": [2, 0], "bob": [2, 1, 0], "eve": [2]}.items():
        assert shown(board, "/activity", bearer(user))[0] == [names[place] for place in wanted]
    assert shown(board, "/strategies/shop/search", bearer("ann"))[0] == [names[0]]
    assert board.ask("/strategies/shop/search", bearer("eve")).code == 404


def test_where_there_is_no_journal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages are as they are without, and say so: while it is not open, and while it cannot be read."""
    board = Board()
    board.put("shop", "search")
    for path in ("/activity", "/strategies/shop/search"):
        assert "The journal is not open" in shown(board, path)[1]
    told, _ = journal_of(Board(), entry(1))

    def fails(_: object) -> None:
        raise JournalError("the journal is broken")

    monkeypatch.setattr(told.world.journal, "query", fails)
    assert isinstance(told.world, Board)
    for path in ("/activity", "/strategies/shop/search"):
        found, text = shown(told.world, path)
        assert found == []
        assert "The journal cannot be read now" in text


def test_what_is_rare_is_looked_for_page_by_page(monkeypatch: pytest.MonkeyPatch) -> None:
    """No page reads the whole journal for it: it says how far back it looked, and the next goes on there."""
    monkeypatch.setattr("promoter_view.dashboard.journal.earlier._MOST_READ", 500)
    board = Board()
    _, names = journal_of(board, entry(1, key=KEY), *(entry(number, key=OTHER) for number in range(2, 1500)))
    found, text = shown(board, "/activity?name=search")
    assert found == []
    assert "was searched back to" in text
    for _ in range(3):
        older = re.search(r'rel="next" href="([^"]+)"', text)
        if older is None:
            break
        found, text = shown(board, older[1].replace("&amp;", "&"))
    assert found == names[:1]


def test_what_comes_into_memory_meanwhile_is_told_once() -> None:
    """The activity is read from its beginning while a page is made: the journal's entry of the same change goes."""
    company = Company()
    change = next(each for each in company.go_on(30) if each.after is not None)
    floor = company.activity.floor
    late, earlier = (replace(entry(each, minutes=0), time=company.now) for each in (change.resource_version, floor))
    told = {"activity": Earlier((late, earlier))}
    html = company.page("activity", earlier=told)
    assert f"entry-{floor}-0" in html
    assert f"entry-{change.resource_version}-0" not in html


def test_a_moment_of_the_past_knows_nothing_that_came_later() -> None:
    """Up to its head, also where a page further back is asked for."""
    asked = AskedEntries(JournalQuery(newest_first=True), (KEY.view,))
    bounded = WantedEntries(asked, 5).up_to(7).asked
    assert bounded is not None
    assert [bounded.admits(entry(version)) for version in (6, 7, 8)] == [True, True, False]
    further = AskedEntries(JournalQuery(newest_first=True, before=EntryIdentity(3, 0)), (KEY.view,))
    assert WantedEntries(further, 5).up_to(7).asked == further
    assert WantedEntries(None, 0).up_to(7).asked is None

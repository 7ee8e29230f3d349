"""``promotionevents`` on its paths: lists in pages, one by its name, watches that resume; who may see what."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest

from promoter_view.journal.entries import EventType, JournalEntry
from promoter_view.records import BundleKey
from tests.support.api.world import World, brief, version_of
from tests.support.journal.journals import entry
from tests.support.journal.told import Told

ROOT = "/apis/view.promoter.argoproj.io/v1alpha1/promotionevents"
HERE = "/apis/view.promoter.argoproj.io/v1alpha1/namespaces/shop/promotionevents"
TABLE = {"Accept": "application/json;as=Table;v=v1;g=meta.k8s.io"}
OTHER = BundleKey("promotionstrategydetails", "other", "thing")


@pytest.fixture
def told() -> Told:
    """With nothing in it."""
    return Told(World())


def names(entries: Sequence[JournalEntry]) -> list[str]:
    return [each.identity.name for each in entries]


def test_a_list_is_in_order_and_says_what_it_is_not(told: Told) -> None:
    """The oldest first, of one namespace or all; a header says that it is of 24 hours unless since is given."""
    first, second, third = told.write(entry(1), entry(2, letter="b", key=OTHER), entry(3, letter="c"))
    answer = told.world.ask(ROOT)
    assert (answer.code, answer.document["kind"]) == (200, "PromotionEventList")
    assert answer.names == names([first, second, third])
    assert "24 hours" in answer.header("warning")
    assert told.world.ask(HERE).names == names([first, third])
    assert told.world.ask(f"{ROOT}?since=-7d").header("warning") == ""
    assert int(answer.version) == told.world.journal.progress
    item = answer.document["items"][0]
    assert (item["event"], item["name"], item["commit"]["sha"]) == ("promoted", "search", "a" * 40)
    assert item["metadata"]["namespace"] == "shop"


def test_since_says_from_when(told: Told) -> None:
    """What is older is left out; what cannot be read is 400 with what is expected."""
    told.write(entry(1))
    told.world.clock.advance(timedelta(hours=30).total_seconds())
    (late,) = told.write(entry(2, letter="b"))
    assert told.world.ask(HERE).names == [late.identity.name]
    assert len(told.world.ask(f"{HERE}?since=-2d").names) == 2
    answer = told.world.ask(f"{HERE}?since=yesterday")
    assert answer.code == 400
    assert "invalid time 'yesterday': expected a time such as" in answer.document["message"]


def test_at_is_no_parameter_of_events(told: Told) -> None:
    """What is of now is not shown as if it was of a moment: 400 names what there is instead."""
    (only,) = told.write(entry(1))
    for path in (HERE, f"{HERE}/{only.identity.name}", f"{HERE}?watch=1"):
        refused = told.world.ask(f"{path}{'&' if '?' in path else '?'}at=-2h")
        assert (refused.code, "use since" in refused.document["message"]) == (400, True)


def test_pages_of_one_moment(told: Told) -> None:
    """Each entry once, whatever comes meanwhile; the last page has no token."""
    entries = told.write(*(entry(number, letter="abcdef"[number % 6]) for number in range(1, 24)))
    found, token = list[str](), ""
    for _ in range(10):
        answer = told.world.ask(f"{HERE}?limit=5&continue={token}" if token else f"{HERE}?limit=5")
        found += answer.names
        token = answer.document["metadata"].get("continue", "")
        told.write(entry(100 + len(found), letter="f"))
        if not token:
            break
    assert found == names(entries)


def test_a_foreign_token_is_refused(told: Told) -> None:
    """A token of another resource is no place in the journal."""
    told.write(entry(1))
    for name in ("s0", "n", "1-2-3"):
        import base64

        import orjson

        token = base64.urlsafe_b64encode(orjson.dumps([5, "n", name])).decode()
        assert told.world.ask(f"{HERE}?limit=1&continue={token}").code == 400


def test_one_by_its_name(told: Told) -> None:
    """In its namespace only; a name that is none, or of nothing, is 404."""
    (one,) = told.write(entry(1))
    answer = told.world.ask(f"{HERE}/{one.identity.name}")
    assert (answer.code, answer.document["kind"], answer.document["event"]) == (200, "PromotionEvent", "promoted")
    for path in (f"{HERE}/1-0", f"{HERE}/other", f"{HERE.replace('shop', 'other')}/{one.identity.name}"):
        assert told.world.ask(path).code == 404


def test_of_views_that_are_not_served_nothing_is_told(told: Told) -> None:
    """A journal has entries of Stages, by --views of yesterday or for a shard: not listed, not by name, not watched."""
    stage, strategy = told.write(entry(1, key=BundleKey("stagedetails", "shop", "test")), entry(2))
    assert told.world.ask(f"{HERE}?since=-1d").names == [strategy.identity.name]
    assert told.world.ask(f"{HERE}/{stage.identity.name}").code == 404
    for query in ("watch=1&since=-1d", f"watch=1&resourceVersion={told.base}"):
        events = told.world.open(f"{HERE}?{query}").events()
        assert [event["object"]["metadata"]["name"] for event in events] == [strategy.identity.name]


@pytest.mark.parametrize(
    ("selector", "found"),
    [
        ("name=search", [1, 3]),
        ("name!=search", [2]),
        ("environment=env/dev", [1, 2]),
        ("environment=dev", [1, 2]),
        ("environment!=prod", [1, 2]),
        ("environment=v/dev", []),
        ("event=failed", [3]),
        ("event=nothing", []),
        (f"commit={'b' * 40}", [2]),
        ("view=stagedetails", []),
        ("event!=promoted,name=search", [3]),
    ],
)
def test_field_selectors(told: Told, selector: str, found: list[int]) -> None:
    """By name, environment, event, commit and view, in lists and in watches alike."""
    keyed = entry(2, letter="b", key=OTHER)
    entries = told.write(entry(1), keyed, entry(3, event=EventType.FAILED, letter="c", environment="env/prod"))
    wanted = [entries[number - 1].identity.name for number in found]
    assert told.world.ask(f"{ROOT}?fieldSelector={selector}").names == wanted
    watch = told.world.open(f"{ROOT}?watch=1&resourceVersion={told.base}&fieldSelector={selector}")
    assert [event["object"]["metadata"]["name"] for event in watch.events()] == wanted


def test_a_short_branch_that_several_have(told: Told) -> None:
    """Each of them is selected, in lists and in watches alike, whatever there is elsewhere."""
    branches = ("env/eu/prod", "prod", "env/dev", "env/us/prod")
    entries = names(told.write(*(entry(number, environment=each) for number, each in enumerate(branches, 1))))
    for selector, places in (("environment=prod", (0, 1, 3)), ("environment!=prod", (2,))):
        wanted = [entries[place] for place in places]
        answer = told.world.ask(f"{HERE}?since=-1d&fieldSelector={selector}")
        assert (answer.names, answer.header("warning")) == (wanted, "")
        watch = told.world.open(f"{ROOT}?watch=1&resourceVersion={told.base}&fieldSelector={selector}")
        assert [event["object"]["metadata"]["name"] for event in watch.events()] == wanted


def test_there_are_no_labels(told: Told) -> None:
    """A label selector would find nothing: it is refused, with what there is instead."""
    answer = told.world.ask(f"{ROOT}?labelSelector=a%3Db")
    assert answer.code == 400
    assert "select by field" in answer.document["message"]


def test_a_table(told: Told) -> None:
    """What kubectl shows: when, of what, where, what, which commit, by whom."""
    told.write(entry(1))
    document = told.world.ask(ROOT, TABLE).document
    columns = [column["name"] for column in document["columnDefinitions"] if not column["priority"]]
    assert columns == ["Time", "Of", "Environment", "Event", "Commit", "By"]
    assert document["rows"][0]["cells"][1:7] == ["0s", "search", "env/dev", "promoted", "a" * 7, "Ann"]


def test_a_watch_begins_with_a_day_and_goes_on(told: Told) -> None:
    """From nowhere: what a list has, the mark of its end, then what comes."""
    (first,) = told.write(entry(1))
    watch = told.world.open(f"{HERE}?watch=1&allowWatchBookmarks=1")
    assert brief(watch.events()) == [("ADDED", first.identity.name), ("BOOKMARK", "")]
    (second,) = told.write(entry(2, letter="b"))
    assert brief(watch.events()) == [("ADDED", second.identity.name)]
    told.write(entry(3, letter="c", key=OTHER))
    assert watch.events() == []


def test_a_watch_resumes_wherever_it_was_cut(told: Told) -> None:
    """From the resourceVersion of any event: nothing is lost, not even of the events of one change."""
    entries = told.write(
        entry(1),
        entry(2, letter="b"),
        entry(2, 1, EventType.VERIFIED, letter="b"),
        entry(2, 2, EventType.STATE),
        entry(3),
    )
    whole = told.world.open(f"{HERE}?watch=1&resourceVersion={told.base}").events()
    assert [event["object"]["metadata"]["name"] for event in whole] == names(entries)
    for place, event in enumerate(whole):
        again = told.world.open(f"{HERE}?watch=1&resourceVersion={version_of(event)}").events()
        resumed = [each["object"]["metadata"]["name"] for each in again]
        missing = names(entries)[place + 1 :]
        assert resumed[len(resumed) - len(missing) :] == missing
        assert set(resumed) - set(missing) <= set(names(entries)[1 : place + 1])


def test_a_watch_from_before_what_is_in_memory(told: Told) -> None:
    """What is not in memory any more is fetched, page by page, and then the watch reads along."""
    entries = told.write(*(entry(number, letter="abcdef"[number % 6]) for number in range(1, 1400)))
    told.world.ask(ROOT)
    views = told.world.entries
    views._recent.clear()
    watch = told.world.open(f"{HERE}?watch=1&resourceVersion={told.base}")
    found = [event["object"]["metadata"]["name"] for _ in range(4) for event in watch.events()]
    assert found == names(entries)
    (more,) = told.write(entry(2000, letter="a"))
    assert brief(watch.events()) == [("ADDED", more.identity.name)]


def test_behind_retention_it_is_gone(told: Told) -> None:
    """410, never silence."""
    told.write(entry(1))
    told.world.clock.advance(40 * 86400)
    told.write(entry(2, letter="b"))
    told.world.turn(120)
    (event,) = told.world.open(f"{HERE}?watch=1&resourceVersion={told.base}").events()
    assert (event["type"], event["object"]["code"]) == ("ERROR", 410)


def test_who_has_seen_more_is_waited_for(told: Told) -> None:
    """Another replica's journal has come further: a watch and a list wait for this one, and then say that it is not."""
    told.write(entry(1))
    ahead = told.world.journal.progress + (3 << 18)
    for query in (f"resourceVersion={ahead}", f"watch=1&resourceVersion={ahead}"):
        waiting = told.world.open(f"{HERE}?{query}")
        told.world.turn()
        assert not waiting.transport.value()
        for _ in range(20):
            told.world.turn(0.25)
        assert waiting.answer().code == 504
    late = told.world.open(f"{HERE}?watch=1&resourceVersion={ahead}")
    told.world.journal._writer.examined = ahead
    told.world.turn(0.25)
    assert late.answer().code == 200


def test_it_cannot_be_written(told: Told) -> None:
    """Every other verb is 405."""
    assert told.world.ask(ROOT, method="POST").code == 405
    assert told.world.ask(f"{HERE}/1-0", method="DELETE").code == 405


def test_before_the_journal_is_open() -> None:
    """503: it is not there yet."""
    assert World().ask(ROOT).code == 503

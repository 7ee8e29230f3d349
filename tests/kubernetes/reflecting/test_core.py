"""The reflector's state machine: each thing that a cluster can do, and what follows from it."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from promoter_view.kubernetes.bounds import CutLine
from promoter_view.kubernetes.cleaning import CleaningRules
from promoter_view.kubernetes.outcomes import ApiError, ClusterError, Outcome, Unreachable, Withheld
from promoter_view.kubernetes.reflecting import pages
from promoter_view.kubernetes.reflecting.core import ReflectorCore, ReflectorState
from promoter_view.kubernetes.reflecting.messages import (
    Action,
    AllowIdle,
    Answered,
    Begin,
    Bookmark,
    Breathe,
    Delete,
    Ended,
    Failed,
    Fetch,
    Forget,
    Forgotten,
    Input,
    Line,
    Malformed,
    Note,
    Open,
    PassOver,
    Put,
    Reconcile,
    Spare,
    Wait,
    Woke,
)
from promoter_view.kubernetes.reflecting.pages import ReceivedPage
from promoter_view.records import ABSENT, ListPath, UnreadObject
from tests.kubernetes.fakes import (
    PATH,
    PULL_REQUEST,
    bookmark,
    document,
    error_event,
    event,
    key,
    list_of,
    source,
)

OTHER_KIND = "is not a promoter.argoproj.io/v1alpha1 PullRequest"
NOT_SERVED = ApiError(404, "", "404 page not found")
GONE = ApiError(410, "Expired", "too old resource version")


class Core:
    """A core under test, with a clock; random is 0, so that waits are half their bound."""

    def __init__(self, position: str | None = None, path: ListPath = PATH, **options: Any) -> None:
        self.core = ReflectorCore(path, CleaningRules(PULL_REQUEST), random=lambda: 0.0, **options)
        self.now = 1000.0
        self.begun = self(Begin(position))

    def __call__(self, given: Input) -> list[Action]:
        """What follows, but for breaths."""
        return [action for action in self.core.receive(given, self.now) if not isinstance(action, Breathe)]

    def watching(self) -> Core:
        """Brings a core with a position to its watch."""
        assert isinstance(self(Answered(list_of(self.core.position or "1")))[-1], Open)
        return self


def watching(position: str = "10", **options: Any) -> Core:
    return Core(position, **options).watching()


def parameters(action: Action) -> dict[str, str]:
    assert isinstance(action, Fetch | Open)
    return dict(action.parameters)


def notes(actions: list[Action]) -> list[Outcome]:
    return [action.outcome for action in actions if isinstance(action, Note)]


def is_watch_list(action: Action) -> bool:
    return isinstance(action, Open) and "sendInitialEvents" in parameters(action)


def is_first_page(action: Action) -> bool:
    return isinstance(action, Fetch) and parameters(action) == {"limit": "500"}


def is_probe(action: Action) -> bool:
    return isinstance(action, Fetch) and parameters(action) == {"limit": "1"}


# -- the first state


def test_first_state_by_watch_list() -> None:
    """Without a position a WatchList is asked for, with resourceVersion unset."""
    core = Core()
    assert parameters(core.begun[0]) == {
        "watch": "true",
        "allowWatchBookmarks": "true",
        "timeoutSeconds": "300",
        "sendInitialEvents": "true",
        "resourceVersionMatch": "NotOlderThan",
    }
    assert core.core.state is ReflectorState.WATCH_LISTING


def test_watch_list_is_gathered_until_its_end() -> None:
    """Nothing is recorded before the end bookmark; then the differences, the position, and the same stream goes on."""
    core = Core()
    early = [
        *core(Line(event("ADDED", document("b", 9)))),
        *core(Line(event("ADDED", document("a", 3)))),
        *core(Line(event("MODIFIED", document("a", 11)))),
        *core(Line(event("ADDED", document("c", 2)))),
        *core(Line(event("DELETED", document("c", 12)))),
        *core(Line(bookmark(12))),
    ]
    assert early == []
    found = {key("b"): source("b", 9), key("a"): source("a", 11)}
    assert core(Line(bookmark(13, initial=True))) == [
        Reconcile(found, {}, "13", "initial"),
        Note(Outcome.LISTED),
        AllowIdle(150.0),
    ]
    assert core(Line(event("ADDED", document("d", 14)))) == [Put(key("d"), source("d", 14), "ADDED")]
    assert (core.core.state, core.core.position) == (ReflectorState.WATCHING, "14")


def test_pages() -> None:
    """Pages are followed by their tokens, gathered, reconciled once, and the watch goes on from the list's version."""
    core = Core(watch_list=False)
    assert is_first_page(core.begun[0])
    [second] = core(Answered(list_of(20, document("a", 5), more="token")))
    assert parameters(second) == {"limit": "500", "continue": "token"}
    *done, watch = core(Answered(list_of(20, document("b", 7))))
    found = {key("a"): source("a", 5), key("b"): source("b", 7)}
    assert done == [Reconcile(found, {}, "20", "initial"), Note(Outcome.LISTED)]
    assert parameters(watch)["resourceVersion"] == "20"
    assert "sendInitialEvents" not in parameters(watch)


def test_malformed_in_a_list() -> None:
    """What is malformed in a list is skipped by name, so that its known state stays."""
    core = Core(watch_list=False)
    bad = {**document("bad", 5), "apiVersion": "other/v1"}
    malformed, reconcile, *_ = core(Answered(list_of(20, bad, document("a", 5))))
    assert isinstance(malformed, Malformed)
    assert "team/bad" in malformed.message
    passed_over = {key("bad"): UnreadObject("5", OTHER_KIND)}
    assert reconcile == Reconcile({key("a"): source("a", 5)}, passed_over, "20", "initial")


def test_object_of_another_namespace() -> None:
    """A namespaced path takes no object of another namespace, whatever the server answers."""
    path = ListPath(PATH.kind, PATH.group, PATH.version, PATH.plural, "other")
    core = Core(path=path, watch_list=False)
    assert isinstance(core(Answered(list_of(20, document("a", 5))))[0], Malformed)


def test_selector_goes_with_every_request() -> None:
    """A path's label selector is part of lists, probes and watches."""
    path = ListPath(PATH.kind, PATH.group, PATH.version, PATH.plural, selector="a=b")
    probing = Core("5", path=path)
    asked = [Core(path=path).begun[0], Core(path=path, watch_list=False).begun[0], probing.begun[0]]
    asked += probing(Answered(list_of(5)))
    assert [parameters(action)["labelSelector"] for action in asked] == ["a=b"] * 4


REFUSALS: list[Input] = [
    Failed(ApiError(400, "BadRequest", "unknown parameter")),
    Failed(ApiError(422, "Invalid", "sendInitialEvents is forbidden")),
    Failed(ApiError(405, "MethodNotAllowed", "")),
    Line(error_event(500, "InternalError")),
    Line(error_event(410, "Expired")),
    Failed(Unreachable(Outcome.SILENT, "no bookmark")),
    Ended(),
]


@pytest.mark.parametrize("refusal", REFUSALS)
def test_watch_list_refused(refusal: Input) -> None:
    """A server that does not do WatchList, in whatever way it says so, is listed in pages, at once."""
    actions = Core()(refusal)
    assert notes(actions) == [Outcome.WATCH_LIST_REFUSED]
    assert is_first_page(actions[-1])


def test_watch_list_is_tried_again_at_the_next_list() -> None:
    """A refusal holds for one list; only a server that took the request for a plain watch is not asked again."""
    for refusal, tried in ((REFUSALS[0], True), (REFUSALS[5], False)):
        core = Core()
        core(refusal)
        core(Answered(list_of(20)))
        core.now += 60
        assert is_watch_list(core(Line(error_event(410)))[-1]) is tried


def test_watch_list_error_with_a_wish() -> None:
    """An ERROR event that asks for patience gets it before the pages are asked for."""
    core = Core()
    wait = core(Line(error_event(429, retry_after=7)))[-1]
    assert wait == Wait(7.0)
    assert is_first_page(core(Woke())[-1])


@pytest.mark.parametrize("code", [401, 403, 429, 500, 503])
def test_watch_list_failures_that_are_no_refusals(code: int) -> None:
    """Other failures are retried as they are, and after two of them in pages."""
    core = Core()
    assert isinstance(core(Failed(ApiError(code, "", "")))[-1], Wait)
    assert is_watch_list(core(Woke())[-1])
    core(Failed(ApiError(code, "", "")))
    assert is_first_page(core(Woke())[-1])


def test_continue_expired() -> None:
    """A 410 on a continue starts the list over at once, three times; then only after a wait."""
    core = Core(watch_list=False)
    for _ in range(3):
        core(Answered(list_of(20, document("a", 1), more="token")))
        actions = core(Failed(GONE))
        assert notes(actions) == [Outcome.EXPIRED]
        assert is_first_page(actions[-1])
    core(Answered(list_of(20, more="token")))
    assert isinstance(core(Failed(GONE))[-1], Wait)
    assert is_first_page(core(Woke())[-1])
    reconcile = core(Answered(list_of(30, document("b", 2))))[0]
    assert reconcile == Reconcile({key("b"): source("b", 2)}, {}, "30", "initial")


def test_page_too_large() -> None:
    """A page over the bound is asked for again at half the size."""
    core = Core(watch_list=False)
    assert notes(core(Failed(Unreachable(Outcome.BODY_TOO_LARGE, "")))) == [Outcome.BODY_TOO_LARGE]
    assert parameters(core(Woke())[-1])["limit"] == "250"


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"null", b"{}", b'{"metadata": {}}', b'{"metadata": 7}'])
def test_answer_that_is_no_list(body: bytes) -> None:
    """An answer that is no list is a failure with a name, and the list is asked for again."""
    core = Core(watch_list=False)
    actions = core(Answered(body))
    assert notes(actions) == [Outcome.NOT_JSON]
    assert isinstance(actions[-1], Wait)
    assert is_first_page(core(Woke())[-1])


# -- positions


def test_probe_then_watch() -> None:
    """With a position the cluster is first asked where it stands, then watched from the position."""
    core = Core("10")
    assert is_probe(core.begun[0])
    [watch] = core(Answered(list_of(12)))
    assert parameters(watch)["resourceVersion"] == "10"
    assert watch.idle_seconds == 150.0  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("position", "cluster", "restored"),
    [("10", "10", False), ("10", "9", True), ("9", "10", False), ("100", "99", True), ("a", "9", False)],
)
def test_restored(position: str, cluster: str, restored: bool) -> None:
    """A position beyond the cluster's own version means a restored backup: relist. Opaque ones cannot be told."""
    actions = Core(position)(Answered(list_of(cluster)))
    assert (Forget(every_path=True) in actions) is restored
    assert is_watch_list(actions[-1]) is restored
    assert notes(actions) == ([Outcome.RESTORED] if restored else [])


@pytest.mark.parametrize("core", [Core("10"), watching("10")], ids=["probing", "watching"])
def test_restored_as_another_path_found(core: Core) -> None:
    """A cluster is restored as a whole: the path is listed though its own position is not beyond the cluster's."""
    actions = core(Forgotten(Outcome.RESTORED, "another list path found it"))
    assert not any(isinstance(action, Forget) for action in actions)
    assert notes(actions) == [Outcome.RESTORED]
    assert is_watch_list(actions[-1])
    assert core(Line(bookmark(9, initial=True)))[0] == Reconcile({}, {}, "9", "restored")


def backing_off() -> Core:
    """A core that waits after a failure."""
    core = watching("10")
    assert isinstance(core(Failed(Unreachable(Outcome.RESET, "cut")))[-1], Wait)
    return core


@pytest.mark.parametrize(
    "core",
    [Core("10"), watching("10"), Core(), Core(watch_list=False), backing_off()],
    ids=["probing", "watching", "watch-listing", "paging", "backing off"],
)
def test_another_schema(core: Core) -> None:
    """Wherever it stands it is listed, anew where a list is under way, under that name, and watched from there on."""
    core.now += 60
    actions = core(Forgotten(Outcome.SCHEMA_CHANGED, ""))
    assert notes(actions) == [Outcome.SCHEMA_CHANGED]
    if isinstance(actions[-1], Wait):
        actions = core(Woke())
    if is_watch_list(actions[-1]):
        core(Line(event("ADDED", document("a", 5))))
        done = core(Line(bookmark(20, initial=True)))
    else:
        assert is_first_page(actions[-1])
        done = core(Answered(list_of(20, document("a", 5))))
    assert done[0] == Reconcile({key("a"): source("a", 5)}, {}, "20", "schema_changed")
    assert (core.core.state, core.core.position) == (ReflectorState.WATCHING, "20")


@pytest.mark.parametrize("outcome", [Outcome.SCHEMA_CHANGED, Outcome.RESTORED])
def test_what_ends_a_good_watch_is_no_failure(outcome: Outcome) -> None:
    """However long it took to open the watch: once that was open for a good while, the list follows at once."""
    core = Core("10")
    for _ in range(6):
        assert isinstance(core(Failed(Unreachable(Outcome.UNREACHABLE, "restarting")))[-1], Wait)
        core(Woke())
    core.watching()
    core.now += 60
    assert is_watch_list(core(Forgotten(outcome, ""))[-1])


def test_another_schema_begins_a_list_anew() -> None:
    """What was gathered by the old schema is not recorded."""
    core = Core()
    core(Line(event("ADDED", document("old", 5))))
    core(Forgotten(Outcome.SCHEMA_CHANGED, ""))
    assert core(Line(bookmark(20, initial=True)))[0] == Reconcile({}, {}, "20", "schema_changed")


def test_events() -> None:
    """Each event is recorded with its own position, in the order read; blank lines are nothing."""
    core = watching()
    actions = [
        *core(Line(event("ADDED", document("a", 11)))),
        *core(Line(b"")),
        *core(Line(event("MODIFIED", document("a", 12)))),
        *core(Line(event("DELETED", document("a", 13)))),
        *core(Line(bookmark(15))),
    ]
    assert actions == [
        Put(key("a"), source("a", 11), "ADDED"),
        Put(key("a"), source("a", 12), "MODIFIED"),
        Delete(key("a"), "13", "13"),
        Bookmark("15"),
    ]
    assert core.core.position == "15"


MALFORMED_EVENTS = [
    ("MODIFIED", {**document("a", 11), "kind": "Other"}, [PassOver(key("a"), UnreadObject("11", OTHER_KIND), "11")]),
    ("ADDED", {"metadata": {"resourceVersion": "11"}}, [Bookmark("11")]),
    (
        "ADDED",
        {"metadata": {"name": "a", "namespace": "team"}},
        [PassOver(key("a"), UnreadObject("", "has no metadata.resourceVersion"), None)],
    ),
    ("DELETED", {"metadata": {"namespace": "team", "resourceVersion": "11"}}, [Bookmark("11")]),
    ("ADDED", {}, []),
]


@pytest.mark.parametrize(("kind", "found", "then"), MALFORMED_EVENTS)
def test_malformed_object_in_a_good_event(kind: str, found: dict[str, Any], then: list[Action]) -> None:
    """It is skipped and named, the position moves on where it can, and the watch goes on."""
    core = watching()
    malformed, *rest = core(Line(event(kind, found)))
    assert isinstance(malformed, Malformed)
    assert rest == then
    assert core.core.state is ReflectorState.WATCHING


DEEP = b'{"a":' * 1_500 + b"1" + b"}" * 1_500


def deep(name: str, version: int) -> bytes:
    """An object that the decoder refuses."""
    return orjson.dumps(document(name, version))[:-1] + b',"spec":' + DEEP + b"}"


def deep_event(kind: str, name: str, version: int) -> bytes:
    return b'{"type":"%b","object":%b}' % (kind.encode(), deep(name, version))


def is_refused_depth(found: UnreadObject, version: str) -> bool:
    return found.resource_version == version and found.reason.startswith("cannot be decoded: ")


@pytest.mark.parametrize("kind", ["ADDED", "MODIFIED"])
def test_unreadable_object_in_a_watch(kind: str) -> None:
    """Only its own state is skipped: the watch goes on behind it, and nothing is read by that."""
    core = watching()
    core.now += 7
    malformed, passed = core(Line(deep_event(kind, "a", 11)))
    assert isinstance(malformed, Malformed)
    assert isinstance(passed, PassOver)
    assert (passed.key, passed.position) == (key("a"), "11")
    assert is_refused_depth(passed.found, "11")
    assert (core.core.position, core.core.state, core.core.read_at) == ("11", ReflectorState.WATCHING, None)
    assert core(Line(event("ADDED", document("b", 12)))) == [Put(key("b"), source("b", 12), "ADDED")]
    assert core.core.read_at == core.now


def test_unreadable_deletion_deletes() -> None:
    """Of what is gone no more is needed than its identity."""
    assert watching()(Line(deep_event("DELETED", "a", 11))) == [Delete(key("a"), "11", "11")]


def test_cut_line() -> None:
    """A line above the bound, of which there is only the beginning, costs that object's state alone."""
    _, passed = watching()(Line(CutLine(deep_event("MODIFIED", "a", 11)[:1000])))
    assert passed == PassOver(key("a"), UnreadObject("11", "is longer than 16777216 bytes"), "11")


def test_unreadable_object_in_a_watch_list() -> None:
    """The others are listed; the one is skipped by name, or gone where it was deleted meanwhile."""
    core = Core()
    for line in (event("ADDED", document("b", 9)), deep_event("ADDED", "a", 3), deep_event("ADDED", "c", 2)):
        core(Line(line))
    core(Line(deep_event("DELETED", "c", 12)))
    reconcile, *_ = core(Line(bookmark(13, initial=True)))
    assert isinstance(reconcile, Reconcile)
    assert reconcile.found == {key("b"): source("b", 9)}
    assert list(reconcile.passed_over) == [key("a")]
    assert is_refused_depth(reconcile.passed_over[key("a")], "3")


def test_good_state_of_a_list_stays_beside_a_later_unreadable_one() -> None:
    """What was readable when the list began is the last readable state of what changes while it comes in."""
    core = Core()
    core(Line(event("ADDED", document("a", 3))))
    core(Line(deep_event("MODIFIED", "a", 11)))
    reconcile, *_ = core(Line(bookmark(13, initial=True)))
    assert isinstance(reconcile, Reconcile)
    assert reconcile.found == {key("a"): source("a", 3)}
    assert list(reconcile.passed_over) == [key("a")]


def test_malformed_deletion_in_a_watch_list() -> None:
    """A deletion that does not say of what is skipped, and the list goes on."""
    core = Core()
    [malformed] = core(Line(event("DELETED", {"metadata": {"namespace": "team", "resourceVersion": "11"}})))
    assert isinstance(malformed, Malformed)
    assert core(Line(bookmark(13, initial=True)))[0] == Reconcile({}, {}, "13", "initial")


def test_page_without_items() -> None:
    """A list whose items are null, as Go writes an empty one, is an empty list."""
    reconcile, *_ = Core(watch_list=False)(Answered(b'{"metadata":{"resourceVersion":"20"},"items":null}'))
    assert reconcile == Reconcile({}, {}, "20", "initial")


@pytest.mark.parametrize("spec", [DEEP, b"NaN", rb'"\ud800"', b'"\xff"', b"1" + b"0" * 5_000 + b"e99999", b"[1 2]"])
def test_unreadable_item_of_a_page(spec: bytes) -> None:
    """A page that cannot be decoded is read item by item, its version and token too."""
    core = Core(watch_list=False)
    bad = orjson.dumps(document("bad", 5))[:-1] + b',"spec":' + spec + b"}"
    good = [orjson.dumps(document(f"good-{at}", at)) for at in range(1, 4)]
    body = b'{"metadata":{"resourceVersion":"20","continue":"token"},"items":[%b]}'
    malformed, more = core(Answered(body % b",".join([*good[:2], bad, good[2]])))
    assert isinstance(malformed, Malformed)
    assert parameters(more)["continue"] == "token"
    reconcile, *_, watch = core(Answered(list_of(20)))
    assert isinstance(reconcile, Reconcile)
    assert [found.name for found in reconcile.found] == ["good-1", "good-2", "good-3"]
    assert list(reconcile.passed_over) == [key("bad")]
    assert parameters(watch)["resourceVersion"] == "20"


def test_unreadable_item_of_a_probe() -> None:
    """Where the cluster stands can be read whatever its first object is like: the watch is opened."""
    body = b'{"metadata":{"resourceVersion":"20"},"items":[%b]}' % deep("a", 3)
    [watch] = Core("10")(Answered(body))
    assert parameters(watch)["resourceVersion"] == "10"


@pytest.mark.parametrize(
    "item",
    [
        7,
        None,
        "text",
        [],
        {},
        {"metadata": 7},
        {"metadata": {"name": ["a"], "namespace": "team", "resourceVersion": "5"}},
        {"metadata": {"name": "a", "namespace": {}, "resourceVersion": "5"}},
        {"metadata": {"name": "a", "namespace": "team", "resourceVersion": 5}},
        document("a/b", 5),
        document("..", 5, namespace="team/.."),
        document("a", 5, namespace=""),
    ],
)
def test_odd_items(item: Any) -> None:
    """What is no object, or whose metadata are of the wrong types, is skipped alone, in a list and in a watch."""
    core = Core(watch_list=False)
    malformed, reconcile, *_ = core(Answered(list_of(20, document("b", 5), item)))
    assert isinstance(malformed, Malformed)
    assert isinstance(reconcile, Reconcile)
    assert list(reconcile.found) == [key("b")]
    if isinstance(item, dict):
        assert isinstance(core(Line(event("ADDED", item)))[0], Malformed)
        assert core(Line(event("ADDED", document("c", 30)))) == [Put(key("c"), source("c", 30), "ADDED")]


def test_numbers_that_no_float_holds() -> None:
    """They cost the object that has them, and no other."""
    for number in (b"1e99999", b"-1e99999", b"9" * 5_000):
        line = event("ADDED", document("a", 11))[:-2] + b',"spec":{"x":%b}}}' % number
        _, passed = watching()(Line(line))
        assert isinstance(passed, PassOver)
        assert (passed.key, passed.position) == (key("a"), "11")


def test_page_that_is_cut_short() -> None:
    """It is no list, whatever of it could be read, and is asked for again."""
    core = Core(watch_list=False)
    cut = b'{"metadata":{"resourceVersion":"20"},"items":[%b,' % orjson.dumps(document("a", 3))
    assert notes(core(Answered(cut))) == [Outcome.NOT_JSON]
    assert is_first_page(core(Woke())[-1])
    assert core(Answered(list_of(21)))[0] == Reconcile({}, {}, "21", "initial")


def test_what_is_heard_and_not_read_does_not_count() -> None:
    """Neither bytes that are no event, nor a probe, nor one page of many: a bookmark, a change, a whole list do."""
    core = watching()
    core(Line(b"garbage"))
    core(Woke())
    core(Answered(list_of(10)))
    core(Line(deep_event("MODIFIED", "a", 11)))
    assert core.core.read_at is None
    core(Line(bookmark(12)))
    assert core.core.read_at == core.now
    core = Core(watch_list=False)
    core(Answered(list_of(20, document("a", 3), more="token")))
    assert core.core.read_at is None
    core(Answered(list_of(20, document("b", 4))))
    assert core.core.read_at == core.now


WITHHELD = Withheld(403, "Forbidden", "stages is forbidden")


@pytest.mark.parametrize("position", [None, ABSENT])
def test_right_that_nothing_needs(position: str | None) -> None:
    """It counts as empty without anything put right; it is asked for again, and listed once the right is there."""
    core = Core(position)
    spare, note, wait = core(Failed(WITHHELD))
    assert (spare, notes([note]), wait) == (Spare(), [Outcome.WITHHELD], Wait(7.5))
    assert core.core.standing is ReflectorState.WITHHELD
    core(Woke())
    assert core.core.standing is ReflectorState.WITHHELD, "asking again is no other standing"
    if position == ABSENT:
        assert is_watch_list(core(Answered(list_of(20)))[-1])
    core(Line(bookmark(20, initial=True)))
    assert core.core.standing is ReflectorState.WATCHING


def test_right_that_is_taken_away_keeps_the_last_state() -> None:
    """What was read before is not given up for a refusal, whoever needs it."""
    note, wait = watching()(Failed(WITHHELD))
    assert isinstance(wait, Wait)
    assert notes([note]) == [Outcome.WITHHELD]


def test_right_that_is_needed_after_all() -> None:
    """A refusal that is no longer nobody's concern is trouble again."""
    core = Core()
    core(Failed(WITHHELD))
    core(Woke())
    assert notes(core(Failed(ApiError(403, "Forbidden", "")))) == [Outcome.FORBIDDEN]
    assert core.core.standing is ReflectorState.BACKING_OFF


def test_deletion_needs_a_key_only() -> None:
    """A DELETED event counts even where nothing but its key can be read."""
    found = {"metadata": {"name": "a", "namespace": "team"}, "spec": "wrong"}
    assert watching()(Line(event("DELETED", found))) == [Delete(key("a"), "", None)]


# -- ends and failures of a watch


def test_clean_end() -> None:
    """A clean end is normal: the cluster is probed and watched again from the position, at once."""
    core = watching()
    core(Line(bookmark(12)))
    core.now += 400
    end, probe = core(Ended())
    assert end == Note(Outcome.CLEAN_END)
    assert is_probe(probe)
    assert parameters(core(Answered(list_of(12)))[-1])["resourceVersion"] == "12"


def test_ends_in_a_row_are_no_tight_loop() -> None:
    """A server that ends every watch at once is asked less and less often, until one lives a good while."""
    core = watching()
    waits = []
    for _ in range(5):
        last = core(Ended())[-1]
        waits.append(last.seconds if isinstance(last, Wait) else 0.0)
        if waits[-1]:
            core(Woke())
        core(Answered(list_of(10)))
    assert waits == [0.0, 0.2, 0.4, 0.8, 1.6]
    core.now += 5
    assert is_probe(core(Ended())[-1])


@pytest.mark.parametrize("gone", [Failed(GONE), Line(error_event(410, "Expired")), Line(error_event(410, "Gone"))])
def test_position_too_old(gone: Input) -> None:
    """410, as an answer or inside the stream, means a list of the whole path, which says why it was made."""
    core = watching()
    core(Line(bookmark(12)))
    actions = core(gone)
    assert actions[0] == Forget()
    assert notes(actions) == [Outcome.EXPIRED]
    assert is_watch_list(actions[-1])
    assert core(Line(bookmark(30, initial=True)))[0] == Reconcile({}, {}, "30", "expired")


@pytest.mark.parametrize("trouble", [Ended(), Failed(Unreachable(Outcome.RESET, "")), Line(error_event(500))])
def test_a_stream_that_delivered_is_no_failure_in_a_row(trouble: Input) -> None:
    """A path that is troubled every second keeps up: what moved its position lets the waits begin again."""
    core = watching()
    waits = []
    for version in range(11, 40):
        core(Line(event("ADDED", document("a", version))))
        core.now += 1
        last = core(trouble)[-1]
        waits.append(last.seconds if isinstance(last, Wait) else 0.0)
        if waits[-1]:
            core(Woke())
        core(Answered(list_of(version)))
    assert max(waits) <= 0.4
    assert min(waits[1:]) >= 0.1, "and yet no tight loop"


def test_a_list_that_is_never_watched_is_a_failure_in_a_row() -> None:
    """That a list has moved the position is not what a stream has delivered."""
    core = Core(watch_list=False)
    waits = []
    for version in range(11, 16):
        core(Answered(list_of(version)))
        waits.append(core(Line(error_event(410)))[-1])
        core(Woke())
    assert waits[-1] == Wait(1.6)


def test_expiry_in_a_row_is_no_tight_loop() -> None:
    """A cluster whose every list is too old at once is listed less and less often."""
    core = watching()
    assert is_watch_list(core(Line(error_event(410)))[-1])
    core(Line(bookmark(30, initial=True)))
    assert isinstance(core(Line(error_event(410)))[-1], Wait)


FAILURES: list[tuple[ClusterError, Outcome]] = [
    (ApiError(401, "Unauthorized", ""), Outcome.UNAUTHORIZED),
    (ApiError(403, "Forbidden", ""), Outcome.FORBIDDEN),
    (ApiError(404, "", "default backend"), Outcome.NOT_FOUND),
    (ApiError(409, "Conflict", ""), Outcome.REFUSED),
    (ApiError(429, "TooManyRequests", ""), Outcome.THROTTLED),
    (ApiError(500, "InternalError", ""), Outcome.SERVER_ERROR),
    (ApiError(504, "Timeout", ""), Outcome.SERVER_ERROR),
    (ApiError(302, "", ""), Outcome.REFUSED),
    (Unreachable(Outcome.RESET, "mid-line"), Outcome.RESET),
    (Unreachable(Outcome.SILENT, ""), Outcome.SILENT),
    (Unreachable(Outcome.TIMEOUT, ""), Outcome.TIMEOUT),
    (Unreachable(Outcome.TLS, ""), Outcome.TLS),
    (Unreachable(Outcome.UNREACHABLE, ""), Outcome.UNREACHABLE),
    (Unreachable(Outcome.CREDENTIALS, ""), Outcome.CREDENTIALS),
    (Unreachable(Outcome.LINE_TOO_LONG, ""), Outcome.LINE_TOO_LONG),
]


@pytest.mark.parametrize(("error", "outcome"), FAILURES)
def test_failure_of_a_watch(error: ClusterError, outcome: Outcome) -> None:
    """Each failure has its name, a jittered wait, and the watch goes on from its position: the last state stays."""
    core = watching()
    note, wait = core(Failed(error))
    assert (note.outcome, note.failure) == (outcome, True)  # type: ignore[union-attr]
    assert wait == Wait(0.1)
    assert is_probe(core(Woke())[-1])
    assert parameters(core(Answered(list_of(10)))[-1])["resourceVersion"] == "10"


@pytest.mark.parametrize(("error", "outcome"), FAILURES)
def test_failure_of_a_probe(error: ClusterError, outcome: Outcome) -> None:
    """A probe that fails is asked again after a wait, and longer each time."""
    core = Core("10")
    first = core(Failed(error))
    core(Woke())
    second = core(Failed(error))
    assert notes(first + second) == [outcome] * 2
    assert [first[-1], second[-1]] == [Wait(0.1), Wait(0.2)]


@pytest.mark.parametrize(
    ("given", "outcome"),
    [
        (Failed(ApiError(429, "TooManyRequests", "", 9.0)), Outcome.THROTTLED),
        (Failed(ApiError(503, "ServiceUnavailable", "", 9.0)), Outcome.SERVER_ERROR),
        (Line(error_event(429, "TooManyRequests", retry_after=9)), Outcome.ERROR_EVENT),
        (Line(error_event(500, "InternalError", retry_after=9)), Outcome.ERROR_EVENT),
    ],
)
def test_retry_after(given: Input, outcome: Outcome) -> None:
    """What the cluster asks for by Retry-After or retryAfterSeconds is kept."""
    actions = watching()(given)
    assert notes(actions) == [outcome]
    assert actions[-1] == Wait(9.0)


UNREADABLE = [
    b"not json",
    b"null",
    b"[]",
    b'"text"',
    b"\xff\xfe",
    b'{"type": "ADDED"}',
    b'{"type": "ADDED", "object": 7}',
    b'{"type": ["ADDED"], "object": {}}',
    b'{"type": "OTHER", "object": {}}',
    b'{"object": {}}',
    b'{"type": "BOOKMARK", "object": {}}',
    b'{"type": "BOOKMARK", "object": {"metadata": {"resourceVersion": 7}}}',
]


@pytest.mark.parametrize("data", UNREADABLE)
def test_bytes_that_are_no_event(data: bytes) -> None:
    """They end the stream with a name, and it goes on from the position after a wait."""
    core = watching()
    actions = core(Line(data))
    assert notes(actions) == [Outcome.NOT_JSON]
    assert isinstance(actions[-1], Wait)
    assert core.core.position == "10"


def test_unreadable_at_one_position() -> None:
    """Content that cannot be read three times at one position is got past by a list."""
    core = watching()
    for last in (False, False, True):
        assert (Forget() in core(Line(b"not json"))) is last
        [request] = core(Woke())
        assert is_watch_list(request) is last
        if not last:
            core(Answered(list_of(10)))
    assert core(Line(bookmark(30, initial=True)))[0] == Reconcile({}, {}, "30", "unreadable")


# -- resources that are not installed


def test_absent_at_the_start() -> None:
    """A resource that is not installed counts as empty, is said once, and waited for."""
    core = Core()
    core(Failed(NOT_SERVED))
    core(Woke())
    forget, reconcile, note, wait = core(Failed(NOT_SERVED))
    assert forget == Forget()
    assert reconcile == Reconcile({}, {}, ABSENT, "")
    assert note.outcome is Outcome.ABSENT  # type: ignore[union-attr]
    assert wait == Wait(7.5)
    assert is_probe(core(Woke())[-1])
    assert core(Failed(NOT_SERVED)) == [Note(Outcome.ABSENT), Wait(7.5)]
    assert core.core.state is ReflectorState.ABSENT


def test_installed_later() -> None:
    """Once it is there the path is listed."""
    core = Core(ABSENT)
    assert is_probe(core.begun[0])
    actions = core(Answered(list_of(5)))
    assert actions[0] == Forget()
    assert notes(actions) == [Outcome.INSTALLED]
    assert is_watch_list(actions[-1])
    assert core(Line(bookmark(6, initial=True)))[0] == Reconcile({}, {}, "6", "installed")


@pytest.mark.parametrize("error", [NOT_SERVED, ApiError(404, "NotFound", "the server could not find it")])
def test_goes_away(error: ApiError) -> None:
    """A resource that goes away while it is watched empties its path, once it has been asked for twice."""
    core = watching()
    core.now += 60
    core(Ended())
    note, wait = core(Failed(error))
    assert note.outcome is Outcome.NOT_FOUND  # type: ignore[union-attr]
    assert wait == Wait(1.0)
    core(Woke())
    assert core(Failed(error))[:2] == [Forget(), Reconcile({}, {}, ABSENT, "")]
    assert core.core.position == ABSENT


@pytest.mark.parametrize("begin", [None, "10"], ids=["after a restart", "at once"])
def test_one_404_in_a_relist_empties_nothing(begin: str | None) -> None:
    """While a path is listed again it has no position, yet objects: they too are given up when asked twice."""
    core = Core() if begin is None else watching(begin)
    if begin is not None:
        core(Failed(GONE))
    note, wait = core(Failed(NOT_SERVED))
    assert note.outcome is Outcome.NOT_FOUND  # type: ignore[union-attr]
    assert wait == Wait(1.0)
    assert is_watch_list(core(Woke())[-1])


def test_one_404_empties_nothing() -> None:
    """A 404 that is gone at the second look was none: the watch goes on from its position."""
    core = Core("10")
    for _ in range(2):
        core(Failed(NOT_SERVED))
        core(Woke())
        assert parameters(core(Answered(list_of(10)))[-1])["resourceVersion"] == "10"
        core(Failed(Unreachable(Outcome.RESET, "")))
        core(Woke())


# -- what takes long


def test_an_unreadable_line_is_scanned_in_steps() -> None:
    """Whose line it is that the decoder refuses is found out with breaths in between."""
    core = watching("10")
    spec = b'{"a":"\\ud800","b":[%b1]}' % (b"[]," * 20_000)
    line = event("ADDED", document("a", 11)).replace(b'"object":{', b'"object":{"spec":%b,' % spec)
    actions = list(core.core.receive(Line(line), core.now))
    assert sum(isinstance(action, Breathe) for action in actions) >= 2 * 20_000 // 500
    assert [type(action) for action in actions if not isinstance(action, Breathe)] == [Malformed, PassOver]


def test_an_object_is_decoded_in_one_step_and_cleaned_in_another() -> None:
    """Each takes 20 ms of a bundle of 5 MB."""
    core = watching("10")
    actions = core.core.receive(Line(event("ADDED", document("a", 11))), core.now)
    assert [type(action) for action in actions] == [Breathe, Put]


def test_a_large_page_is_decoded_item_by_item(monkeypatch: pytest.MonkeyPatch) -> None:
    """Above a bound no page is decoded whole, and what it says is the same."""
    body = list_of(12, document("a", 11), document("b", 12), more="token")
    whole = ReceivedPage(body)
    wanted = [item for item in whole.items() if item is not None]
    monkeypatch.setattr(pages, "MAX_WHOLE", len(body) - 1)
    monkeypatch.setattr(pages, "decode", pytest.fail)
    page = ReceivedPage(body)
    assert [item for item in page.items() if item is not None] == wanted
    assert (page.version, page.token) == (whole.version, whole.token) == ("12", "token")

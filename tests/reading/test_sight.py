"""What one identity may see of a namespace, asked of a scripted cluster on a Clock."""

from __future__ import annotations

from typing import Any

import pytest
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock

from promoter_view.access.admission import Attributes
from promoter_view.access.identity import Identity
from promoter_view.reading.sight import NOTHING_SEEN, Question, Sight, scope_of
from promoter_view.web.errors import ReviewUnavailable


def asked(verb: str, resource: str) -> Attributes:
    return Attributes(verb=verb, path="", group="g", version="v", resource=resource)


BUNDLES = Question("views", (asked("list", "views"), asked("watch", "views")))
MEMBER = Question("Member", (asked("get", "members"),))
ELSEWHERE = Question("Elsewhere", (asked("get", "elsewheres"),), namespaced=False)


class World:
    """``allowed`` holds (verb, resource, namespace); "" is the cluster scope. ``asked`` is what was asked."""

    def __init__(self, *questions: Question, views: tuple[str, ...] = ("views",), seconds: float = 25) -> None:
        self.clock = Clock()
        self.questions = questions
        self.allowed: set[tuple[str, str, str]] = set()
        self.asked: list[tuple[str, str, str]] = []
        self.populated = {"a", "b"}
        self.head = 7
        self.down = False
        self.woken = 0
        self.sight = Sight(
            Identity("u"),
            lambda: self.questions,
            self,  # type: ignore[arg-type]
            views=views,
            seconds=seconds,
            clock=self.clock,
            populated=lambda: self.populated,
            head=lambda: self.head,
        )
        self.sight.subscribe(self)

    async def allows(self, identity: Identity, attributes: Attributes) -> bool:
        wanted = (attributes.verb, attributes.resource, attributes.namespace)
        self.asked.append(wanted)
        if self.down:
            raise ReviewUnavailable("no")
        return wanted in self.allowed

    def wake(self) -> None:
        self.woken += 1

    def let(self, *resources: str, namespace: str = "", verbs: tuple[str, ...] = ("list", "watch", "get")) -> None:
        self.allowed |= {(verb, resource, namespace) for verb in verbs for resource in resources}

    def look(self) -> Any:
        return done(self.sight.look())

    def take_asked(self) -> list[tuple[str, str, str]]:
        taken, self.asked = self.asked, []
        return taken


def done(work: Any) -> Any:
    results: list[Any] = []
    Deferred.fromCoroutine(work).addBoth(results.append)
    (result,) = results
    if hasattr(result, "raiseException"):
        result.raiseException()
    return result


@pytest.mark.parametrize(
    ("everywhere", "in_a", "wanted"),
    [
        ((), (), NOTHING_SEEN),
        (("views",), (), {"Member", "Elsewhere"}),
        (("views", "members"), (), {"Elsewhere"}),
        (("views", "members", "elsewheres"), (), set()),
        ((), ("views",), {"Member", "Elsewhere"}),
        ((), ("views", "members", "elsewheres"), {"Elsewhere"}),
        (("elsewheres",), ("views", "members"), set()),
        (("members",), (), NOTHING_SEEN),
    ],
)
def test_nothing_all_or_all_but_some(everywhere: tuple[str, ...], in_a: tuple[str, ...], wanted: set[str]) -> None:
    """Who may not list and watch sees nothing; of the rest members of kinds that may not be got are hidden."""
    world = World(BUNDLES, MEMBER, ELSEWHERE)
    world.let(*everywhere)
    world.let(*in_a, namespace="a")
    assert world.sight.hidden("views", "a") is None
    world.look()
    assert world.sight.hidden("views", "a") == wanted


def test_list_alone_shows_nothing() -> None:
    """Whoever may list, but not watch, is not shown what only a watch would tell."""
    world = World(BUNDLES)
    world.let("views", verbs=("list",))
    world.look()
    assert world.sight.hidden("views", "a") == NOTHING_SEEN
    assert world.sight.refuses("views")


def test_all_namespaces_are_asked_about_first() -> None:
    """A right everywhere costs one review a verb; a namespace is asked about only where that was denied, once."""
    world = World(BUNDLES)
    world.let("views")
    world.look()
    world.look()
    assert world.take_asked() == [("list", "views", ""), ("watch", "views", "")]
    world = World(BUNDLES)
    world.let("views", namespace="a")
    world.look()
    world.look()
    assert sorted(world.take_asked()) == [
        ("list", "views", ""),
        ("list", "views", "a"),
        ("list", "views", "b"),
        ("watch", "views", "a"),
    ]
    assert not world.sight.refuses("views")


def test_a_namespace_that_is_new_is_not_known() -> None:
    """Nothing is said of it until it is asked about; whoever waits for that is woken."""
    world = World(BUNDLES)
    world.let("views", namespace="a")
    world.let("views", namespace="new")
    world.look()
    assert world.sight.hidden("views", "new", reading=True) is None
    scope, woken = world.sight.scope, world.woken
    world.populated = {"a", "b", "new"}
    world.sight.want("new")
    assert world.sight.hidden("views", "new") == frozenset()
    assert world.woken > woken
    assert world.sight.scope != scope
    assert world.sight.changes == 0


def test_a_change_is_noticed() -> None:
    """An answer that differs is counted, with the head: nobody resumes from before it."""
    world = World(BUNDLES, MEMBER)
    world.let("views", namespace="a")
    world.look()
    world.clock.advance(26)
    world.allowed.clear()
    world.head = 9
    done(world.sight.refresh())
    assert (world.sight.changes, world.sight.horizon) == (1, 9)
    assert world.sight.hidden("views", "a") == NOTHING_SEEN


def test_bundles_while_nobody_can_be_asked() -> None:
    """Whoever is reading goes on by what was known; nobody begins by it."""
    world = World(BUNDLES)
    world.let("views", namespace="a")
    world.look()
    world.down = True
    world.clock.advance(60)
    assert world.sight.hidden("views", "a", reading=True) == frozenset()
    assert world.sight.hidden("views", "a") is None
    with pytest.raises(ReviewUnavailable):
        world.look()


@pytest.mark.parametrize(("questions", "views"), [((MEMBER,), ()), ((BUNDLES, MEMBER), ("views",))])
def test_members_fail_closed(questions: tuple[Question, ...], views: tuple[str, ...]) -> None:
    """No answer about members is older than its time, for readers neither; they go on once there is a new one."""
    world = World(*questions, views=views)
    world.let("views", "members")
    world.look()
    assert world.sight.hidden("views", "a", reading=True) == frozenset()
    world.down = True
    world.clock.advance(25)
    assert world.sight.hidden("views", "a", reading=True) is None
    world.sight.want("a")
    world.down = False
    world.clock.advance(5)
    assert world.sight.hidden("views", "a", reading=True) == frozenset()


def test_the_scope_stands_for_namespaces() -> None:
    """It is the same for the same namespaces, tells nothing of members, and is that of everything where all is seen."""
    restricted, other = World(BUNDLES, MEMBER), World(BUNDLES)
    for world in (restricted, other):
        world.let("views", namespace="a")
        world.look()
    assert restricted.sight.scope == other.sight.scope == scope_of((), [("views", "a")])
    full = World(BUNDLES, MEMBER)
    full.let("views")
    full.look()
    assert full.sight.scope == scope_of(["views"], ())


def test_who_leaves_asks_no_more() -> None:
    """With its last reader a sight drops what it was asking in the background."""
    world = World(BUNDLES)
    world.down = True
    world.sight.want("a")
    assert world.clock.getDelayedCalls()
    world.sight.unsubscribe(world)
    assert world.clock.getDelayedCalls() == []


def test_another_question_makes_all_unknown() -> None:
    """What was asked before tells nothing of what is asked about now; what was known of the rest has not changed."""
    world = World(MEMBER, views=())
    world.let("members")
    world.look()
    assert world.sight.hidden("views", "a") == set()
    other = Question("Other", (asked("get", "others"),))
    world.questions = (MEMBER, other)
    assert world.sight.hidden("views", "a", reading=True) is None
    world.take_asked()
    world.look()
    assert world.sight.hidden("views", "a") == {"Other"}
    assert ("get", "others", "a") in world.take_asked()
    assert world.sight.changes == 0


def test_a_question_less_needs_no_answer() -> None:
    """What is known is enough, and that something may be seen again that nobody asks about is no change."""
    world = World(MEMBER, ELSEWHERE, views=())
    world.let("members")
    world.look()
    world.questions = (MEMBER,)
    assert world.sight.hidden("views", "a") == {"Elsewhere"}
    world.take_asked()
    world.clock.advance(25)
    world.look()
    assert {resource for _, resource, _ in world.take_asked()} == {"members"}
    assert world.sight.hidden("views", "a") == set()
    assert world.sight.changes == 0


def test_what_changes_beside_a_new_question_is_noticed() -> None:
    """A right that is lost at the same time ends the streams of whoever had it."""
    world = World(MEMBER, views=())
    world.let("members")
    world.look()
    world.questions = (MEMBER, Question("Other", (asked("get", "others"),)))
    world.allowed.clear()
    world.let("others")
    world.look()
    assert world.sight.hidden("views", "a") == {"Member"}
    assert world.sight.changes == 1
    assert world.sight.horizon == world.head

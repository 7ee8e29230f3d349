"""The index of commits: by changes it comes to what looking at every bundle finds."""

from __future__ import annotations

from typing import Any

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from promoter_view.reading.commits.index import CommitIndex, ViewPlace
from promoter_view.reading.commits.question import CommitQuestion
from promoter_view.records import Bundle, BundleChange, BundleKey
from promoter_view.slices import at_once
from tests.support.views.commits import freight, named_by, past_of, policy, sha, times_of
from tests.support.views.stages import application, stage
from tests.support.views.world import VIEW, World, strategy

NAMES = st.sampled_from(["a", "b", "c", "d", "e"])
COMMIT = st.tuples(NAMES, st.integers(2, 900))
MEMBERS = ("changeTransferPolicies", "changeTransferPolicyHistories")
WHICH = st.sampled_from(["one", "two"])
ACTIONS = st.lists(
    st.one_of(
        st.tuples(
            st.just("policy"),
            WHICH,
            st.sampled_from(["dev", "prod"]),
            st.none() | COMMIT,
            st.none() | COMMIT,
            st.lists(COMMIT, max_size=3),
            st.none() | NAMES,
        ),
        st.tuples(st.just("history"), WHICH, st.lists(COMMIT, max_size=4)),
        st.tuples(st.just("gone"), WHICH, st.sampled_from(["root", "dev", "prod", "history"])),
    ),
    max_size=12,
)


def act(world: World, action: Any) -> None:
    """One change of the cluster."""
    kind, name, *rest = action
    root = strategy(name, branches=("dev", "prod"))
    world.put(root)
    if kind == "policy":
        branch, live, proposed, past, note = rest
        world.put(policy(root, branch, live, proposed, *past, note=note or ""))
    elif kind == "history":
        world.put(past_of(policy(root, "dev", None), "dev", *rest[0]))
    else:
        found = {"root": root, "history": past_of(policy(root, "dev", None), "dev")}
        world.delete(found.get(rest[0]) or policy(root, rest[0], None))


def follow(world: World, index: CommitIndex, after: int) -> int:
    """The index takes what came after that."""
    for change in world.changes(after):
        at_once(index.take(change))
    return world.projector.head


def bundles_of(world: World) -> dict[BundleKey, Any]:
    """All of them, decoded."""
    return {each.key: orjson.loads(each.encode()) for each in world.projector.list(VIEW)}


@settings(max_examples=150, deadline=None)
@given(ACTIONS, st.integers(0, 12))
def test_changes_come_to_what_a_scan_finds(actions: list[Any], begun: int) -> None:
    """Whatever changes, and whenever the index is begun: each sha leads to the bundles that name it, and no further
    but to those that are remembered to have proposed it.
    """
    world, index = World(), CommitIndex()
    position = world.projector.head
    for place, action in enumerate(actions):
        if place == begun:
            index = CommitIndex()
            for bundle in world.projector.list(VIEW):
                at_once(index.add(bundle))
            position = world.projector.head
        act(world, action)
        position = follow(world, index, position)
    found = bundles_of(world)
    named = {key: set(named_by(document)) for key, document in found.items()}
    remembered = {key: {sha for one in index.overtaken(key) for sha in one.carried.shas} for key in found}
    for word in set().union(*named.values(), *remembered.values()):
        wanted = sorted(key for key in found if word in named[key] or word in remembered[key])
        for digits in (7, 20, 40):
            assert index.candidates(CommitQuestion(word[:digits])) == wanted
    assert len(index) == sum(len(named[key] | remembered[key]) for key in found)
    told = [document.get(field, []) for document in found.values() for field in MEMBERS]
    assert index.oldest([ViewPlace(VIEW, "a")]) == min(times_of(told), default="")


def test_what_is_gone_leaves_nothing() -> None:
    """When all strategies are deleted the index is empty, and their numbers are taken again."""
    world, index = World(), CommitIndex()
    position = world.projector.head
    for round_ in range(3):
        root = strategy("shop", branches=("dev",))
        world.put(root, policy(root, "dev", ("a", 10), ("b", 20 + round_)))
        world.put(policy(root, "dev", ("a", 10), ("c", 30)))
        position = follow(world, index, position)
        assert index.candidates(CommitQuestion(sha("c")))
        assert index.overtaken(BundleKey(VIEW, "a", "shop"))
        world.delete(root)
        position = follow(world, index, position)
        assert (len(index), index.size, [*index.places]) == (0, 0, [])
        assert index.candidates(CommitQuestion(sha("b"))) == []


def test_freight_by_anything_that_names_it() -> None:
    """A Stage is found by its Freight's name, commits, tags, digests and versions."""
    world, index = World(), CommitIndex()
    digest = sha("digest") + "0" * 24
    world.put(freight("f", "x", tag="V1.2", digest=f"sha256:{digest}", version="0.9.1"))
    shown = stage(namespace="a", freight=[sha("f")])
    world.put(shown)
    for view in ("stagedetails", VIEW):
        for bundle in world.projector.list(view):
            at_once(index.add(bundle))
    (key,) = [bundle.key for bundle in world.projector.list("stagedetails")]
    for asked in (sha("f"), sha("x")[:9], digest):
        assert index.candidates(CommitQuestion(asked)) == [key]
    for word in ("v1.2", "0.9.1"):
        assert index.candidates(CommitQuestion("", word)) == [key]
    assert index.candidates(CommitQuestion("", "v1")) == []
    assert key in index


def test_a_change_that_is_none_of_its() -> None:
    """A change of a bundle that is still to be put in is skipped."""
    world, index = World(), CommitIndex()
    root = strategy("shop", branches=("dev",))
    world.put(root)
    position = world.projector.head
    world.put(policy(root, "dev", ("a", 10)))
    follow(world, index, position)
    assert len(index) == 0
    bundle: Bundle | None = world.projector.get(BundleKey(VIEW, "a", "shop"))
    assert bundle is not None
    at_once(index.add(bundle))
    assert len(index) == 3


def test_what_applications_hydrated() -> None:
    """A Stage is found by the commit that the hydrator of one of its Applications made last, and no longer by others.

    Times of Applications are not those of commits.
    """
    world, index = World(), CommitIndex()
    for name in ("made", "later"):
        shown = application("one", authorized="a:test")
        shown["status"]["sourceHydrator"] = {"lastSuccessfulOperation": {"hydratedSHA": sha(name)}}
        before = world.projector.list("stagedetails")
        world.put(*(() if before else (stage(namespace="a"),)), shown)
        (bundle,) = world.projector.list("stagedetails")
        change = BundleChange(bundle.resource_version, before[0] if before else None, bundle, 0)
        at_once(index.take(change))
    assert index.candidates(CommitQuestion(sha("later"))) == [bundle.key]
    assert index.candidates(CommitQuestion(sha("made"))) == []
    assert index.oldest(index.places) == ""

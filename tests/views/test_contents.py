"""A bundle read member by member."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from promoter_view.views.contents import BundleContents, Contents, Readings
from tests.support.views.strategies import Decoded
from tests.support.views.world import VIEW, World, family


def name_of(member: Mapping[str, Any]) -> object:
    return member.get("metadata", {}).get("name")


def told(contents: Contents) -> dict[str, Any]:
    found = {field: contents.each(field, name_of) for field in contents.fields}
    found["one"] = contents.one("gitRepository", name_of)
    found["nothing"] = (contents.each("unknown", name_of), contents.one("unknown", name_of))
    metadata = (contents.namespace, contents.name, contents.created, contents.labels)
    return found | {"root": contents.root(name_of), "metadata": metadata}


def test_what_is_read_is_what_the_whole_bundle_says() -> None:
    """Root, metadata, single members and lists are those of the decoded bundle, and what is not there is empty."""
    world = World()
    world.put(*family("shop", "ScmProvider"))
    (bundle,) = world.projector.list(VIEW)
    whole = Decoded(orjson.loads(bundle.encode()))
    contents = BundleContents(bundle, Readings())
    assert told(contents) == told(whole)
    assert {"changeTransferPolicies", "gitRepository"} <= set(contents.fields)


def test_of_equal_bytes_one_is_read() -> None:
    """A value is kept by the bytes that it was read of and by what was read, as long as there is room."""
    readings, read = Readings(max_bytes=30), []

    def first(member: Mapping[str, Any]) -> None:
        read.append(member)

    for _ in range(2):
        assert readings.of(b'{"a":1}', first) == (True, None)
    assert read == [{"a": 1}]
    readings.of(b'{"a":1}', lambda member: read.append(member))
    assert len(read) == 2
    readings.of(b'{"a":"pushes the others out"}', first)
    assert readings.get(b'{"a":1}', first) is None


def test_what_is_no_object_is_told_apart() -> None:
    """A bundle that is reflected may hold anything: it reads as an empty object, and says that it is none."""
    assert Readings().of(b"[1]", name_of) == (False, None)


def test_steps_read_a_member_each_and_none_twice() -> None:
    """So many steps as there are members that were not read yet."""
    world = World()
    world.put(*family("shop", "ScmProvider"))
    (bundle,) = world.projector.list(VIEW)
    contents = BundleContents(bundle, Readings())
    count = len(contents.each("changeTransferPolicies", name_of))
    assert count
    assert len(list(contents.steps("changeTransferPolicies", dict))) == count
    assert not list(contents.steps("changeTransferPolicies", dict))


def test_what_a_bundle_gave_once_it_gives_again() -> None:
    """Also where its members have been pushed out meanwhile; who asks may do with the list what he likes."""
    world = World()
    world.put(*family("shop", "ScmProvider"))
    (bundle,) = world.projector.list(VIEW)
    contents, read = BundleContents(bundle, Readings(max_bytes=0)), []

    def noted(member: Mapping[str, Any]) -> object:
        read.append(member)
        return name_of(member)

    first = contents.each("changeTransferPolicies", noted)
    wanted = [*first]
    first.clear()
    assert wanted == contents.each("changeTransferPolicies", noted)
    assert len(read) == len(wanted)


def test_members_that_stand_together_are_recalled_by_their_place() -> None:
    """Of many only those that are new are looked up; of few, and where their number has changed, all are."""
    readings, read = Readings(max_bytes=2000), []

    def first(member: Mapping[str, Any]) -> int:
        read.append(member)
        return int(member["a"])

    bodies = [b'{"a":%d}' % number for number in range(40)]
    kept = [readings.of(body, first) for body in bodies]
    readings.remember("here", bodies, first, kept)
    changed = [*bodies[:-1], b'{"a":99}']
    assert readings.recall("here", changed, first) == [*kept[:-1], None]
    assert readings.recall("here", bodies[:-1], first) == kept[:-1]
    assert readings.recall("elsewhere", bodies[:3], first) == kept[:3]
    assert len(read) == 40
    again = [*kept[:-1], readings.of(changed[-1], first)]
    readings.remember("here", changed, first, again)
    assert readings.recall("here", changed, first) == again

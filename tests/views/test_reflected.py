"""Views whose bundles are reflected: the API's own bytes, with a resourceVersion of ours."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import orjson
from hypothesis import given
from hypothesis import strategies as st

from promoter_view.kubernetes.cleaning import CleaningRules, source_object
from promoter_view.metrics import Metrics
from promoter_view.records import (
    Bundle,
    BundleKey,
    Change,
    ChangeType,
    Entry,
    Mark,
    Mirror,
    ObjectKey,
    Position,
    Record,
)
from promoter_view.slices import at_once
from promoter_view.views.definition import ViewDefinition
from promoter_view.views.known import DEFINITIONS
from promoter_view.views.member_mask import MemberMask
from promoter_view.views.projector import Projector
from promoter_view.views.promotion_strategy.details import PROMOTION_STRATEGY_DETAILS
from promoter_view.views.reflected import ReflectedView, reflected_kind
from promoter_view.views.stage.details import STAGE_DETAILS
from tests.support.views.stages import application, check, stage
from tests.support.views.world import VIEW, World, family

KIND = reflected_kind(PROMOTION_STRATEGY_DETAILS)
RULES = CleaningRules(KIND, keep_version=False)
PATH = "/apis/view"
SHOP = BundleKey(VIEW, "a", "shop")
OFFSET = 5000

_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=12,
)
_FIELDS = st.text(min_size=1).filter(lambda name: name not in ("kind", "apiVersion", "metadata", "promotionStrategy"))


class Mirrored:
    """A projector of reflected bundles, fed as a reflector would."""

    def __init__(self, make_view: Callable[[ViewDefinition], ReflectedView] = ReflectedView) -> None:
        self.warnings: list[str] = []
        self.views = Projector(
            DEFINITIONS,
            generation=0,
            history_bytes=1 << 20,
            metrics=Metrics(),
            warn=self.warnings.append,
            make_view=make_view,
        )
        self.offset = OFFSET
        self.feed(Mark(0, Mirror("cluster", {PATH: "rules"}), 0))
        self.feed(Position(PATH, "1"))

    def feed(self, entry: Entry) -> None:
        """One record."""
        self.offset += 1
        at_once(self.views.apply([Record(self.offset, 0, entry)]))

    def put(self, document: dict[str, Any]) -> Bundle | None:
        """A bundle came from the API; as it stands now."""
        key, found = source_object(document, RULES)
        self.feed(Change(ChangeType.MODIFIED, key, found.body, found.resource_version, PATH, found.resource_version))
        return self.views.get(BundleKey(VIEW, key.namespace, key.name))

    def delete(self, namespace: str, name: str) -> None:
        """A bundle is gone."""
        key = ObjectKey(KIND.kind, namespace, name)
        self.feed(Change(ChangeType.DELETED, key, b"", "9", PATH, "9"))


def served() -> Bundle:
    """A bundle with members of every kind, as the API serves it."""
    world = World()
    world.put(*family("shop", "ScmProvider"))
    (bundle,) = world.projector.list(VIEW)
    return bundle


def bundle_of(**more: Any) -> dict[str, Any]:
    metadata = {"name": "shop", "namespace": "a", "uid": "u", "resourceVersion": "7"}
    start = {"kind": KIND.kind, "apiVersion": KIND.api_version, "metadata": metadata}
    return {**start, "promotionStrategy": {"spec": {}}, **more}


def test_every_byte_is_the_apis() -> None:
    """Of what the API serves only metadata.resourceVersion is another; pieces stand as in a bundle that is joined."""
    theirs = served()
    ours = Mirrored().put(orjson.loads(theirs.encode()))
    assert ours is not None
    assert ours.encode(theirs.resource_version) == theirs.encode()
    assert (ours.head, b"".join(ours.tail[:2]), ours.uid) == (theirs.head, b"".join(theirs.tail[:2]), theirs.uid)
    assert ours.resource_version > OFFSET


def test_a_change_shares_what_it_does_not_change() -> None:
    """Of two states of a bundle in the history, members that did not change are one object in memory."""
    mirrored = Mirrored()
    document = orjson.loads(served().encode())
    before = mirrored.put(document)
    after = mirrored.put(document | {"pullRequests": [{"kind": "PullRequest", "metadata": {"name": "other"}}]})
    assert before is not None
    assert after is not None
    kept = {id(piece) for piece in before.tail}
    assert sum(id(piece) in kept for piece in after.tail) >= len(after.tail) - 4


def test_only_the_resource_version_changed() -> None:
    """What an API that lost its log serves anew under other resourceVersions is to us the same, byte for byte."""
    document = bundle_of()
    renumbered = document | {"metadata": document["metadata"] | {"resourceVersion": "8"}}
    (_, first), (_, second) = source_object(document, RULES), source_object(renumbered, RULES)
    assert (first.body, first.resource_version, second.resource_version) == (second.body, "7", "8")
    assert RULES.digest != CleaningRules(KIND).digest


def test_departures() -> None:
    """A bundle that the API deletes is deleted; one that comes again with another uid is another bundle."""
    mirrored = Mirrored()
    mirrored.put(bundle_of())
    cursor = mirrored.views.cursor(VIEW, "", mirrored.views.head)
    again = bundle_of()
    again["metadata"] |= {"uid": "another"}
    mirrored.put(again)
    mirrored.delete("a", "shop")
    changes = cursor.take(10)
    assert [(change.before is None, change.after is None) for change in changes] == [
        (False, True),
        (True, False),
        (False, True),
    ]
    assert mirrored.views.list(VIEW) == ()


def test_what_is_no_bundle() -> None:
    """One without uid or without its root is left out, named once, and disturbs no other."""
    mirrored = Mirrored()
    mirrored.put(bundle_of())
    broken = bundle_of(promotionStrategy=None)
    assert mirrored.put(broken) is None
    other = bundle_of()
    other["metadata"] |= {"name": "other"}
    assert mirrored.put(other) is not None
    assert "promotionStrategy is missing" in mirrored.warnings[0]


def test_fields_of_a_newer_api() -> None:
    """A field that the definition does not know is shown to who sees all, and to nobody from whom kinds are hidden."""
    bundle = Mirrored().put(bundle_of(novelties=[{"a": 1}, {"b": 2}], flag="on", empty=[]))
    assert bundle is not None
    document = orjson.loads(bundle.encode())
    assert (document["novelties"], document["flag"], document["empty"]) == ([{"a": 1}, {"b": 2}], "on", [])
    seen = MemberMask(PROMOTION_STRATEGY_DETAILS).bundle(bundle, frozenset({"PullRequest"}))
    assert list(orjson.loads(seen.encode())) == ["kind", "apiVersion", "metadata", "promotionStrategy"]


def test_fields_of_a_newer_api_where_readers_are_asked_about() -> None:
    """Who may see such a field nobody can be asked: it is left out for everybody, and nothing else is."""
    document = bundle_of(novelties=[{"a": 1}], pullRequests=[{"b": 2}])
    bundle = Mirrored(partial(ReflectedView, declared_only=True)).put(document)
    assert bundle is not None
    assert list(orjson.loads(bundle.encode())) == [
        "kind",
        "apiVersion",
        "metadata",
        "promotionStrategy",
        "pullRequests",
    ]


def test_hidden_members() -> None:
    """Members of a reflected bundle are hidden as those of a joined one are."""
    theirs = served()
    ours = Mirrored().put(orjson.loads(theirs.encode()))
    assert ours is not None
    mask, hidden = MemberMask(PROMOTION_STRATEGY_DETAILS), frozenset({"PullRequest", "ScmProvider"})
    assert mask.bundle(ours, hidden).encode(1) == mask.bundle(theirs, hidden).encode(1)


@given(fields=st.dictionaries(_FIELDS, _JSON, max_size=4), root=st.dictionaries(st.text(), _JSON, min_size=1))
def test_any_json(fields: dict[str, Any], root: dict[str, Any]) -> None:
    """Whatever a bundle holds, it is served as it came."""
    document = bundle_of(promotionStrategy=root, **fields)
    bundle = Mirrored().put(document)
    assert bundle is not None
    expected = orjson.loads(orjson.dumps(document))
    expected["metadata"]["resourceVersion"] = str(bundle.resource_version)
    assert orjson.loads(bundle.encode()) == expected


def test_a_computed_field() -> None:
    """What the API has worked out of members comes with the bundle, and is hidden with the members that it tells of."""
    joined = World()
    joined.put(stage(freight=["f1"], checks=[check("argocd/web")]), application("web", authorized="shop:test"))
    (theirs,) = joined.projector.list(STAGE_DETAILS)
    definition = next(each for each in DEFINITIONS if each.plural == STAGE_DETAILS)
    rules = CleaningRules(reflected_kind(definition), keep_version=False)
    mirrored = Mirrored()
    key, found = source_object(orjson.loads(theirs.encode()), rules)
    mirrored.feed(Change(ChangeType.ADDED, key, found.body, "7", PATH, "7"))
    ours = mirrored.views.get(theirs.key)
    assert ours is not None
    assert ours.encode(1) == theirs.encode(1)
    mask, hidden = MemberMask(definition), frozenset({"Application"})
    assert mask.bundle(ours, hidden).encode(1) == mask.bundle(theirs, hidden).encode(1)
    assert b'"health"' not in mask.bundle(ours, hidden).encode(1)

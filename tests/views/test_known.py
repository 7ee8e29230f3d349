"""What an option makes of the views."""

from __future__ import annotations

import orjson
import pytest

from promoter_view.metrics import Metrics
from promoter_view.records import Change, ChangeType, Mark, Position, Record
from promoter_view.slices import at_once
from promoter_view.views.known import DEFINITIONS, SELECTORS, definitions
from promoter_view.views.member_mask import MemberMask
from promoter_view.views.projector import Projector
from tests.support.views.oracle import key_of
from tests.support.views.stages import stage
from tests.support.views.world import MIRROR, PATH, strategy


def projected(dashboard_url: str) -> Projector:
    """A strategy and a Stage, as a program with that option has them."""
    made = Projector(
        definitions("argocd", dashboard_url), generation=0, history_bytes=1 << 20, metrics=Metrics(), warn=print
    )
    changes = [
        Change(ChangeType.ADDED, key_of(each), orjson.dumps(each), "1", PATH) for each in (strategy("shop"), stage())
    ]
    entries = (Mark(0, MIRROR, 0), *changes, Position(PATH, "1"))
    at_once(made.apply([Record(1000 + at, 0, entry) for at, entry in enumerate(entries)]))
    return made


@pytest.mark.parametrize("root", ["https://promoter.example.com", "http://a.b:8080/below/it"])
def test_status_has_the_address_of_the_page(root: str) -> None:
    """With --dashboard-url, also for who may not see all; it moves no resourceVersion."""
    told, bare = projected(root), projected("")
    for plural, path in (("promotionstrategydetails", "strategies/a/shop"), ("stagedetails", "stages/shop/test")):
        (bundle,), (without,) = told.list(plural), bare.list(plural)
        assert orjson.loads(bundle.encode())["status"]["url"] == f"{root}/{path}"
        assert "url" not in orjson.loads(without.encode())["status"]
        assert bundle.resource_version == without.resource_version
        seen = MemberMask(told.definitions[plural]).bundle(bundle, frozenset({"Application", "PullRequest"}))
        assert orjson.loads(seen.encode())["status"]["url"] == f"{root}/{path}"


def test_selectors() -> None:
    """Each view can be selected by its state, Stages by their shard as well."""
    assert SELECTORS == {
        "promotionstrategydetails": ("status.state",),
        "stagedetails": ("spec.shard", "status.state"),
    }
    assert [each.plural for each in DEFINITIONS] == list(SELECTORS)

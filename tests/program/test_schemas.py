"""The members' schemas follow what is served, and are asked for by nobody who serves nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest
from twisted.internet.testing import MemoryReactorClock

from promoter_view.api.openapi.documents import OpenApi
from promoter_view.program import schemas
from promoter_view.program.schemas import MemberSchemas
from promoter_view.records import KindsChanged, UndeclaredKind
from tests.support.runtimes import a_runtime
from tests.support.views.world import VIEW, World, strategy

KIND = UndeclaredKind("NovelCommitStatus", "novels", "v2", "novelCommitStatuses", True, "rules")
#: Nobody connects to it.
CONFIG: Any = None


class Follower:
    """Notes each start, and which documents would be asked for then."""

    def __init__(
        self, group_versions: Callable[[], Sequence[str]], *, changed: Callable[[Mapping[str, Any]], None], **_: Any
    ) -> None:
        self._group_versions = group_versions
        self.changed = changed
        self.starts: list[list[str]] = []
        self.line = "followed"

    def start(self) -> None:
        self.starts.append(list(self._group_versions()))

    def stop(self) -> None:
        self.starts.append(["stopped"])


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[Follower]:
    """The followers that are made."""
    made: list[Follower] = []
    monkeypatch.setattr(
        schemas, "SchemaFollower", lambda *given, **named: made.append(Follower(*given, **named)) or made[-1]
    )
    monkeypatch.setattr(schemas, "KubernetesClient", lambda *given, **named: None)
    return made


def test_documents_are_read_anew_for_an_undeclared_kind(made: list[Follower]) -> None:
    """Once it is taken up, of its own version too; not for any other change; then OpenAPI has its field."""
    world = World()
    served = lambda: [world.projector.definitions[VIEW]]  # noqa: E731
    openapi = OpenApi(served, version="1")
    found = MemberSchemas(served, views=world.projector, openapi=openapi, runtime=a_runtime(MemoryReactorClock()))
    found.start(CONFIG)
    world.put(strategy())
    world.feed(KindsChanged((KIND,)))
    world.put(strategy("other"))
    [follower] = made
    declared = "promoter.argoproj.io/v1alpha1"
    assert follower.starts == [[declared], [declared, "promoter.argoproj.io/v2"]]
    follower.changed({})
    assert b"novelCommitStatuses" in openapi.documents.v3.body
    assert found.line() == "followed"
    found.stop()
    world.feed(KindsChanged(()))
    assert follower.starts[2:] == [["stopped"]]


def test_who_serves_nothing_asks_nobody(made: list[Follower]) -> None:
    """A dashboard of its own has no OpenAPI."""
    world = World()
    openapi = OpenApi(lambda: (), version="1")
    found = MemberSchemas(lambda: (), views=world.projector, openapi=openapi, runtime=a_runtime(MemoryReactorClock()))
    found.start(CONFIG)
    world.feed(KindsChanged((KIND,)))
    found.stop()
    assert made == []
    assert found.line() == "not asked for yet"

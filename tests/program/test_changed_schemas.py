"""Whose schemas are followed, and who lists anew what has changed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from twisted.internet.defer import Deferred, maybeDeferred
from twisted.internet.testing import MemoryReactorClock

from promoter_view.kubernetes.connection.cluster import ClusterConfig, Clusters
from promoter_view.kubernetes.reflecting.reflector import Reflector
from promoter_view.program import changed_schemas as module
from promoter_view.program.command_line.parsing import settings
from promoter_view.program.pipeline import Pipeline
from promoter_view.program.role import role_of
from promoter_view.records import ListPath, Mirror, Snapshot
from promoter_view.views.known import definitions
from tests.support.runtimes import a_runtime

CLUSTER, OTHER = ClusterConfig("http://cluster.example"), ClusterConfig("http://applications.example")


@pytest.fixture
def reactor() -> MemoryReactorClock:
    reactor = MemoryReactorClock()
    reactor.advance(1_795_000_000)
    return reactor


class Followed:
    """Stands for a SchemaChanges: whose paths it follows, and whom it tells."""

    def __init__(
        self, paths: Callable[[], Sequence[ListPath]], *, outdated: Callable[[ListPath], None], **_: Any
    ) -> None:
        self.paths, self.outdated = paths, outdated
        self.running = False

    def start(self) -> None:
        self.running = True

    def stop(self) -> None:
        self.running = False


@pytest.mark.parametrize(
    ("options", "clusters", "places"),
    [
        ({}, Clusters(CLUSTER), [{""}]),
        ({"role": "apiserver", "namespace": "a,b"}, Clusters(CLUSTER), [{""}]),
        ({"views": "promotionstrategydetails", "argocd-shard": "s"}, Clusters(CLUSTER), [{""}]),
        ({"argocd-kubeconfig": "other"}, Clusters(CLUSTER, OTHER), [{""}, {"argocd"}]),
        ({"role": "dashboard"}, Clusters(CLUSTER), []),
    ],
)
def test_schemas_of_what_is_reflected_are_followed(
    reactor: MemoryReactorClock,
    monkeypatch: pytest.MonkeyPatch,
    options: dict[str, str],
    clusters: Clusters,
    places: list[set[str]],
) -> None:
    """In each cluster those of its paths, all together, until it ends; an aggregated API's are not."""
    made: list[Followed] = []
    listed: list[ListPath] = []
    monkeypatch.setattr(
        module, "SchemaChanges", lambda *given, **named: made.append(Followed(*given, **named)) or made[-1]
    )
    monkeypatch.setattr(Reflector, "list_anew", lambda reflector: listed.append(reflector.path))
    chosen = settings({"event-log": "memory:", **options}, {})
    role = role_of(chosen, definitions(chosen.argocd.namespace[0]))
    pipeline = Pipeline(chosen, role, definitions("argocd"), runtime=a_runtime(reactor), on_fatal=pytest.fail)
    pipeline.replay("the cluster")
    pipeline.lead(clusters)
    assert pipeline.reflection.statuses()
    assert [{path.cluster for path in each.paths()} for each in made] == places
    if made:
        assert all(each.running for each in made)
        followed = [path for each in made for path in each.paths()]
        assert sorted(path.id for path in followed) == sorted(path.id for path in role.paths)
        for each in made:
            for path in each.paths():
                each.outdated(path)
        assert listed == followed
    for step in pipeline.endings():
        maybeDeferred(step)
    assert not any(each.running for each in made)


def test_a_list_that_is_due_at_a_change_of_leader(reactor: MemoryReactorClock, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a replica notices while another one leads is nobody's yet; what is due once it leads is listed."""
    listed: list[ListPath] = []
    monkeypatch.setattr(Reflector, "list_anew", lambda reflector: listed.append(reflector.path))
    chosen = settings({"event-log": "memory:"}, {})
    role = role_of(chosen, definitions("argocd"))
    pipeline = Pipeline(chosen, role, definitions("argocd"), runtime=a_runtime(reactor), on_fatal=pytest.fail)
    pipeline.replay("the cluster")
    path = pipeline.reflection.paths()[0]
    pipeline.reflection.list_anew(path)
    assert listed == []
    pipeline.reflection.start(Clusters(CLUSTER), Snapshot(0, Mirror("", {}), 0, False, {}, {}, {}))
    pipeline.reflection.list_anew(path)
    assert listed == [path]
    Deferred.fromCoroutine(pipeline.reflection.stop())

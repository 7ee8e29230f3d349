"""Whose schemas are followed, and who lists anew what has changed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from twisted.internet.defer import Deferred, maybeDeferred
from twisted.internet.testing import MemoryReactorClock

from promoter_view.kubernetes.connection.cluster import ClusterConfig, Clusters
from promoter_view.kubernetes.reflecting.reflector import Reflector
from promoter_view.kubernetes.reflecting.schema_changes import SchemaRecorder
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
        self,
        paths: Callable[[], Sequence[ListPath]],
        *,
        recorder: SchemaRecorder,
        outdated: Callable[[ListPath, str], None],
        **_: Any,
    ) -> None:
        self.paths, self.recorder, self.outdated = paths, recorder, outdated
        self.running = False

    def start(self) -> None:
        self.running = True

    def stop(self) -> None:
        self.running = False


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[Followed]:
    found: list[Followed] = []
    monkeypatch.setattr(
        module, "SchemaChanges", lambda *given, **named: found.append(Followed(*given, **named)) or found[-1]
    )
    return found


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
    made: list[Followed],
    options: dict[str, str],
    clusters: Clusters,
    places: list[set[str]],
) -> None:
    """In each cluster those of its paths, all together, until it ends; an aggregated API's are not."""
    listed: list[tuple[ListPath, str]] = []
    monkeypatch.setattr(Reflector, "list_anew", lambda reflector, schema: listed.append((reflector.path, schema)))
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
                each.outdated(path, "digest")
        assert listed == [(path, "digest") for path in followed]
    for step in pipeline.endings():
        maybeDeferred(step)
    assert not any(each.running for each in made)


def test_whoever_leads_begins_with_what_is_in_the_log(reactor: MemoryReactorClock, made: list[Followed]) -> None:
    """Each term compares with what its log says that paths were read by, and ends with the term."""
    chosen = settings({"event-log": "memory:"}, {})
    role = role_of(chosen, definitions("argocd"))
    pipeline = Pipeline(chosen, role, definitions("argocd"), runtime=a_runtime(reactor), on_fatal=pytest.fail)
    pipeline.replay("the cluster")
    path = pipeline.reflection.paths()[0]
    for digest in ("one", "other"):
        past = Snapshot(0, Mirror("", {}), 0, False, {}, {}, {}, schemas={path.id: digest})
        pipeline.reflection.start(Clusters(CLUSTER), past)
        assert made[-1].running
        assert made[-1].recorder.schema(path) == digest
        Deferred.fromCoroutine(pipeline.reflection.stop())
        assert not made[-1].running

"""The simulated cluster's writes, its past, and its restores. What the API shows of them is in tests/contract."""

from __future__ import annotations

import copy

import pytest

from promoter_view.simulator.kubernetes.cluster import NAMESPACES
from promoter_view.simulator.kubernetes.errors import StatusError
from tests.simulator.clusters import BY_KIND, REPOSITORIES, add, make_clock, make_cluster, repository


def refused(call) -> StatusError:
    with pytest.raises(StatusError) as caught:
        call()
    return caught.value


def test_every_write_takes_one_resource_version() -> None:
    """The counter is one for all resources, and each write moves it by one."""
    cluster = make_cluster()
    before = cluster.resource_version
    (first,) = add(cluster, "a")
    cluster.add_namespaces("elsewhere")
    (second,) = add(cluster, "b")
    assert (first, second, cluster.resource_version) == (before + 1, before + 3, before + 3)


def test_what_is_read_is_a_copy() -> None:
    """Changing what a read or write returned changes nothing in the cluster."""
    cluster = make_cluster()
    sent = repository("a")
    made = cluster.create(REPOSITORIES, "default", sent)
    kept = copy.deepcopy(cluster.get(REPOSITORIES, "default", "a"))
    for touched in (sent, made, cluster.get(REPOSITORIES, "default", "a")):
        touched["spec"]["fake"]["owner"] = "changed"
    assert cluster.get(REPOSITORIES, "default", "a") == kept


def test_creation_time_is_the_clocks() -> None:
    """Time comes from the clock that was given."""
    clock = make_clock()
    cluster = make_cluster(clock)
    clock.advance(60)
    add(cluster, "a")
    assert cluster.get(REPOSITORIES, "default", "a")["metadata"]["creationTimestamp"] == "2026-09-21T14:14:20Z"


def test_apply_writes_an_object_whole_in_one_event() -> None:
    """The short cut keeps uid and status, is one event, and none where nothing changes."""
    cluster = make_cluster()
    document = {**repository("a"), "status": {"observedGeneration": 1}}
    document["metadata"]["namespace"] = "default"
    made = cluster.apply(document)
    assert made["status"] == {"observedGeneration": 1}
    before = cluster.resource_version
    assert cluster.apply(document)["metadata"]["uid"] == made["metadata"]["uid"]
    assert cluster.resource_version == before
    changed = cluster.apply({**document, "status": {"observedGeneration": 2}})
    assert (changed["status"], changed["metadata"]["generation"]) == ({"observedGeneration": 2}, 1)
    assert cluster.resource_version == before + 1


def test_apply_without_a_status_keeps_the_one_that_is_there() -> None:
    """Leaving the status out of the short cut does not delete it."""
    cluster = make_cluster()
    document = repository("a")
    document["metadata"]["namespace"] = "default"
    cluster.apply({**document, "status": {"observedGeneration": 1}})
    assert cluster.apply(document)["status"] == {"observedGeneration": 1}


def test_preconditions_of_a_deletion_are_kept() -> None:
    """A deletion that names another uid or resourceVersion conflicts and deletes nothing."""
    cluster = make_cluster()
    add(cluster, "a")
    assert refused(lambda: cluster.delete(REPOSITORIES, "default", "a", uid="other")).reason == "Conflict"
    assert refused(lambda: cluster.delete(REPOSITORIES, "default", "a", resource_version="1")).reason == "Conflict"
    assert cluster.get(REPOSITORIES, "default", "a")


def test_an_update_of_another_incarnation_conflicts() -> None:
    """An object that names the uid of one that is gone does not overwrite its successor."""
    cluster = make_cluster()
    made = cluster.create(REPOSITORIES, "default", repository("a"))
    cluster.delete(REPOSITORIES, "default", "a")
    (current,) = add(cluster, "a")
    made["metadata"]["resourceVersion"] = str(current)
    assert refused(lambda: cluster.update(REPOSITORIES, "default", made)).code == 409


@pytest.mark.parametrize(
    "document",
    [
        {},
        {**repository("a"), "metadata": []},
        {**repository("a"), "metadata": {"generateName": 1}},
        {"metadata": {"name": "a"}},
        {**repository("a"), "kind": "Other"},
        {**repository("a"), "apiVersion": "v1"},
        repository("Capital"),
        repository(""),
        {**repository("a"), "metadata": {"name": "a", "labels": {"a": 1}}},
        {**repository("a"), "metadata": {"name": "a", "namespace": "elsewhere"}},
    ],
)
def test_what_is_no_object_of_its_path_is_refused(document: dict) -> None:
    """Anything but an object of the path's kind and namespace, well named, is refused with a 4xx Status."""
    cluster = make_cluster()
    before = cluster.resource_version
    error = refused(lambda: cluster.create(REPOSITORIES, "default", document))
    assert 400 <= error.code < 500
    assert cluster.resource_version == before


def test_a_restore_goes_back_with_its_resource_versions() -> None:
    """After a restore the objects, the past and the counter are those of the backup, and the epoch is another."""
    cluster = make_cluster()
    add(cluster, "a")
    backup, then = cluster.backup(), cluster.resource_version
    add(cluster, "b", "c")
    cluster.delete(REPOSITORIES, "default", "a")
    epoch = cluster.epoch
    cluster.restore(backup)
    assert [one["metadata"]["name"] for one in cluster.objects(REPOSITORIES)] == ["a"]
    assert (cluster.resource_version, cluster.epoch) == (then, epoch + 1)
    assert add(cluster, "d") == [then + 1]


def test_a_resource_that_is_taken_away_is_gone() -> None:
    """Uninstalled, a resource has no table; installed again it is empty, and its past cannot be resumed."""
    cluster = make_cluster()
    add(cluster, "a")
    before = cluster.resource_version
    cluster.uninstall(REPOSITORIES)
    assert cluster.table(REPOSITORIES.group, REPOSITORIES.plural) is None
    assert refused(lambda: cluster.objects(REPOSITORIES)).code == 404
    cluster.install(REPOSITORIES)
    table = cluster.table(REPOSITORIES.group, REPOSITORIES.plural)
    assert cluster.objects(REPOSITORIES) == []
    assert table is not None
    assert table.horizon > before


def test_listeners_hear_each_change_until_they_leave() -> None:
    """A listener is called after each change, and no more once it has unsubscribed."""
    cluster = make_cluster()
    heard: list[int] = []

    def listen() -> None:
        heard.append(cluster.resource_version)

    cluster.subscribe(listen)
    made = add(cluster, "a", "b")
    cluster.unsubscribe(listen)
    cluster.unsubscribe(listen)
    add(cluster, "c")
    assert heard == made


def test_cluster_scoped_objects_have_no_namespace() -> None:
    """A ClusterScmProvider is stored without a namespace; namespaces are objects themselves."""
    cluster = make_cluster()
    kind = BY_KIND["ClusterScmProvider"]
    document = {"apiVersion": kind.api_version, "kind": kind.kind, "metadata": {"name": "scm"}, "spec": {}}
    assert "namespace" not in cluster.create(kind, "", document)["metadata"]
    assert cluster.get(NAMESPACES, "", "default")["kind"] == "Namespace"


def test_an_object_of_an_unknown_kind_is_refused() -> None:
    """The short cut does not guess a resource."""
    error = refused(lambda: make_cluster().apply({"apiVersion": "v1", "kind": "Nothing", "metadata": {"name": "a"}}))
    assert error.code == 400

"""What a reflector relies on in a Kubernetes API: one suite for the simulator and for kube-apiserver."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.contract.servers import GROUP, ROOT, Sandbox, names, repository, told, version
from tests.support.plane.client import RefusedError

WATCH_LIST = {"sendInitialEvents": "true", "resourceVersionMatch": "NotOlderThan", "allowWatchBookmarks": "true"}
INITIAL_EVENTS_END = {"k8s.io/initial-events-end": "true"}


def refused(call) -> RefusedError:
    with pytest.raises(RefusedError) as caught:
        call()
    return caught.value


@contextmanager
def busy(sandbox: Sandbox) -> Iterator[None]:
    """Changes an object four times a second: kube-apiserver makes bookmarks only where something happens."""
    done = threading.Event()
    sandbox.create("a")

    def change() -> None:
        for number in itertools.count():
            if done.wait(0.25):
                return
            sandbox.label("a", number=str(number))

    worker = threading.Thread(target=change)
    worker.start()
    try:
        yield
    finally:
        done.set()
        worker.join()


# -- lists -----------------------------------------------------------------------------------------------------------


def test_a_list_says_what_it_holds_and_as_of_when(sandbox: Sandbox) -> None:
    """A list carries its kind and a resourceVersion not below any item's; its items carry kind and apiVersion."""
    for name in ("b", "a"):
        sandbox.create(name)
    listed = sandbox.list()
    assert (listed["kind"], listed["apiVersion"]) == ("GitRepositoryList", f"{GROUP}/v1alpha1")
    assert names(listed) == ["a", "b"]
    assert {(item["kind"], item["apiVersion"]) for item in listed["items"]} == {("GitRepository", f"{GROUP}/v1alpha1")}
    assert version(listed) >= max(version(item) for item in listed["items"])


def test_an_empty_list_is_an_empty_array(sandbox: Sandbox) -> None:
    """A list of nothing has ``items`` [], and a resourceVersion to watch from."""
    listed = sandbox.list()
    assert listed["items"] == []
    assert version(listed) > 0


def test_a_list_of_all_namespaces_is_in_the_order_of_storage_keys(sandbox: Sandbox) -> None:
    """Across namespaces the order is that of ``namespace/name``, so ``a-b`` comes before ``a``."""
    other = f"{sandbox.namespace}-b"
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": other}}
    sandbox.client.create("/api/v1/namespaces", namespace)
    sandbox.create("x")
    sandbox.client.create(f"{ROOT}/namespaces/{other}/gitrepositories", repository("x"))
    found = [item["metadata"]["namespace"] for item in sandbox.client.get(f"{ROOT}/gitrepositories")["items"]]
    assert [one for one in found if one.startswith(sandbox.namespace)] == [other, sandbox.namespace]


def test_pages_show_one_state(sandbox: Sandbox) -> None:
    """All pages have the first one's resourceVersion and show what was there then, whatever changes meanwhile."""
    for name in "abcde":
        sandbox.create(name)
    first = sandbox.list(limit=2)
    sandbox.delete("d")
    sandbox.create("bb")
    second = sandbox.list(limit=2, **{"continue": first["metadata"]["continue"]})
    third = sandbox.list(limit=2, **{"continue": second["metadata"]["continue"]})
    assert [names(page) for page in (first, second, third)] == [["a", "b"], ["c", "d"], ["e"]]
    assert version(first) == version(second) == version(third)
    assert [page["metadata"].get("remainingItemCount") for page in (first, second, third)] == [3, 1, None]
    assert not third["metadata"].get("continue")


def test_pages_of_a_selection_do_not_say_how_many_remain(sandbox: Sandbox) -> None:
    """With a selector a page leaves out remainingItemCount, and pages go on among what is selected."""
    for name in "abc":
        sandbox.create(name, colour="red")
    sandbox.create("aa", colour="blue")
    first = sandbox.list(limit=2, labelSelector="colour=red")
    assert "remainingItemCount" not in first["metadata"]
    rest = sandbox.list(limit=2, labelSelector="colour=red", **{"continue": first["metadata"]["continue"]})
    assert names(first) + names(rest) == ["a", "b", "c"]


def test_a_page_after_compaction_is_expired(sandbox: Sandbox) -> None:
    """An old continue token gets HTTP 410 Expired, with a token that goes on with the objects of now."""
    for name in "abcd":
        sandbox.create(name)
    first = sandbox.list(limit=2)
    sandbox.delete("c")
    sandbox.server.forget()
    error = refused(lambda: sandbox.list(limit=2, **{"continue": first["metadata"]["continue"]}))
    assert (error.status, error.document["reason"]) == (410, "Expired")
    rest = sandbox.list(limit=2, **{"continue": error.document["metadata"]["continue"]})
    assert names(rest) == ["d"]


def test_an_exact_list_after_compaction_is_expired(sandbox: Sandbox) -> None:
    """A list at a resourceVersion that is no longer held gets HTTP 410 Expired."""
    old = version(sandbox.create("a"))
    sandbox.create("b")
    assert names(sandbox.list(resourceVersion=old, resourceVersionMatch="Exact")) == ["a"]
    sandbox.server.forget()
    error = refused(lambda: sandbox.list(resourceVersion=old, resourceVersionMatch="Exact"))
    assert (error.status, error.document["reason"]) == (410, "Expired")


def test_a_list_ahead_of_the_cluster_is_told_to_wait(sandbox: Sandbox) -> None:
    """A resourceVersion never handed out gets 504 Timeout, cause ResourceVersionTooLarge, and when to retry."""
    error = refused(lambda: sandbox.list(resourceVersion=10**12))
    assert (error.status, error.document["reason"]) == (504, "Timeout")
    details = error.document["details"]
    assert details["retryAfterSeconds"] == 1
    assert [cause["reason"] for cause in details["causes"]] == ["ResourceVersionTooLarge"]


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"resourceVersion": "abc"}, 400),
        ({"continue": "garbage"}, 400),
        ({"limit": "many"}, 400),
        ({"labelSelector": "a b"}, 400),
        ({"fieldSelector": "spec.x=1"}, 400),
        ({"resourceVersionMatch": "Exact"}, 422),
        ({"resourceVersion": "0", "resourceVersionMatch": "Exact"}, 422),
        ({"resourceVersion": "5", "resourceVersionMatch": "Nearly"}, 422),
        ({"sendInitialEvents": "true"}, 422),
        ({"watch": "1", "sendInitialEvents": "true"}, 422),
        ({"watch": "1", "resourceVersionMatch": "NotOlderThan"}, 422),
    ],
)
def test_a_query_that_makes_no_sense_is_refused(sandbox: Sandbox, query: dict, status: int) -> None:
    """Parameters that cannot be read are BadRequest, those that do not go together Invalid, each in a Status."""
    error = refused(lambda: sandbox.list(**query))
    assert error.status == error.document["code"] == status
    assert error.document["reason"] == {400: "BadRequest", 422: "Invalid"}[status]


# -- watches ---------------------------------------------------------------------------------------------------------


def test_a_watch_tells_each_change_in_order(sandbox: Sandbox) -> None:
    """From a list's resourceVersion come all changes after it, once, in order; DELETED has a resourceVersion too."""
    start = version(sandbox.list())
    created = sandbox.create("a")
    changed = sandbox.label("a", colour="red")
    sandbox.delete("a")
    events = sandbox.events(resourceVersion=start)
    assert told(events) == [("ADDED", "a"), ("MODIFIED", "a"), ("DELETED", "a")]
    versions = [version(event["object"]) for event in events]
    assert versions[:2] == [version(created), version(changed)]
    assert versions[2] > versions[1]
    assert events[2]["object"]["metadata"]["labels"] == {"colour": "red"}


def test_a_watch_resumes_after_any_event(sandbox: Sandbox) -> None:
    """A watch that starts at an event's resourceVersion tells exactly what came after it."""
    start = version(sandbox.list())
    for name in "abc":
        sandbox.create(name)
    sandbox.delete("b")
    events = sandbox.events(resourceVersion=start)
    for index, event in enumerate(events):
        assert sandbox.events(1, resourceVersion=version(event["object"])) == events[index + 1 :]


def test_a_watch_without_a_resource_version_begins_with_what_is_there(sandbox: Sandbox) -> None:
    """Unset or 0 means ADDED for every object, then changes."""
    sandbox.create("b")
    sandbox.create("a")
    assert told(sandbox.events(1)) == [("ADDED", "a"), ("ADDED", "b")]
    assert sorted(told(sandbox.events(1, resourceVersion=0))) == [("ADDED", "a"), ("ADDED", "b")]


def test_a_watch_list_marks_the_end_of_what_is_there(sandbox: Sandbox) -> None:
    """sendInitialEvents: ADDED for every object, a bookmark annotated as the end, from which one can resume."""
    made = [sandbox.create(name) for name in "ab"]
    with sandbox.client.watch(sandbox.path, timeoutSeconds=10, **WATCH_LIST) as events:
        initial = [next(events) for _ in range(3)]
        sandbox.create("c")
        later = next(events)
    assert [event["type"] for event in initial] == ["ADDED", "ADDED", "BOOKMARK"]
    bookmark = initial[2]["object"]
    assert bookmark["metadata"]["annotations"] == INITIAL_EVENTS_END
    assert set(bookmark) == {"apiVersion", "kind", "metadata"}
    assert version(bookmark) >= max(map(version, made))
    assert (later["type"], later["object"]["metadata"]["name"]) == ("ADDED", "c")
    assert told(sandbox.events(1, resourceVersion=version(bookmark))) == [("ADDED", "c")]


def test_a_watch_that_allows_bookmarks_gets_them(sandbox: Sandbox) -> None:
    """Bookmarks tell how far the watch has come, past what it does not select, with nothing but a resourceVersion."""
    start = version(sandbox.list())
    query = {"allowWatchBookmarks": "true", "fieldSelector": "metadata.name=b"}
    with busy(sandbox):
        events = sandbox.events(8, resourceVersion=start, **query)
    assert events
    for event in events:
        assert event["type"] == "BOOKMARK"
        assert set(event["object"]) == {"apiVersion", "kind", "metadata"}
        assert event["object"]["kind"] == "GitRepository"
        assert version(event["object"]) > start


def test_a_watch_that_has_not_moved_gets_no_bookmark(sandbox: Sandbox) -> None:
    """A bookmark is beyond where the watch began: on an idle cluster a healthy watch may be silent."""
    made = version(sandbox.create("a"))
    events = sandbox.events(5, resourceVersion=made, allowWatchBookmarks="true")
    assert all(event["type"] == "BOOKMARK" and version(event["object"]) > made for event in events)


def test_a_watch_that_does_not_allow_bookmarks_gets_none(sandbox: Sandbox) -> None:
    """An idle watch without allowWatchBookmarks is silent until its time is up, then ends cleanly."""
    assert sandbox.events(3, resourceVersion=version(sandbox.list())) == []


def test_a_watch_from_too_long_ago_is_expired_inside_its_stream(sandbox: Sandbox) -> None:
    """The answer is 200, its only event ERROR with a Status 410 Expired, and the stream ends."""
    old = version(sandbox.create("a"))
    sandbox.create("b")
    sandbox.server.forget()
    (event,) = sandbox.events(5, resourceVersion=old)
    assert event["type"] == "ERROR"
    status = event["object"]
    assert (status["kind"], status["code"], status["reason"]) == ("Status", 410, "Expired")
    assert status["message"].startswith(f"too old resource version: {old} (")


def test_a_watch_ahead_of_the_cluster_is_held_open_in_silence(sandbox: Sandbox) -> None:
    """A resourceVersion from the future (a restored backup) gets 200 and no events: a reflector has to find out."""
    sandbox.create("a")
    assert sandbox.events(2, resourceVersion=10**12) == []


def test_a_watch_list_ahead_of_the_cluster_is_an_error_inside_its_stream(sandbox: Sandbox) -> None:
    """A WatchList that must not be older than the future ends with ERROR 504 and when to retry."""
    (event,) = sandbox.events(10, resourceVersion=10**12, **WATCH_LIST)
    assert event["type"] == "ERROR"
    assert (event["object"]["code"], event["object"]["details"]["retryAfterSeconds"]) == (504, 1)


# -- selectors -------------------------------------------------------------------------------------------------------


def test_a_label_selector_turns_changes_into_comings_and_goings(sandbox: Sandbox) -> None:
    """What begins to match is ADDED; what stops is DELETED, with the labels that matched and the change's version."""
    start = version(sandbox.list())
    sandbox.create("a", colour="blue")
    came = sandbox.label("a", colour="red")
    sandbox.label("a", size="big")
    went = sandbox.label("a", colour="blue")
    events = sandbox.events(resourceVersion=start, labelSelector="colour=red")
    assert told(events) == [("ADDED", "a"), ("MODIFIED", "a"), ("DELETED", "a")]
    assert version(events[0]["object"]) == version(came)
    assert version(events[2]["object"]) == version(went)
    assert events[2]["object"]["metadata"]["labels"] == {"colour": "red", "size": "big"}


@pytest.mark.parametrize(
    ("selector", "found"),
    [
        ("colour=red", ["a"]),
        ("colour!=red", ["b", "c"]),
        ("colour in (red,blue)", ["a", "b"]),
        ("colour notin (red)", ["b", "c"]),
        ("colour", ["a", "b"]),
        ("!colour", ["c"]),
    ],
)
def test_label_selectors_select(sandbox: Sandbox, selector: str, found: list[str]) -> None:
    """Each operator of the grammar selects in lists and in a watch's initial events alike."""
    sandbox.create("a", colour="red")
    sandbox.create("b", colour="blue")
    sandbox.create("c")
    assert names(sandbox.list(labelSelector=selector)) == found
    assert [name for _, name in told(sandbox.events(1, labelSelector=selector))] == found


def test_field_selectors_select_by_name(sandbox: Sandbox) -> None:
    """metadata.name selects one object, in lists and watches."""
    sandbox.create("a")
    sandbox.create("b")
    assert names(sandbox.list(fieldSelector="metadata.name=b")) == ["b"]
    assert told(sandbox.events(1, fieldSelector="metadata.name!=b")) == [("ADDED", "a")]


# -- writes ----------------------------------------------------------------------------------------------------------


def test_a_new_object_gets_its_metadata(sandbox: Sandbox) -> None:
    """The server gives uid, creationTimestamp, generation 1 and resourceVersion, and drops the status."""
    made = sandbox.create("a")
    assert made["metadata"]["generation"] == 1
    assert len(made["metadata"]["uid"]) == 36
    assert made["metadata"]["creationTimestamp"].endswith("Z")
    assert "status" not in made


def test_the_generation_counts_changes_of_the_specification(sandbox: Sandbox) -> None:
    """A change of the spec counts, one of labels or of the status does not; the status has a path of its own."""
    sandbox.create("a")
    assert sandbox.patch("a", spec={"fake": {"owner": "other"}})["metadata"]["generation"] == 2
    assert sandbox.label("a", colour="red")["metadata"]["generation"] == 2
    ignored = sandbox.patch("a", status={"observedGeneration": 2})
    assert "status" not in ignored
    path = f"{sandbox.path}/a/status"
    written = sandbox.client.patch(path, {"status": {"observedGeneration": 2}, "metadata": {"labels": {"no": "no"}}})
    assert written["status"] == {"observedGeneration": 2}
    assert written["metadata"]["generation"] == 2
    assert written["metadata"]["labels"] == {"colour": "red"}


def test_a_write_that_changes_nothing_is_no_event(sandbox: Sandbox) -> None:
    """A patch to what is there already keeps the resourceVersion, and watchers hear nothing."""
    made = sandbox.create("a", colour="red")
    assert version(sandbox.label("a", colour="red")) == version(made)
    assert sandbox.events(1, resourceVersion=version(made)) == []


def test_a_write_over_another_version_conflicts(sandbox: Sandbox) -> None:
    """PUT must name the version it replaces; an old one is 409 Conflict, none 422; so for a patch that names one."""
    made = sandbox.create("a")
    sandbox.label("a", colour="red")
    path = f"{sandbox.path}/a"
    assert refused(lambda: sandbox.client.update(path, made)).document["reason"] == "Conflict"
    assert refused(lambda: sandbox.patch("a", metadata={"resourceVersion": "1"})).status == 409
    assert refused(lambda: sandbox.client.update(path, repository("a"))).status == 422
    current = sandbox.client.get(path)
    current["spec"]["fake"]["owner"] = "other"
    assert version(sandbox.client.update(path, current)) > version(made)


def test_names_are_taken_once(sandbox: Sandbox) -> None:
    """A second object of a name is 409 AlreadyExists; after a deletion the name is free, with another uid."""
    first = sandbox.create("a")
    error = refused(lambda: sandbox.create("a"))
    assert (error.status, error.document["reason"]) == (409, "AlreadyExists")
    deleted = sandbox.delete("a")
    assert (deleted["kind"], deleted["status"]) == ("Status", "Success")
    assert sandbox.create("a")["metadata"]["uid"] != first["metadata"]["uid"]


def test_what_is_not_there_is_not_found(sandbox: Sandbox) -> None:
    """Get and delete of an unknown name, and a create in an unknown namespace, are 404 NotFound with details."""
    error = refused(lambda: sandbox.client.get(f"{sandbox.path}/nobody"))
    assert (error.status, error.document["reason"]) == (404, "NotFound")
    assert error.document["details"] == {"name": "nobody", "group": GROUP, "kind": "gitrepositories"}
    assert refused(lambda: sandbox.delete("nobody")).status == 404
    elsewhere = f"{ROOT}/namespaces/no-such-namespace/gitrepositories"
    assert (
        refused(lambda: sandbox.client.create(elsewhere, repository("a"))).document["details"]["kind"] == "namespaces"
    )


def test_finalizers_hold_an_object_back(sandbox: Sandbox) -> None:
    """A deletion with finalizers is MODIFIED with a deletionTimestamp; the last finalizer's removal is DELETED."""
    made = sandbox.create("a")
    sandbox.patch("a", metadata={"finalizers": ["example.com/wait"]})
    marked = sandbox.delete("a")
    assert marked["metadata"]["deletionTimestamp"]
    assert marked["metadata"]["generation"] == 2
    sandbox.patch("a", metadata={"finalizers": None})
    assert refused(lambda: sandbox.client.get(f"{sandbox.path}/a")).status == 404
    events = sandbox.events(resourceVersion=version(made))
    assert [kind for kind, _ in told(events)] == ["MODIFIED", "MODIFIED", "DELETED"]


def test_generate_name_makes_a_name(sandbox: Sandbox) -> None:
    """generateName gives a new name with that beginning."""
    document = repository("a")
    document["metadata"] = {"generateName": "made-"}
    made = sandbox.client.create(sandbox.path, document)["metadata"]["name"]
    assert made.startswith("made-")
    assert len(made) == len("made-") + 5


# -- resources -------------------------------------------------------------------------------------------------------


def test_a_resource_that_is_not_installed_is_404_in_plain_text(sandbox: Sandbox) -> None:
    """Its list and its watch answer 404, and not with a Status."""
    for query in ({}, {"watch": "1"}):
        error = refused(lambda query=query: sandbox.client.get(f"{ROOT}/unheardofs", **query))
        assert error.status == 404
        assert error.document == "404 page not found\n"


def test_a_resource_that_is_taken_away_ends_its_watches(sandbox: Sandbox) -> None:
    """Its objects are DELETED, its watches end, its path is 404; brought back, it is empty."""
    path = f"{ROOT}/namespaces/{sandbox.namespace}/timedcommitstatuses"
    spec = {"promotionStrategyRef": {"name": "a"}, "key": "k", "environments": [{"branch": "main", "duration": "1h"}]}
    document = {
        "apiVersion": f"{GROUP}/v1alpha1",
        "kind": "TimedCommitStatus",
        "metadata": {"name": "a"},
        "spec": spec,
    }
    made = sandbox.client.create(path, document)
    with sandbox.client.watch(path, resourceVersion=version(made), timeoutSeconds=30) as events:
        sandbox.server.uninstall("timedcommitstatuses")
        assert told(list(events)) == [("DELETED", "a")]
    assert refused(lambda: sandbox.client.get(path)).status == 404
    sandbox.server.install("timedcommitstatuses")
    assert sandbox.client.get(path)["items"] == []


def test_discovery_names_the_resources(sandbox: Sandbox) -> None:
    """The group's page names each resource with its kind and scope, and the status subresource."""
    found = {one["name"]: one for one in sandbox.client.get(ROOT)["resources"]}
    assert found["gitrepositories"]["kind"] == "GitRepository"
    assert found["gitrepositories"]["namespaced"]
    assert not found["clusterscmproviders"]["namespaced"]
    assert "gitrepositories/status" in found
    assert {"get", "list", "watch", "create", "update", "patch", "delete"} <= set(found["gitrepositories"]["verbs"])
    groups = [group["name"] for group in sandbox.client.get("/apis")["groups"]]
    assert GROUP in groups

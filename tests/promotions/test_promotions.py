"""Promotions run on a cluster in memory: what is written, in which order, and what is not."""

from __future__ import annotations

from typing import Any

import pytest
from twisted.logger import capturedLogs, formatEvent

from promoter_view.kubernetes.outcomes import ApiError
from promoter_view.records import ABSENT, Position, Record
from tests.promotions.cluster import Cluster
from tests.promotions.kargo import freight, promotion, stage
from tests.promotions.shard import Process

AUTHORIZED = "kargo.akuity.io/authorized-stage"
REPO = "https://example.com/repo.git"


def application(name: str = "a", authorized: str | None = "kargo-demo:test", **labels: str) -> dict[str, Any]:
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Application",
        "metadata": {
            "name": name,
            "namespace": "argocd",
            "uid": f"uid-{name}",
            "labels": labels,
            "annotations": {} if authorized is None else {AUTHORIZED: authorized},
        },
        "spec": {"source": {"repoURL": REPO, "targetRevision": "old", "path": "."}, "project": "default"},
    }


def updating(name: str = "p", *, apps: list[dict[str, Any]] | None = None, **more: Any) -> dict[str, Any]:
    found = promotion(name, **more)
    source = {"repoURL": REPO, "desiredRevision": "new", "updateTargetRevision": True}
    found["spec"]["steps"] = [
        {"uses": "argocd-update", "config": {"apps": apps or [{"name": "a", "sources": [source]}]}}
    ]
    return found


@pytest.fixture
def cluster() -> Cluster:
    found = Cluster()
    found.put("stages", stage())
    found.put("freights", freight())
    found.put("applications", application())
    return found


def phase(cluster: Cluster, name: str = "p") -> tuple[str, str]:
    status = cluster.of("promotions", name).get("status", {})
    return status.get("phase", ""), status.get("message", "")


def promote(cluster: Cluster, process: Process, name: str = "p") -> None:
    """Until the Promotion has ended: Argo CD takes what it is given, a second later."""
    for _ in range(20):
        process.turn(seconds=1)
        if not cluster.take_operations(process.moment):
            break
    process.turn()


def test_it_promotes(cluster: Cluster) -> None:
    """An authorized Application is updated and synced; Promotion, Stage and Freight say so."""
    cluster.put("promotions", updating())
    promote(cluster, Process(cluster))
    assert cluster.syncs == [("a", "p")]
    assert cluster.of("applications", "a")["spec"]["source"]["targetRevision"] == "new"
    assert phase(cluster) == ("Succeeded", "")
    status = cluster.of("stages", "test")["status"]
    assert (status["lastPromotion"]["name"], status["freightSummary"]) == ("p", "f1")
    assert status["health"]["status"] == "Healthy"
    assert {each["type"]: each["status"] for each in status["conditions"]}["Ready"] == "True"
    assert set(cluster.of("freights", "f1")["status"]["currentlyIn"]) == {"test"}
    assert set(cluster.of("freights", "f1")["status"]["verifiedIn"]) == {"test"}
    assert [event["reason"] for event in cluster.events] == [
        "OperationStarted",
        "PromotionSucceeded",
        "FreightVerificationSucceeded",
    ]


def test_applications_of_another_cluster(cluster: Cluster) -> None:
    """Where Applications live in another cluster, they and their Events are written there, all else here."""
    elsewhere = Cluster()
    elsewhere.put("applications", cluster.objects.pop(("applications", "argocd", "a")))
    cluster.put("promotions", updating())
    process = Process(cluster, applications=elsewhere)
    for _ in range(3):
        process.turn(seconds=1)
        elsewhere.take_operations(process.moment)
    process.turn()
    assert phase(cluster)[0] == "Succeeded"
    assert (elsewhere.syncs, len(elsewhere.events)) == ([("a", "p")], 1)
    assert {path for _, path, _ in elsewhere.writes} == {
        "/apis/argoproj.io/v1alpha1/namespaces/argocd/applications/a",
        "/api/v1/namespaces/argocd/events",
    }
    events = "/api/v1/namespaces/kargo-demo/events"
    assert {path.partition("/kargo-demo/")[2].partition("/")[0] for _, path, _ in cluster.writes} == {
        "promotions",
        "stages",
        "freights",
        "events",
    }
    assert [path for _, path, _ in cluster.writes].count(events) == 2


def test_the_order_of_writes(cluster: Cluster) -> None:
    """The finalizer comes before the claim, that before the run, and the run's status before the Application."""
    cluster.put("promotions", updating())
    Process(cluster).turn()
    written = [path.split("/")[6] + "/" + path.split("/")[-1] for _, path, _ in cluster.writes[:5]]
    assert written == ["promotions/status", "stages/test", "stages/status", "promotions/status", "applications/a"]


def test_nothing_is_written_without_the_lease(cluster: Cluster) -> None:
    """An instance that may not write writes nothing, and begins as soon as it may."""
    cluster.put("promotions", updating())
    process = Process(cluster)
    process.may_write = False
    process.turn(seconds=60)
    assert cluster.writes == []
    process.may_write = True
    process.controller.wake_all()
    process.turn()
    assert cluster.syncs == [("a", "p")]


def test_other_shards_are_left_alone(cluster: Cluster) -> None:
    """Objects of another shard, or of none, are not touched; spec.shard counts, whatever the label says."""
    west, east = {"kargo.akuity.io/shard": "west"}, {"kargo.akuity.io/shard": "east"}
    for name, labels, shard in (("other", west, ""), ("none", {}, ""), ("west", east, "west")):
        foreign = stage(name=name, shard=shard)
        foreign["metadata"]["labels"] = labels
        of_it = updating(f"p-{name}")
        of_it["metadata"]["labels"] = {"kargo.akuity.io/shard": shard} if shard else labels
        of_it["spec"]["stage"] = name
        cluster.put("stages", foreign)
        cluster.put("promotions", of_it)
    Process(cluster).turn(seconds=600)
    assert {path.split("/")[7] for _, path, _ in cluster.writes} == {"test"}


def test_a_stage_is_ours_by_its_spec(cluster: Cluster) -> None:
    """Without a label, as where no webhook makes one, the Stage is ours by spec.shard, and its Promotion with it."""
    unlabelled, of_it = stage(shard="east"), updating()
    unlabelled["metadata"]["labels"] = of_it["metadata"]["labels"] = {}
    cluster.put("stages", unlabelled)
    cluster.put("promotions", of_it)
    promote(cluster, Process(cluster))
    assert phase(cluster) == ("Succeeded", "")


def test_a_promotion_that_is_not_ours(cluster: Cluster) -> None:
    """One that was made when its Stage was nobody's is for whoever runs those: Kargo's webhook gave it no label."""
    of_it = updating()
    of_it["metadata"] |= {"labels": {}, "annotations": {"kargo.akuity.io/stage": "test"}}
    cluster.put("promotions", of_it)
    Process(cluster).turn()
    assert cluster.of("promotions", "p").get("status") is None
    assert cluster.syncs == []


@pytest.mark.parametrize("step", [86_400.0, -3600.0])
def test_the_clock_steps_under_a_step(cluster: Cluster, step: float) -> None:
    """A step's time is five minutes though the clock is set forward by a day, or back by an hour, while it runs."""
    cluster.put("promotions", updating())
    process = Process(cluster)
    process.turn()
    process.wall.step(step)
    for _ in range(8):
        process.turn(seconds=30)
    assert phase(cluster)[0] == "Running"
    for _ in range(4):
        process.turn(seconds=30)
    assert "timed out after 5m0s" in phase(cluster)[1]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"metadata": {"labels": None}}, "Stage test is of no shard: its spec.shard is empty"),
        ({"metadata": {"labels": {"kargo.akuity.io/shard": "west"}}}, "of shard east, and Stage test is of shard west"),
        ({"spec": {"shard": "west"}}, "of shard east, and Stage test is of shard west"),
        ({"spec": {"promotionTemplate": None}}, "it is for control flow only"),
        (None, "Stage test does not exist in kargo-demo"),
    ],
)
def test_what_waits_for_ever_says_so(cluster: Cluster, change: dict[str, Any] | None, words: str) -> None:
    """A Promotion that nobody here gives a turn to says why; it runs once that is put right."""
    good = cluster.of("stages", "test")
    if change is None:
        del cluster.objects["stages", "kargo-demo", "test"]
    else:
        cluster.change("stages", "kargo-demo", "test", change)
    cluster.put("promotions", updating())
    process = Process(cluster)
    process.turn()
    assert (phase(cluster)[0], words in phase(cluster)[1]) == ("Pending", True), phase(cluster)
    cluster.put("stages", good)
    promote(cluster, process)
    assert phase(cluster) == ("Succeeded", "")


@pytest.mark.parametrize(
    ("annotation", "words"),
    [
        (None, "it has no annotation"),
        ("*:test", "holds a glob"),
        ("kargo-demo", "is not of the form project:stage"),
        ("other:test", 'names "other:test" only'),
        ("kargo-demo:prod, kargo-demo:uat", 'names "kargo-demo:prod", "kargo-demo:uat" only'),
    ],
)
def test_not_authorized(cluster: Cluster, annotation: str | None, words: str) -> None:
    """An Application that does not authorize the Stage is not touched; Promotion and Stage say why."""
    cluster.put("applications", application(authorized=annotation))
    cluster.put("promotions", updating())
    promote(cluster, Process(cluster))
    assert cluster.syncs == []
    ended, message = phase(cluster)
    assert ended == "Errored"
    assert words in message
    status = cluster.of("stages", "test")["status"]
    assert status["health"]["status"] == "Unhealthy"
    assert words in status["health"]["issues"][0]


def test_the_annotation_is_revoked_in_between(cluster: Cluster) -> None:
    """What counts is the live Application: one that was revoked since the log has seen it is not touched."""
    cluster.put("promotions", updating())
    process = Process(cluster)
    cluster.put("applications", application(authorized=None))
    process.turn(fed=False)
    assert cluster.syncs == []
    assert "it has no annotation" in phase(cluster)[1]


def test_revoked_in_mid_promotion(cluster: Cluster) -> None:
    """An annotation that is revoked while the operation runs ends the Promotion with the reason."""
    cluster.put("promotions", updating())
    process = Process(cluster)
    process.turn()
    cluster.change("applications", "argocd", "a", {"metadata": {"annotations": {AUTHORIZED: None}}})
    process.turn()
    assert phase(cluster)[0] == "Errored"
    assert "it has no annotation" in phase(cluster)[1]


def test_a_deleted_application(cluster: Cluster) -> None:
    """An Application that is deleted while its operation runs ends the Promotion with the reason."""
    cluster.put("promotions", updating())
    process = Process(cluster)
    process.turn()
    del cluster.objects["applications", "argocd", "a"]
    process.turn()
    assert phase(cluster)[0] == "Errored"
    assert "unable to find" in phase(cluster)[1]


def test_an_application_that_the_log_does_not_hold_yet(cluster: Cluster) -> None:
    """What was created a moment ago is found, though no reflector has brought it."""
    cluster.put("promotions", updating())
    del cluster.objects["applications", "argocd", "a"]
    process = Process(cluster)
    cluster.put("applications", application())
    process.turn(fed=False)
    assert cluster.syncs == [("a", "p")]


def test_freight_that_the_log_does_not_hold_yet(cluster: Cluster) -> None:
    """Freight that was created a moment ago is found."""
    cluster.put("promotions", updating(freight="f2"))
    process = Process(cluster)
    cluster.put("freights", freight("f2"))
    process.turn(fed=False)
    assert cluster.syncs == [("a", "p")]


def test_authorized_a_moment_ago(cluster: Cluster) -> None:
    """An annotation that is there counts, though no reflector has brought it; also for a selector."""
    selected = {"selector": {"matchLabels": {"team": "x"}}}
    for name in ("b", "c"):
        cluster.put("applications", application(name, None, team="x"))
    cluster.put("applications", application(authorized=None))
    cluster.put("promotions", updating(apps=[{"name": "a"}, selected]))
    process = Process(cluster)
    for name in ("a", "b", "c"):
        cluster.change("applications", "argocd", name, {"metadata": {"annotations": {AUTHORIZED: "kargo-demo:test"}}})
    cluster.put("applications", application("d", team="x"))
    process.turn(fed=False)
    assert sorted(cluster.syncs) == [("a", "p"), ("b", "p"), ("c", "p"), ("d", "p")]


def test_approved_a_moment_ago(cluster: Cluster) -> None:
    """Freight that is available counts, though no reflector has brought that."""
    taking = stage()
    taking["spec"]["requestedFreight"][0]["sources"] = {"stages": ["uat"]}
    cluster.put("stages", taking)
    cluster.put("promotions", updating())
    process = Process(cluster)
    cluster.change("freights", "kargo-demo", "f1", {"status": {"approvedFor": {"test": {}}}})
    process.turn(fed=False)
    assert cluster.syncs == [("a", "p")]


def test_applications_that_cannot_be_reached(cluster: Cluster) -> None:
    """A cluster of Applications that does not answer is tried for until the step's time is over."""
    cluster.put("promotions", updating())
    for verb in ("GET", "PATCH"):
        path = f"{verb} /apis/argoproj.io/"
        cluster.refusals[path] = [ApiError(503, "", "away")] * 1000
    process = Process(cluster)
    for _ in range(12):
        process.turn(seconds=30)
    assert phase(cluster)[0] == "Errored"
    assert "timed out after 5m0s" in phase(cluster)[1]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"freight": "gone"}, "Freight gone does not exist in kargo-demo"),
        ({"target": "t"}, "not to Targets"),
        ({"freight": ""}, "spec.freight is empty"),
    ],
)
def test_what_cannot_run(cluster: Cluster, change: dict[str, str], words: str) -> None:
    """A Promotion that cannot run ends before it begins, with the reason; the next one has its turn."""
    found = updating()
    found["spec"] |= change
    cluster.put("promotions", found)
    cluster.put("promotions", updating("q", created=1))
    process = Process(cluster)
    promote(cluster, process)
    assert phase(cluster)[0] == "Errored"
    assert words in phase(cluster)[1]
    assert "startedAt" not in cluster.of("promotions", "p")["status"]
    assert phase(cluster, "q")[0] == "Succeeded"


def test_a_foreign_operation_is_waited_for(cluster: Cluster) -> None:
    """A pending operation of somebody else is not overwritten; ours follows once it is done."""
    cluster.change("applications", "argocd", "a", {"operation": {"info": [], "sync": {}}})
    cluster.put("promotions", updating())
    process = Process(cluster)
    process.turn(seconds=30)
    assert cluster.syncs == []
    assert phase(cluster)[0] == "Running"
    promote(cluster, process)
    assert (cluster.syncs, phase(cluster)[0]) == ([("a", "p")], "Succeeded")


def test_one_at_a_time_in_order(cluster: Cluster) -> None:
    """Promotions of one Stage run one after another, in the order of their creation."""
    for place, name in enumerate("cba"):
        cluster.put("promotions", updating(name, created=place))
    process = Process(cluster)
    process.turn()
    assert [phase(cluster, name)[0] for name in "cba"] == ["Running", "Pending", "Pending"]
    promote(cluster, process)
    assert cluster.syncs == [("a", "c"), ("a", "b"), ("a", "a")]
    assert cluster.of("stages", "test")["status"]["lastPromotion"]["name"] == "a"


def test_a_conflicting_writer_of_the_application(cluster: Cluster) -> None:
    """Writes of others between our read and our write are conflicts: all is decided again, and one sync comes of it."""
    cluster.put("promotions", updating())
    left = [3]

    def interfere(path: str) -> None:
        if path.endswith("/applications/a") and left[0]:
            left[0] -= 1
            cluster.change("applications", "argocd", "a", {"metadata": {"labels": {"n": str(left[0])}}})

    cluster.before_write = interfere
    process = Process(cluster)
    promote(cluster, process)
    assert (cluster.syncs, phase(cluster)[0]) == ([("a", "p")], "Succeeded")
    assert (
        process.metrics.registry.get_sample_value("promoter_view_write_conflicts_total", {"kind": "Application"}) == 3
    )


def test_a_writer_that_never_rests(cluster: Cluster) -> None:
    """An Application that others write all the time is tried for until the step's time is over; nobody else waits."""
    cluster.put("promotions", updating())
    busy = [0]

    def interfere(path: str) -> None:
        if path.endswith("/applications/a"):
            busy[0] += 1
            cluster.change("applications", "argocd", "a", {"metadata": {"labels": {"n": str(busy[0])}}})

    cluster.before_write = interfere
    process = Process(cluster)
    for _ in range(40):
        process.turn(seconds=10)
    assert cluster.syncs == []
    assert phase(cluster)[0] == "Errored"
    assert "timed out after 5m0s" in phase(cluster)[1]
    assert 25 < busy[0] < 200, "it is tried again at growing distances"


@pytest.mark.parametrize("plural", ["promotions", "stages", "freights"])
def test_conflicting_writers_of_statuses(cluster: Cluster, plural: str) -> None:
    """A status that somebody else writes at the same time is read anew and decided again; what he wrote stays."""
    cluster.put("promotions", updating())
    seen: set[str] = set()

    def interfere(path: str) -> None:
        if f"/{plural}/" in path and len(seen) < 4:
            seen.add(f"{len(seen)}")
            cluster.change(plural, "kargo-demo", path.split("/")[7], {"metadata": {"labels": {"n": str(len(seen))}}})

    cluster.before_write = interfere
    process = Process(cluster)
    for _ in range(10):
        promote(cluster, process)
    assert (cluster.syncs, phase(cluster)[0]) == ([("a", "p")], "Succeeded")
    assert seen


def test_abort_while_it_runs(cluster: Cluster) -> None:
    """An abort ends the Promotion; the next has its turn; what Argo CD has begun is not called off."""
    cluster.put("promotions", updating())
    cluster.put("promotions", updating("q", created=1))
    process = Process(cluster)
    process.turn()
    asked = {"metadata": {"annotations": {"kargo.akuity.io/abort": '{"action":"terminate","actor":"admin"}'}}}
    cluster.change("promotions", "kargo-demo", "p", asked)
    process.turn()
    assert phase(cluster) == ("Aborted", "terminated by admin")
    assert cluster.of("promotions", "p")["status"]["stepExecutionMetadata"][0]["status"] == "Aborted"
    assert cluster.of("applications", "a")["operation"]
    promote(cluster, process)
    assert phase(cluster, "q")[0] == "Succeeded"


def test_abort_between_status_and_sync(cluster: Cluster) -> None:
    """An abort that comes after the run's status was written, and before the Application is, wins."""
    cluster.put("promotions", updating())

    def interfere(path: str) -> None:
        found = cluster.of("promotions", "p")
        if path.endswith("/promotions/p/status") and found.get("status", {}).get("phase") == "Pending":
            cluster.before_write = lambda path: None
            original = cluster.put

            def put(plural: str, document: dict[str, Any]) -> dict[str, Any]:
                cluster.put = original  # type: ignore[method-assign]
                stored = original(plural, document)
                asked = {"metadata": {"annotations": {"kargo.akuity.io/abort": "terminate"}}}
                cluster.change("promotions", "kargo-demo", "p", asked)
                return stored

            cluster.put = put  # type: ignore[method-assign]

    cluster.before_write = interfere
    process = Process(cluster)
    process.turn(seconds=1)
    assert (cluster.syncs, phase(cluster)[0]) == ([], "Aborted")


def test_abort_before_it_begins(cluster: Cluster) -> None:
    """A Promotion that is called off before it begins leaves no trace in the Stage."""
    waiting = updating()
    waiting["metadata"]["annotations"] = {"kargo.akuity.io/abort": "terminate"}
    cluster.put("promotions", waiting)
    Process(cluster).turn()
    assert phase(cluster) == ("Aborted", "terminated by controller:promotion-controller-east")
    assert "lastPromotion" not in cluster.of("stages", "test")["status"]


def test_refresh_is_answered(cluster: Cluster) -> None:
    """A request to look again is answered in the status of the Promotion and of the Stage."""
    cluster.put("promotions", updating())
    process = Process(cluster)
    promote(cluster, process)
    asked = {"metadata": {"annotations": {"kargo.akuity.io/refresh": "now"}}}
    cluster.change("promotions", "kargo-demo", "p", asked)
    cluster.change("stages", "kargo-demo", "test", asked)
    process.turn()
    assert cluster.of("promotions", "p")["status"]["lastHandledRefresh"] == "now"
    assert cluster.of("stages", "test")["status"]["lastHandledRefresh"] == "now"


def test_at_rest_nothing_is_written(cluster: Cluster) -> None:
    """Once all is said nothing is written again, whatever ticks."""
    cluster.put("promotions", updating())
    process = Process(cluster)
    promote(cluster, process)
    written = len(cluster.writes)
    for _ in range(5):
        cluster.change("applications", "argocd", "a", {"metadata": {"labels": {"n": process.moment}}})
        process.turn(seconds=100)
    Process(cluster, process.clock).turn(seconds=100)
    assert len(cluster.writes) == written


def test_health_follows_the_application(cluster: Cluster) -> None:
    """Each change of an Application's health is the Stage's at the next turn; nothing is asked for."""
    cluster.put("promotions", updating())
    process = Process(cluster)
    promote(cluster, process)
    for argo, expected in (("Progressing", "Progressing"), ("Degraded", "Unhealthy"), ("Healthy", "Healthy")):
        cluster.change("applications", "argocd", "a", {"status": {"health": {"status": argo}}})
        process.turn()
        assert cluster.of("stages", "test")["status"]["health"]["status"] == expected


def test_a_stale_application_is_refreshed_once(cluster: Cluster) -> None:
    """An Application that Argo CD has not looked at since its last operation is asked to be, once."""
    cluster.put("promotions", updating())
    process = Process(cluster)
    promote(cluster, process)
    before = len(cluster.writes)
    cluster.change("applications", "argocd", "a", {"status": {"reconciledAt": "2020-01-01T00:00:00Z"}})
    process.turn(seconds=400)
    refreshes = [body for _, path, body in cluster.writes[before:] if path.endswith("/applications/a")]
    assert refreshes == [{"metadata": {"annotations": {"argocd.argoproj.io/refresh": "hard"}}}]


def test_without_argo_cd(cluster: Cluster) -> None:
    """Where the cluster knows no Applications at all, a step that needs them says so and ends."""
    cluster.put("promotions", updating())
    process = Process(cluster)
    process.known.apply([Record(1, 0, Position("/apis/argoproj.io/v1alpha1/applications", ABSENT))])
    promote(cluster, process)
    ended, message = phase(cluster)
    assert (ended, "integration is disabled: the cluster has no Applications" in message) == ("Errored", True)


def test_three_hundred_applications(cluster: Cluster) -> None:
    """A selector of three hundred Applications is one step: each is synced once, and the Promotion succeeds."""
    for place in range(300):
        cluster.put("applications", application(f"a{place:03d}", team="x"))
    source = {"repoURL": REPO, "desiredRevision": "new", "updateTargetRevision": True}
    selected = {"selector": {"matchLabels": {"team": "x"}}, "sources": [source]}
    cluster.put("promotions", updating(apps=[selected]))
    promote(cluster, Process(cluster))
    assert sorted(cluster.syncs) == [(f"a{place:03d}", "p") for place in range(300)]
    assert phase(cluster)[0] == "Succeeded"


@pytest.mark.parametrize("status", [500, 503, 429])
def test_a_cluster_in_trouble(cluster: Cluster, status: int) -> None:
    """Errors that pass do not end a Promotion: what they were the answer to is tried again."""
    cluster.put("promotions", updating())
    path = "PATCH /apis/argoproj.io/v1alpha1/namespaces/argocd/applications/a"
    cluster.refusals[path] = [ApiError(status, "", "later")] * 3
    process = Process(cluster)
    for _ in range(3):
        promote(cluster, process)
    assert (cluster.syncs, phase(cluster)[0]) == ([("a", "p")], "Succeeded")


def test_a_right_that_is_missing(cluster: Cluster) -> None:
    """A refusal ends the step and says what the cluster said."""
    cluster.put("promotions", updating())
    path = "PATCH /apis/argoproj.io/v1alpha1/namespaces/argocd/applications/a"
    cluster.refusals[path] = [ApiError(403, "Forbidden", "may not patch")]
    promote(cluster, Process(cluster))
    assert phase(cluster)[0] == "Errored"
    assert (
        "error syncing Argo CD Application argocd/a: error patching: 403 Forbidden: may not patch" in phase(cluster)[1]
    )


def test_an_event_that_cannot_be_written(cluster: Cluster) -> None:
    """An Event that is refused stops nothing."""
    cluster.put("promotions", updating())
    cluster.refusals["POST /api/v1/"] = [ApiError(403, "Forbidden", "no events")]
    promote(cluster, Process(cluster))
    assert phase(cluster)[0] == "Succeeded"


def test_one_stage_does_not_hold_up_another(cluster: Cluster) -> None:
    """A Stage whose writes are refused all the time is tried again by itself; the others go on."""
    cluster.put("promotions", updating())
    cluster.put("stages", stage(name="broken"))
    path = "PATCH /apis/kargo.akuity.io/v1alpha1/namespaces/kargo-demo/stages/broken/status"
    cluster.refusals[path] = [ApiError(500, "", "broken")] * 100000
    promote(cluster, Process(cluster))
    assert phase(cluster)[0] == "Succeeded"


def test_how_a_promotion_ended_is_a_line_of_the_log(cluster: Cluster) -> None:
    """Once, with its names and its phase as fields."""
    cluster.put("promotions", updating())
    with capturedLogs() as lines:
        promote(cluster, Process(cluster))
    ends = [line for line in lines if line.get("kind") == "Promotion" and "outcome" in line]
    assert [(line["namespace"], line["outcome"], formatEvent(line).split()[-1]) for line in ends] == [
        ("kargo-demo", "Succeeded", "Succeeded")
    ]


def test_metrics(cluster: Cluster) -> None:
    """Promotions are counted by how they end, steps by how they finish."""
    cluster.put("promotions", updating())
    process = Process(cluster)
    promote(cluster, process)
    value = process.metrics.registry.get_sample_value
    assert value("promoter_view_promotions_ended_total", {"phase": "Succeeded"}) == 1
    assert value("promoter_view_promotion_steps_total", {"uses": "argocd-update", "status": "Succeeded"}) == 1


def test_a_selector_sees_a_new_application_at_once(cluster: Cluster) -> None:
    """A step that waits for what a selector matches is run again as soon as another comes to match it.

    Be it made or labelled, and though it does not name the Stage. One that does not match wakes nobody.
    """
    wanted = promotion("p")
    wait = {"apps": [{"selector": {"matchLabels": {"team": "x"}}}], "waitFor": ["health"]}
    wanted["spec"]["steps"] = [{"uses": "argocd-wait", "config": wait}]
    cluster.put("promotions", wanted)
    cluster.put("applications", application("b", authorized=None, team="x"))
    process = Process(cluster)
    process.turn(seconds=1)

    def waits_for() -> str:
        message: str = cluster.of("promotions", "p")["status"]["stepExecutionMetadata"][0]["message"]
        return message

    assert "argocd/b" in waits_for()
    written = len(cluster.writes)
    cluster.put("applications", application("c", authorized=None, team="y"))
    process.turn(seconds=1)
    assert len(cluster.writes) == written
    cluster.put("applications", application("d", authorized=None, team="x"))
    process.turn(seconds=1)
    assert "argocd/d" in waits_for()
    cluster.change("applications", "argocd", "c", {"metadata": {"labels": {"team": "x"}}})
    process.turn(seconds=1)
    assert "argocd/c" in waits_for()

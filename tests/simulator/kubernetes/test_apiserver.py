"""The simulator over HTTP: faults of requests, and what tests/contract cannot see from outside."""

from __future__ import annotations

import orjson
from twisted.web.client import ResponseFailed

from promoter_view.simulator.kubernetes.faults import Cut, Delay, Refuse, Shuffle, Silence
from tests.simulator.clusters import add, repository
from tests.simulator.servers import PATH, ServerTestCase


class TestRequests(ServerTestCase):
    """Requests without faults."""

    def test_objects_can_be_written_and_read(self) -> None:
        """POST, GET, PATCH, PUT and DELETE do what they say."""
        code, made = self.call("POST", PATH, repository("a"))
        self.assertEqual((code, self.call("GET", f"{PATH}/a")), (201, (200, made)))
        patch = {"metadata": {"labels": {"colour": "red"}}}
        code, changed = self.call("PATCH", f"{PATH}/a", patch, "application/merge-patch+json")
        self.assertEqual((code, changed["metadata"]["labels"]), (200, {"colour": "red"}))
        changed["spec"]["fake"]["owner"] = "other"
        code, replaced = self.call("PUT", f"{PATH}/a", changed)
        self.assertEqual((code, replaced["metadata"]["generation"]), (200, 2))
        code, status = self.call("DELETE", f"{PATH}/a")
        self.assertEqual((code, status["details"]["uid"]), (200, made["metadata"]["uid"]))

    def test_bad_requests_get_a_status(self) -> None:
        """Whatever is wrong with a request, the answer is a Status with the right code."""
        cases = (
            ("POST", PATH, b"not json", "application/json", 400),
            ("POST", PATH, b"[]", "application/json", 400),
            ("POST", PATH, b"", "application/json", 400),
            ("POST", PATH, b"k8s", "application/vnd.kubernetes.protobuf", 415),
            ("POST", f"{PATH}?dryRun=All", repository("a"), "application/json", 400),
            ("PUT", f"{PATH}/b", repository("a"), "application/json", 400),
            ("PATCH", f"{PATH}/a", b"[]", "application/json-patch+json", 415),
            ("POST", f"{PATH}/a", repository("a"), "application/json", 405),
            ("PUT", PATH, repository("a"), "application/json", 405),
            ("DELETE", PATH, None, "application/json", 405),
            ("GET", f"{PATH}/a", None, "application/json", 404),
            ("POST", PATH, b"x" * (3 * 1024 * 1024 + 1), "application/json", 413),
        )
        for method, path, body, content_type, expected in cases:
            code, status = self.call(method, path, body, content_type)
            self.assertEqual((code, status["kind"], status["code"]), (expected, "Status", expected), (method, path))

    def test_deletion_takes_preconditions(self) -> None:
        """A DELETE whose body names another uid conflicts."""
        add(self.cluster, "a")
        code, _ = self.call("DELETE", f"{PATH}/a", {"preconditions": {"uid": "other"}})
        self.assertEqual(code, 409)

    def test_health_and_version(self) -> None:
        """Health paths say ok, and the version can be read."""
        self.assertEqual([self.call("GET", path) for path in ("/livez", "/readyz", "/healthz")], [(200, b"ok")] * 3)
        self.assertEqual(self.call("GET", "/version")[1]["major"], "1")

    def test_discovery_is_consistent(self) -> None:
        """Each group that /apis names has its page, and so has each of its versions, in OpenAPI too."""
        for group in self.call("GET", "/apis")[1]["groups"]:
            self.assertEqual(self.call("GET", f"/apis/{group['name']}")[1]["versions"], group["versions"])
            for version in group["versions"]:
                self.assertEqual(self.call("GET", f"/apis/{version['groupVersion']}")[0], 200)
        for entry in self.call("GET", "/openapi/v3")[1]["paths"].values():
            self.assertTrue(self.call("GET", entry["serverRelativeURL"])[1]["paths"])
        self.assertEqual(self.call("GET", "/apis/unheard.of")[0], 404)


class TestFaults(ServerTestCase):
    """Requests that a test wants to go wrong."""

    def test_a_refusal_says_when_to_retry(self) -> None:
        """429 comes with Retry-After and a Status, as often as was asked for, then never again."""
        self.api.faults.on_request(
            Refuse(429, "TooManyRequests", retry_after_seconds=3), path="gitrepositories", times=2
        )
        for _ in range(2):
            code, status = self.call("GET", PATH)
            self.assertEqual((code, status["details"]["retryAfterSeconds"]), (429, 3))
        self.assertEqual(self.call("GET", PATH)[0], 200)

    def test_a_fault_strikes_its_verb_only(self) -> None:
        """A fault of lists leaves gets alone, and one that skips lets that many pass."""
        add(self.cluster, "a")
        armed = self.api.faults.on_request(Refuse(500, "InternalError"), verb="list", skip=1)
        codes = [self.call("GET", path)[0] for path in (f"{PATH}/a", PATH, f"{PATH}/a", PATH, PATH)]
        self.assertEqual((codes, armed.struck), ([200, 200, 200, 500, 200], 1))

    def test_the_watch_list_can_be_refused(self) -> None:
        """A server without WatchList refuses it and still serves plain watches."""
        self.api.faults.refuse_watch_list()
        query = "&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true"
        self.assertEqual(self.call("GET", f"{PATH}?watch=1{query}")[0], 422)
        add(self.cluster, "a")
        self.assertEqual(self.watch().told, [("ADDED", "a")])

    def test_silence_answers_nothing(self) -> None:
        """Not even headers come."""
        self.api.faults.on_request(Silence())
        answer = self.client.get(f"http://simulator{PATH}")
        self.turn(1000)
        self.assertNoResult(answer)

    def test_a_delay_is_as_long_as_was_asked_for(self) -> None:
        """A slow page comes once its time has passed."""
        self.api.faults.on_request(Delay(5))
        answer = self.client.get(f"http://simulator{PATH}")
        self.turn(4.9)
        self.assertNoResult(answer)
        self.turn(0.1)
        self.assertEqual(self.successResultOf(answer).code, 200)

    def test_a_cut_leaves_the_answer_unfinished(self) -> None:
        """The connection goes before the body is whole."""
        self.api.faults.on_request(Cut())
        answer = self.client.get(f"http://simulator{PATH}")
        self.agent.flush()
        self.failureResultOf(self.successResultOf(answer).content(), ResponseFailed)

    def test_a_shuffled_list_holds_the_same(self) -> None:
        """Items come in another order, all of them, and only this once."""
        add(self.cluster, *"abcdefgh")
        usual = self.call("GET", PATH)[1]["items"]
        self.api.faults.on_request(Shuffle())
        shuffled = self.call("GET", PATH)[1]["items"]
        self.assertNotEqual(shuffled, usual)
        self.assertEqual(sorted(map(orjson.dumps, shuffled)), sorted(map(orjson.dumps, usual)))
        self.assertEqual(self.call("GET", PATH)[1]["items"], usual)

    def test_cleared_faults_strike_no_more(self) -> None:
        """After clear() all is well again."""
        self.api.faults.on_request(Refuse(403, "Forbidden"), times=None)
        self.assertEqual(self.call("GET", PATH)[0], 403)
        self.api.faults.clear()
        self.assertEqual(self.call("GET", PATH)[0], 200)

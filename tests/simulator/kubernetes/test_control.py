"""Commands to a simulator in another process."""

from __future__ import annotations

import base64

import orjson
from treq.testing import StubTreq

from promoter_view.simulator.kubernetes.control import Control
from tests.simulator.clusters import REPOSITORIES, add
from tests.simulator.servers import PATH, ServerTestCase


class TestControl(ServerTestCase):
    """Each command does what the cluster's or the server's method does."""

    def setUp(self) -> None:
        super().setUp()
        self.control = StubTreq(Control(self.api))

    def command(self, name: str, /, **arguments: object) -> tuple[int, dict]:
        answer = self.control.post(f"http://simulator/simulator/{name}", data=orjson.dumps(arguments))
        response = self.successResultOf(answer)
        return response.code, orjson.loads(self.successResultOf(response.content()))

    def test_state_can_be_put_back(self) -> None:
        """backup and restore, with the resourceVersion in the answer."""
        add(self.cluster, "a")
        code, answer = self.command("backup", name="then")
        self.assertEqual((code, answer), (200, {"resourceVersion": self.cluster.resource_version}))
        add(self.cluster, "b")
        self.command("restore", name="then")
        self.assertEqual([one["metadata"]["name"] for one in self.cluster.objects(REPOSITORIES)], ["a"])

    def test_the_past_can_be_forgotten(self) -> None:
        """compact moves the horizon; advance moves the resourceVersion on."""
        self.command("advance", count=7)
        code, answer = self.command("compact")
        table = self.cluster.table(REPOSITORIES.group, REPOSITORIES.plural)
        self.assertEqual((code, table.horizon), (200, answer["resourceVersion"]))

    def test_resources_come_and_go(self) -> None:
        """uninstall and install, by plural."""
        self.command("uninstall", plural="gitrepositories")
        self.assertEqual(self.call("GET", PATH)[0], 404)
        self.command("install", plural="gitrepositories")
        self.assertEqual(self.call("GET", PATH)[0], 200)

    def test_faults_can_be_armed(self) -> None:
        """A fault is named with its fields and with where it strikes."""
        self.command("request-fault", fault="Refuse", code=503, reason="ServiceUnavailable", verb="list", times=1)
        self.assertEqual([self.call("GET", PATH)[0] for _ in range(2)], [503, 200])
        self.command("event-fault", fault="Garbage", data=base64.b64encode(b"!\n").decode())
        reader = self.watch()
        add(self.cluster, "a")
        self.turn()
        self.assertTrue(reader.data.startswith(b"!\n"))
        self.command("event-fault", fault="End")
        self.command("clear-faults")
        add(self.cluster, "b")
        self.turn()
        self.assertIsNone(reader.end)
        self.command("drop-watches")
        self.turn()
        self.assertIsNotNone(reader.end)

    def test_nonsense_is_refused(self) -> None:
        """Unknown commands, faults, names and fields are 400 with a word about why."""
        for name, arguments in (
            ("dance", {}),
            ("restore", {"name": "never"}),
            ("install", {"plural": "unheardofs"}),
            ("request-fault", {"fault": "Dance"}),
            ("event-fault", {"fault": "Cut", "colour": "red"}),
            ("advance", {"count": "many"}),
        ):
            code, answer = self.command(name, **arguments)
            self.assertEqual(code, 400)
            self.assertIn(name, answer["error"])

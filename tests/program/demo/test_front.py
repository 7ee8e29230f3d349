"""What a demo's port answers beside the views."""

from __future__ import annotations

import pytest
from treq.testing import StubTreq
from twisted.trial.unittest import SynchronousTestCase
from twisted.web.resource import Resource

from promoter_view.api.openapi.documents import OpenApi
from promoter_view.program.demo.front import ClusterFront
from promoter_view.views.known import DEFINITIONS


class _Port(Resource):
    isLeaf = True  # noqa: N815 - Twisted's name

    def __init__(self, front):
        super().__init__()
        self._front = front

    def render(self, request):
        return self._front.render(request)


class BeforeTheClusterTests(SynchronousTestCase):
    """While the log is replayed there is no cluster yet."""

    def test_unavailable(self):
        """503, as a Status, so that clients try again."""
        front = ClusterFront(OpenApi(lambda: DEFINITIONS, version="1"))
        client = StubTreq(_Port(front))
        for path in ("/apis", "/api/v1/namespaces"):
            answer = self.successResultOf(client.get(f"https://demo{path}"))
            found = self.successResultOf(answer.json())
            assert (answer.code, found["kind"], found["reason"]) == (503, "Status", "ServiceUnavailable")


@pytest.mark.parametrize(
    ("path", "is_the_clusters"),
    [
        (b"/api/v1/namespaces", True),
        (b"/apis/promoter.argoproj.io/v1alpha1", True),
        (b"/version", True),
        (b"/apis/view.promoter.argoproj.io", False),
        (b"/apis/view.promoter.argoproj.io/v1alpha1/promotionstrategydetails", False),
        (b"/openapi/v3/apis/view.promoter.argoproj.io/v1alpha1", False),
        (b"/readyz/log", False),
        (b"/metrics", False),
        (b"/metrics/promotions", False),
        (b"/metricsx", True),
        (b"/notifications", False),
        (b"/notifications/chat/test", False),
    ],
)
def test_whose_paths_are_whose(path: bytes, is_the_clusters: bool) -> None:
    """The views' and the program's own stay theirs."""
    assert ClusterFront(OpenApi(lambda: DEFINITIONS, version="1")).serves(path) is is_the_clusters

"""What the cluster's answer to an Event means for the message."""

from __future__ import annotations

import pytest
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock

from promoter_view.kubernetes.outcomes import ApiError, ClusterError, Outcome, Unreachable
from promoter_view.notifications.delivery.answers import MessageFate, ReceiverAnswer
from promoter_view.notifications.delivery.creating import create
from promoter_view.notifications.messages import OutgoingMessage
from tests.support.runtimes import a_runtime

MESSAGE = OutgoingMessage(b"{}", "application/json", path="/events")
ENDING = frozenset(("NamespaceTerminating",))


class Answering:
    """A cluster that answers with that error, or takes everything."""

    def __init__(self, error: ClusterError | None) -> None:
        self.error = error
        self.asked: list[tuple[str, str, bytes | None]] = []

    async def request(self, method: str, path: str, *, body: bytes | None = None) -> bytes:
        self.asked.append((method, path, body))
        if self.error is not None:
            raise self.error
        return b"{}"


def answer_to(error: ClusterError | None) -> ReceiverAnswer:
    """What becomes of a message."""
    cluster, answers = Answering(error), list[ReceiverAnswer]()
    Deferred.fromCoroutine(create(cluster, MESSAGE, a_runtime(Clock()))).addCallback(answers.append)
    assert cluster.asked == [("POST", "/events", b"{}")]
    return answers[0]


@pytest.mark.parametrize(
    ("error", "fate", "said"),
    [
        (None, MessageFate.TAKEN, "HTTP 201"),
        (ApiError(409, "AlreadyExists", "m"), MessageFate.TAKEN, "HTTP 409: it was there already"),
        (ApiError(401, "Unauthorized", "m"), MessageFate.FAILED, "HTTP 401"),
        (ApiError(403, "Forbidden", "m"), MessageFate.FAILED, "HTTP 403"),
        (ApiError(403, "Forbidden", "m", causes=ENDING), MessageFate.REFUSED, "HTTP 403"),
        (ApiError(404, "NotFound", "m"), MessageFate.REFUSED, "HTTP 404"),
        (ApiError(422, "Invalid", "m"), MessageFate.REFUSED, "HTTP 422"),
        (ApiError(500, "InternalError", "m"), MessageFate.FAILED, "HTTP 500"),
        (Unreachable(Outcome.TIMEOUT, "no answer"), MessageFate.FAILED, "no answer"),
    ],
)
def test_answers(error: ClusterError | None, fate: MessageFate, said: str) -> None:
    """Nobody waits for a permission in a namespace that is being deleted; elsewhere it may come."""
    assert answer_to(error) == ReceiverAnswer(fate, said)


def test_too_many_requests() -> None:
    """The cluster says when to come again."""
    assert answer_to(ApiError(429, "TooManyRequests", "m", 7.0)).retry_after == 7.0

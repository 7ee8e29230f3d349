"""A cluster's answers to reviews, given by a test: at once, later, or not at all."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock

from promoter_view.access import authorization, token_reviews
from promoter_view.access.reviews import Reviewer
from promoter_view.metrics import Metrics

Answer = Callable[[dict[str, Any]], Any]


class Reviews:
    """A client that answers each POST by ``answer`` of its spec: a status, an error, or a Deferred of either."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.asked: list[tuple[str, dict[str, Any]]] = []

    async def request(self, method: str, path: str, *, body: bytes | None = None) -> bytes:
        """KubernetesClient's."""
        assert method == "POST"
        document = json.loads(body or b"")
        self.asked.append((path, document))
        found = self.answer(document["spec"])
        if isinstance(found, Deferred):
            found = await found
        if isinstance(found, Exception):
            raise found
        return found if isinstance(found, bytes) else json.dumps({**document, "status": found}).encode()


def token_reviewer(reviews: Reviews, clock: Clock, metrics: Metrics) -> Reviewer:
    """Asks for TokenReviews."""
    return _reviewer("token", token_reviews.PATH, token_reviews.DOCUMENT, reviews, clock, metrics)


def access_reviewer(reviews: Reviews, clock: Clock, metrics: Metrics) -> Reviewer:
    """Asks for SubjectAccessReviews."""
    return _reviewer("access", authorization.PATH, authorization.DOCUMENT, reviews, clock, metrics)


def _reviewer(
    name: str, path: str, document: dict[str, str], reviews: Reviews, clock: Clock, metrics: Metrics
) -> Reviewer:
    return Reviewer(name, path, document, client=reviews, clock=clock, random=lambda: 0.5, metrics=metrics)

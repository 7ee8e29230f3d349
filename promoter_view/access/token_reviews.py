"""Whose a bearer token is: TokenReviews (authentication.k8s.io/v1). Tokens are kept as keyed hashes only."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from typing import Any

from twisted.internet.interfaces import IReactorTime

from promoter_view.access.identity import Identity, from_user_info
from promoter_view.access.review_cache import ReviewCache
from promoter_view.access.reviews import Reviewer
from promoter_view.decoded import mapping
from promoter_view.metrics import Metrics
from promoter_view.web.errors import ReviewUnavailable, Unauthorized

PATH = "/apis/authentication.k8s.io/v1/tokenreviews"
DOCUMENT = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview"}


class TokenReviews:
    """``key`` is random and of this process, so that hashes tell nothing to whoever reads the memory's remains.

    ``seconds``: how long an answer counts, yes or no.
    """

    def __init__(
        self, reviewer: Reviewer, *, clock: IReactorTime, key: bytes, seconds: float, metrics: Metrics
    ) -> None:
        self._reviewer = reviewer
        self._key = key
        self._metrics = metrics
        # A list of one or none: None would not be told from an answer that is not there.
        self._cache: ReviewCache[tuple[Identity, ...]] = ReviewCache(clock=clock, seconds_of=lambda _: seconds)

    async def identify(self, token: str) -> Identity:
        """Whose it is. Errors: Unauthorized; ReviewUnavailable."""
        digest = hmac.digest(self._key, token.encode(), hashlib.sha256)
        found = await self._cache.get(digest, lambda: self._review(token))
        if not found:
            raise Unauthorized("Unauthorized")
        return found[0]

    async def _review(self, token: str) -> tuple[Identity, ...]:
        status = await self._reviewer.ask({"token": token})
        try:
            found = _identities(status)
        except ValueError as error:
            raise ReviewUnavailable(f"the cluster's token review cannot be read: {error}") from error
        self._metrics.reviews.labels("token", "allowed" if found else "denied").inc()
        return found


def _identities(status: Mapping[str, Any]) -> tuple[Identity, ...]:
    if status.get("authenticated") is not True:
        return ()
    return (from_user_info(mapping(status, "user")),)

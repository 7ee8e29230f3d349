"""What an identity may see of the views: access reviews, for all namespaces first, then for those with bundles."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from typing import Protocol

import orjson
from twisted.internet.defer import Deferred, FirstError, gatherResults
from twisted.internet.interfaces import IReactorTime
from twisted.python.failure import Failure

from promoter_view.access.admission import Attributes
from promoter_view.access.authorization import AccessReviews
from promoter_view.access.identity import Identity
from promoter_view.access.review_cache import ReviewCache
from promoter_view.boundaries import ViewReader
from promoter_view.dashboard.visible import Visible, everything
from promoter_view.views.definition import GROUP, VERSION

#: With the ages of the reviews (10 s) and of a stream's last look (24 s): a right that is lost is lost within a minute.
_SECONDS = 25.0
_MAX_IDENTITIES = 1024
#: Who sees all there is has a list and a watch.
_VERBS = ("list", "watch")
#: So that one identity's reviews leave room for those of others.
_AT_ONCE = 8


class Rights(Protocol):
    """Tells what may be seen."""

    @property
    def fixed(self) -> bool:
        """The same for everybody, for good."""

    async def visible(self, identity: Identity) -> Visible:
        """All that is known without anybody's asking for more. Errors: ReviewUnavailable."""

    async def sees(self, identity: Identity, view: str, namespace: str) -> bool:
        """Whether that view may be seen there. Errors: ReviewUnavailable."""


class OpenRights:
    """Everybody sees everything."""

    fixed = True

    def __init__(self, views: Collection[str]) -> None:
        self._visible = everything(views)

    async def visible(self, identity: Identity) -> Visible:  # noqa: ARG002
        """All."""
        return self._visible

    async def sees(self, identity: Identity, view: str, namespace: str) -> bool:  # noqa: ARG002
        """Yes."""
        return True


class ReviewedRights:
    """By the cluster's word, shared by all requests of an identity. ``plurals``: those of the views."""

    fixed = False

    def __init__(
        self, reviews: AccessReviews, views: ViewReader, plurals: Sequence[str], *, clock: IReactorTime
    ) -> None:
        self._reviews = reviews
        self._views = views
        self._plurals = plurals
        self._cache: ReviewCache[Visible] = ReviewCache(
            clock=clock, seconds_of=lambda _: _SECONDS, max_entries=_MAX_IDENTITIES
        )

    async def visible(self, identity: Identity) -> Visible:
        """What it may see of what there is. Errors: ReviewUnavailable."""
        key = hashlib.sha256(orjson.dumps(identity.review_fields())).digest()
        return await self._cache.get(key, lambda: self._examine(identity))

    async def sees(self, identity: Identity, view: str, namespace: str) -> bool:
        """Whether it may list and watch that view there; "" for all namespaces. Errors: ReviewUnavailable."""
        for verb in _VERBS:
            if not await self._reviews.allows(identity, _reading(verb, view, namespace)):
                return False
        return True

    async def _examine(self, identity: Identity) -> Visible:
        found = Visible()
        for view in self._plurals:
            if await self.sees(identity, view, ""):
                found = Visible(found.everywhere | {view}, found.allowed, found.denied)
            else:
                found = await self._examine_namespaces(identity, view, found)
        return found

    async def _examine_namespaces(self, identity: Identity, view: str, found: Visible) -> Visible:
        namespaces = sorted({bundle.key.namespace for bundle in self._views.list(view)})
        allowed, denied = set(found.allowed), set(found.denied)
        for start in range(0, len(namespaces), _AT_ONCE):
            batch = namespaces[start : start + _AT_ONCE]
            for namespace, may in zip(batch, await self._all(identity, view, batch), strict=True):
                (allowed if may else denied).add((view, namespace))
        return Visible(found.everywhere, frozenset(allowed), frozenset(denied))

    def _all(self, identity: Identity, view: str, namespaces: Sequence[str]) -> Deferred[list[bool]]:
        asked = [Deferred.fromCoroutine(self.sees(identity, view, namespace)) for namespace in namespaces]
        return gatherResults(asked, consumeErrors=True).addErrback(_cause)


def _cause(failure: Failure) -> Failure:
    error = failure.value
    return error.subFailure if isinstance(error, FirstError) else failure


def _reading(verb: str, view: str, namespace: str) -> Attributes:
    return Attributes(verb=verb, path="", group=GROUP, version=VERSION, resource=view, namespace=namespace)

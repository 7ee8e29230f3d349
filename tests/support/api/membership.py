"""An API whose users may get some kinds in some namespaces, as a made-up cluster's reviews say."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson
from twisted.internet.defer import Deferred
from twisted.web.server import Request

from promoter_view.access.admission import Attributes
from promoter_view.access.authorization import AccessReviews
from promoter_view.access.identity import Identity
from promoter_view.kubernetes.kinds import PROMOTER_GROUP, REFLECTED_KINDS
from promoter_view.kubernetes.outcomes import ApiError
from promoter_view.metrics import Metrics
from promoter_view.reading.sights import Sights
from promoter_view.records import Change, ChangeType, UndeclaredKind
from promoter_view.views.definition import ViewDefinition
from promoter_view.views.promotion_strategy.details import PROMOTION_STRATEGY_DETAILS
from promoter_view.web.errors import Forbidden
from tests.support.api.reviewing import Reviews, access_reviewer
from tests.support.api.world import World
from tests.support.views.oracle import key_of

UNAVAILABLE = ApiError(400, "", "the cluster is out of order")
#: One that no view declares, as a log may have taken it up.
UNDECLARED = UndeclaredKind(
    "NovelCommitStatus", "novelcommitstatuses", "v1alpha1", "novelCommitStatuses", True, "rules"
)
PLURALS = {kind.kind: kind.plural for kind in (*REFLECTED_KINDS, UNDECLARED)}
GROUPS = {kind.plural: kind.group for kind in REFLECTED_KINDS} | {UNDECLARED.plural: PROMOTER_GROUP}
EVERYWHERE = ""


class Admitted:
    """Who asks is looked up each time."""

    def __init__(self, access: ByName, user: str) -> None:
        self._access = access
        self._user = user

    @property
    def identity(self) -> Identity:
        return Identity(self._user, groups=self._access.groups.get(self._user, ()))

    async def revoked(self) -> Forbidden | None:
        return None


class ByName:
    """Admits whom the header User names, in the groups that ``groups`` has for them."""

    def __init__(self) -> None:
        self.groups: dict[str, tuple[str, ...]] = {}

    async def admit(self, request: Request, attributes: Attributes) -> Admitted:
        return Admitted(self, request.getHeader("User") or "nobody")


class Membership:
    """``rights``: (user, kind, namespace); namespace EVERYWHERE is the right at the cluster scope."""

    def __init__(
        self,
        *,
        max_sights: int = 16,
        definitions: Sequence[ViewDefinition] = (PROMOTION_STRATEGY_DETAILS,),
        ready: bool = True,
    ) -> None:
        self.rights: set[tuple[str, str, str]] = set()
        self.down = False
        self.asked: list[tuple[str, str, str]] = []
        self.held: list[tuple[Deferred[Any], dict[str, Any]]] | None = None
        self.access = ByName()
        self.members: Sights

        def sights(views, clock):
            reviewer = access_reviewer(Reviews(self._answer), clock, Metrics())
            reviews = AccessReviews(reviewer, clock=clock, allowed_seconds=0, denied_seconds=0, metrics=Metrics())
            self.members = Sights(
                views,
                lambda: views.definitions,
                reviews,
                clock=clock,
                members=True,
                max_sights=max_sights,
            )
            return self.members

        self.world = World(access=self.access, sights=sights, definitions=definitions, ready=ready)

    def let(self, user: str, *kinds: str, namespace: str = EVERYWHERE) -> None:
        """The user may get these."""
        self.rights.update((user, kind, namespace) for kind in kinds)

    def forbid(self, user: str, *kinds: str, namespace: str = EVERYWHERE) -> None:
        """Not any more."""
        self.rights.difference_update((user, kind, namespace) for kind in kinds)

    def put(self, *documents: dict[str, Any]) -> None:
        """Objects are there, or have changed."""
        for document in documents:
            body = orjson.dumps(document)
            self.world.record(Change(ChangeType.MODIFIED, key_of(document), body, "7", "promotionstrategies", "7"))

    def hold(self) -> None:
        """Answer no review until ``release``."""
        self.held = []

    def release(self) -> None:
        """Answer what was asked meanwhile."""
        held, self.held = self.held or [], None
        for waiting, status in held:
            waiting.callback(status)

    def take_asked(self) -> list[tuple[str, str, str]]:
        """(user, resource, namespace) of the reviews since the last call."""
        asked, self.asked = self.asked, []
        return asked

    def _answer(self, spec: dict[str, Any]) -> Any:
        wanted = spec["resourceAttributes"]
        assert (wanted["verb"], wanted["version"]) == ("get", "v1alpha1")
        assert wanted["group"] == GROUPS[wanted["resource"]]
        asked = (spec["user"], wanted["resource"], wanted.get("namespace", ""))
        self.asked.append(asked)
        if self.down:
            return UNAVAILABLE
        if self.held is not None:
            waiting: Deferred[Any] = Deferred()
            self.held.append((waiting, {"allowed": self._allowed(*asked)}))
            return waiting
        return {"allowed": self._allowed(*asked)}

    def _allowed(self, user: str, resource: str, namespace: str) -> bool:
        kind = next(kind for kind, plural in PLURALS.items() if plural == resource)
        return (user, kind, EVERYWHERE) in self.rights or (user, kind, namespace) in self.rights

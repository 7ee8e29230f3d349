"""Carries out what a step wants: syncs, refreshes, Events. Each sync is decided once more on the live Application.

Between reading the Application and patching it the Promotion is read too: if it has ended or changed meanwhile, by
whoever's doing, nothing is patched. What anybody does to the Application in that time the PATCH meets as a conflict.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import deferLater
from twisted.logger import Logger

from promoter_view.clocks import WallClock
from promoter_view.kubernetes.documents import version_of
from promoter_view.kubernetes.outcomes import ApiError, ClusterError, Unreachable
from promoter_view.promotions.documents import Document
from promoter_view.promotions.objects import APPLICATION, PROMOTION, KnownObjects
from promoter_view.promotions.steps.operation import REFRESH_PATCH, NotPossible, SyncPatch, plan_sync
from promoter_view.promotions.steps.step import (
    Action,
    RefreshApplication,
    StepResult,
    SyncApplication,
    failed_action,
)
from promoter_view.promotions.telling.event import CreateEvent, event_of
from promoter_view.promotions.values import Promotion
from promoter_view.promotions.writes import Conflict, Writes
from promoter_view.stages.application import read_application
from promoter_view.stages.authorization import StageKey, refusal

_ATTEMPTS = 5
_PAUSE_SECONDS = 0.01


class Applying:
    """``clock`` and ``random`` space the attempts after a conflict; ``wall`` dates Events."""

    _log = Logger()

    def __init__(
        self,
        known: KnownObjects,
        writes: Writes,
        *,
        clock: IReactorTime,
        wall: WallClock,
        random: Callable[[], float],
    ) -> None:
        self._known = known
        self._writes = writes
        self._clock = clock
        self._wall = wall
        self._random = random

    async def carry_out(self, actions: Sequence[Action], result: StepResult, promotion: Promotion) -> StepResult | None:
        """In order, to the first that fails: the step's result then, None where all was done.

        Errors: Conflict where the Promotion is no longer what was decided on; MayNotWrite; ApiError and Unreachable
        where trying again later may help.
        """
        for action in actions:
            problem = await self._do(action, promotion)
            if problem:
                return failed_action(result, problem)
        return None

    async def refresh(self, action: RefreshApplication, stage: StageKey) -> None:
        """Asks Argo CD to look at an Application again, where that authorizes the Stage; a failure is logged only."""
        application = self._known.application(action.namespace, action.name)
        if application is not None and not refusal(application, stage):
            await self._refresh(action)

    async def _do(self, action: Action, promotion: Promotion) -> str:
        if isinstance(action, SyncApplication):
            return await self._sync(action, promotion)
        await self._refresh(action)
        return ""

    async def _sync(self, action: SyncApplication, promotion: Promotion) -> str:
        for _ in range(_ATTEMPTS):
            try:
                return await self._sync_once(action, promotion)
            except _LostRace:
                await deferLater(self._clock, _PAUSE_SECONDS * (1.0 + self._random()))
            except ApiError as error:
                if is_transient(error):
                    raise
                return f"error syncing Argo CD Application {action.namespace}/{action.name}: error patching: {error}"
        # Somebody writes it all the time: the step goes on, and is looked at again.
        raise Conflict(f"Application {action.namespace}/{action.name} was written by others {_ATTEMPTS} times in a row")

    async def _sync_once(self, action: SyncApplication, promotion: Promotion) -> str:
        live = await self._writes.read(APPLICATION, action.namespace, action.name)
        self._learn(action, live)
        planned = plan_sync(action, None if live is None else read_application(live))
        if isinstance(planned, NotPossible):
            return planned.message
        if live is None or not isinstance(planned, SyncPatch):
            return ""
        await self._check(promotion)
        try:
            written = await self._writes.patch(APPLICATION, live, planned.body)
        except Conflict as conflict:
            raise _LostRace from conflict
        self._known.learn(APPLICATION, written)
        await self._tell_of_operation(planned.event)
        return ""

    async def _check(self, promotion: Promotion) -> None:
        """Errors: Conflict where the Promotion is not any more what was decided on."""
        namespace, name = promotion.namespace, promotion.name
        now = await self._writes.read(PROMOTION, namespace, name)
        if now is None:
            self._known.learn_absent(PROMOTION, namespace, name)
            raise Conflict(f"Promotion {namespace}/{name} is gone")
        if version_of(now) != version_of(promotion.document):
            self._known.learn(PROMOTION, now)
            raise Conflict(f"Promotion {namespace}/{name} has changed meanwhile")

    def _learn(self, action: SyncApplication, live: Document | None) -> None:
        if live is None:
            self._known.learn_absent(APPLICATION, action.namespace, action.name)
        else:
            self._known.learn(APPLICATION, live)

    async def _refresh(self, action: RefreshApplication) -> None:
        try:
            await self._writes.merge(APPLICATION, action.namespace, action.name, REFRESH_PATCH)
        except (ClusterError, Conflict) as error:
            self._log.warn(
                "{action} was not done: {error}",
                action=action,
                error=str(error),
                kind=APPLICATION,
                namespace=action.namespace,
                name=action.name,
                outcome="failed",
            )

    async def tell(self, event: CreateEvent) -> None:
        """Has the Event created, if it is not there yet. Where that is refused it is logged, and no more.

        Errors: MayNotWrite; Unreachable, for then it is not known whether it is there.
        """
        try:
            await self._writes.create_event(event.about, event_of(event, self._wall()))
        except Conflict:
            self._log.debug("{reason} of {name} is told already", reason=event.reason, **_about(event, "done"))
        except ApiError as error:
            self._log.warn("{event} was not created: {error}", event=event, error=str(error), **_about(event, "failed"))

    async def _tell_of_operation(self, event: CreateEvent) -> None:
        """The operation is under way, and is not begun again for want of its Event."""
        try:
            await self.tell(event)
        except Unreachable as error:
            self._log.warn("{event} was not created: {error}", event=event, error=str(error), **_about(event, "failed"))


def _about(event: CreateEvent, outcome: str) -> dict[str, str]:
    """The fields of a line about the object that an Event is about."""
    about = event.about
    return {"kind": about.kind, "namespace": about.namespace, "name": about.name, "outcome": outcome}


class _LostRace(Exception):  # noqa: N818 - a state, as Twisted's ConnectionLost
    """The Application was written by another between our read and our write."""


def is_transient(error: ApiError) -> bool:
    """Whether the same request may be answered otherwise a moment later."""
    return error.status >= 500 or error.status in (401, 408, 429)

"""What a change of a strategy means: commits, pull requests, checks, restores, states. Pure, and total."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from promoter_view.journal.deriving.checks import check_turns
from promoter_view.journal.deriving.policies import SUCCESS, PolicyStory, read_policy
from promoter_view.journal.entries import EventCause, EventCheck, EventRequest, EventType, Happening
from promoter_view.views.contents import BundleContents
from promoter_view.views.promotion_strategy.order_gate import POLICIES
from promoter_view.views.promotion_strategy.restores import RESTORES, Restore, read_restore
from promoter_view.views.promotion_strategy.state.kinds import ReasonKind
from promoter_view.views.promotion_strategy.state.reading import (
    EnvironmentStatus,
    StatedStrategy,
    WholeStatus,
    read_environment,
    read_whole,
    stems_within,
)
from promoter_view.views.promotion_strategy.state.standing import by_branch
from promoter_view.views.promotion_strategy.state.words import StateWord

_POLICY, _RESTORE = "ChangeTransferPolicy", "RestoreActiveCommit"
_BY_POLICY = frozenset((_POLICY,))
_REQUESTS = {"open": EventType.OPENED, "merged": EventType.MERGED, "closed": EventType.CLOSED}
_NO_STATUS = EnvironmentStatus("", "", StateWord.UNKNOWN)


@dataclass(frozen=True, slots=True)
class StrategyStory:
    """What a strategy's bundle tells. ``policies`` by branch, ``statuses`` in promotion order."""

    whole: WholeStatus
    policies: Mapping[str, PolicyStory]
    statuses: tuple[EnvironmentStatus, ...]
    restores: tuple[Restore, ...]

    def restored(self, branch: str, hydrated_sha: str) -> Restore | None:
        """The restore that has made that commit, which is live there; None for none."""
        made = (each for each in self.restores if each.branch == branch and hydrated_sha)
        return next((each for each in made if each.active_sha == hydrated_sha), None)


def story_steps(contents: BundleContents) -> Iterator[None]:
    """Reads what ``read_story`` wants, a member a step."""
    yield from contents.steps(POLICIES, read_policy)
    yield from contents.steps(RESTORES, read_restore)
    yield from contents.environment_steps(read_environment)


def read_story(contents: BundleContents) -> StrategyStory:
    """What a strategy's bundle tells."""
    return StrategyStory(
        contents.status(read_whole),
        by_branch(contents.each(POLICIES, read_policy)),
        tuple(contents.environments(read_environment)),
        tuple(contents.each(RESTORES, read_restore)),
    )


def happened(before: StrategyStory, after: StrategyStory) -> Iterator[Happening]:
    """What happened between the two, in promotion order; the state of the whole comes last."""
    was = {each.branch: each for each in before.statuses}
    for status in after.statuses:
        policy = after.policies.get(status.branch)
        known = before.policies.get(status.branch)
        if policy is not None and known is not None and policy is not known:
            yield from _Environment(status, known, policy, after).happened(was.get(status.branch, _NO_STATUS))
        yield from _held(was.get(status.branch), status, after)
    if before.whole.state is not after.whole.state:
        is_held = StateWord.HELD in (before.whole.state, after.whole.state)
        told_by = _BY_POLICY | StatedStrategy(after.whole, after.statuses).stems
        yield Happening(
            EventType.STATE,
            before=before.whole.state.value,
            after=after.whole.state.value,
            message=after.whole.message,
            told_by=told_by | {_RESTORE} if is_held else told_by,
        )


def _held(before: EnvironmentStatus | None, after: EnvironmentStatus, story: StrategyStory) -> Iterator[Happening]:
    name = after.held_by
    if before is None or not name or before.held_by == name:
        return
    policy = story.policies.get(after.branch)
    yield Happening(
        EventType.HELD,
        after.branch,
        before=before.state.value,
        after=after.state.value,
        commit=policy.live.commit if policy is not None else None,
        cause=EventCause(_RESTORE, name),
        message=after.message,
        told_by=frozenset((_POLICY, _RESTORE)) | stems_within(after, story.statuses),
    )


@dataclass(frozen=True, slots=True)
class _Environment:
    """One environment, whose policy tells something else."""

    status: EnvironmentStatus
    before: PolicyStory
    after: PolicyStory
    story: StrategyStory

    def happened(self, was: EnvironmentStatus) -> Iterator[Happening]:
        yield from self._proposed()
        yield from self._request()
        yield from self._approved(was)
        yield from self._live()
        yield from self._checks()
        yield from self._verified()

    @property
    def _has_moved(self) -> bool:
        commit = self.after.live.commit
        return bool(commit.sha) and commit.sha != self.before.live.commit.sha

    @property
    def _is_fresh(self) -> bool:
        """Whether what is proposed was not before."""
        return self.after.is_open and self.after.proposed.commit.sha != self.before.proposed.commit.sha

    def _proposed(self) -> Iterator[Happening]:
        after = self.after.proposed.commit
        if self._is_fresh or (self.after.is_open and not self.before.is_open):
            yield self._make(EventType.PROPOSED, self.before.live.commit.sha, after.sha, proposed=True)

    def _request(self) -> Iterator[Happening]:
        before, after = self.before.request, self.after.request
        event = _REQUESTS.get(after.state)
        if event is None or (before.number, before.state) == (after.number, after.state):
            return
        request = EventRequest(after.number, after.url, after.state)
        was = before.state if before.number == after.number else ""
        yield self._make(event, was, after.state, proposed=not self._has_moved, request=request)

    def _approved(self, was: EnvironmentStatus) -> Iterator[Happening]:
        for reason in was.reasons:
            check = self.after.proposed.checks.get(reason.key)
            if reason.kind == ReasonKind.APPROVAL and check is not None and check.phase == SUCCESS:
                yield self._make(EventType.APPROVED, "pending", check.phase, proposed=True, check=check)

    def _live(self) -> Iterator[Happening]:
        if not self._has_moved:
            return
        before, after = self.before.live.commit, self.after.live.commit
        restore = self.story.restored(self.status.branch, after.hydrated_sha)
        if restore is not None:
            cause = EventCause(_RESTORE, restore.name)
            told_by = frozenset((_POLICY, _RESTORE))
            yield self._make(EventType.RESTORED, before.sha, after.sha, cause=cause, told_by=told_by)
        else:
            yield self._make(EventType.PROMOTED, before.sha, after.sha, awaited=self.status.depends_on)

    def _checks(self) -> Iterator[Happening]:
        for event, proposed, phase, check in check_turns(self.before, self.after):
            yield self._make(event, phase, check.phase, proposed=proposed, check=check)

    def _verified(self) -> Iterator[Happening]:
        before, after = self.before.live, self.after.live
        if after.checks and after.is_verified and (self._has_moved or not before.is_verified):
            yield self._make(EventType.VERIFIED, "", after.commit.sha)

    def _make(
        self,
        event: EventType,
        before: str,
        after: str,
        *,
        proposed: bool = False,
        request: EventRequest | None = None,
        check: EventCheck | None = None,
        cause: EventCause | None = None,
        awaited: tuple[str, ...] = (),
        told_by: frozenset[str] = _BY_POLICY,
    ) -> Happening:
        side = self.after.proposed if proposed else self.after.live
        return Happening(
            event,
            self.status.branch,
            before,
            after,
            side.commit,
            request,
            check,
            cause,
            told_by=told_by,
            awaited=awaited,
        )

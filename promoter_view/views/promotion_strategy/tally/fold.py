"""Promotions counted, each once: a fold over the states of a bundle that may leave any of them out. Pure.

A commit is known again by its hydrated sha. What was live when an environment was first seen is where counting begins,
and so is the making of its ChangeTransferPolicy: nothing is counted that was before. What goes live while nobody looks
is found in the history, once. What was restored is no promotion.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile

from promoter_view.views.promotion_strategy.order import Order, Vertex
from promoter_view.views.promotion_strategy.restores import Restore
from promoter_view.views.promotion_strategy.tally.environment import MOST_REMEMBERED, RULES, Tally, Written, read_tally
from promoter_view.views.promotion_strategy.tally.live_commits import IDENTITY, LiveCommit, LiveCommits

_NOTHING = LiveCommits("", 0, None, (), "", "-")


@dataclass(frozen=True, slots=True)
class Observed:
    """What a bundle tells now. ``policies`` and ``histories`` by branch."""

    order: Order
    policies: Mapping[str, LiveCommits]
    histories: Mapping[str, LiveCommits]
    restores: Sequence[Restore] = ()

    def past(self, branch: str) -> tuple[LiveCommit, ...]:
        """What is told of the commits that were live there, the newest first."""
        apart, own = self.histories.get(branch), self.policies.get(branch)
        if apart is not None and apart.past:
            return apart.past
        return own.past if own is not None else ()

    def mark(self, branch: str) -> str:
        """The same where all that is told of that environment is, and it is counted by the same rules."""
        policy, history = self.policies.get(branch, _NOTHING), self.histories.get(branch, _NOTHING)
        return f"{RULES}{policy.mark}{history.mark}"

    def is_end(self, branch: str) -> bool:
        """Nobody waits for that environment."""
        return branch in {self.order.vertices[place].branch for place in self.order.ends}

    def is_restored(self, branch: str, sha: str) -> bool | None:
        """Whether a RestoreActiveCommit has made that commit; None where one is at work that has not said so yet."""
        found = [each.active_sha[:IDENTITY] for each in self.restores if each.branch == branch]
        if sha in found:
            return True
        return None if "" in found else False

    def live_before(self, branch: str, commit: LiveCommit) -> int:
        """When that dry commit was last promoted there by then, in seconds since 1970; 0 where that is not known."""
        policy = self.policies.get(branch)
        current = () if policy is None or policy.current is None else (policy.current,)
        # The history knows the time of the merge, the policy the time of the commit: of one commit the former counts.
        found = {each.sha: each for each in (*current, *self.past(branch)) if each.dry == commit.dry}
        return max((each.live for each in found.values() if not each.restored and each.live <= commit.live), default=0)


def tally_steps(before: Mapping[str, Written], observed: Observed) -> Generator[None, None, Mapping[str, Written]]:
    """What is counted of each environment after that was seen, by branch, in promotion order: one that changed a step.

    ``before`` is what this gave the last time; of an environment that has no policy now it stays.
    """
    after: dict[str, Written] = {}
    for vertex in observed.order.vertices:
        branch = vertex.branch
        written = before.get(branch)
        if branch in observed.policies:
            mark = observed.mark(branch)
            # Most of many are as they were.
            if written and written[0] == mark:
                after[branch] = written
                continue
            after[branch] = _tally(written, observed, vertex, mark)
            yield
        elif written is not None:
            after[branch] = written
    return after


def _tally(written: Written | None, observed: Observed, vertex: Vertex, mark: str) -> Written:
    earlier = read_tally(written) if written else None
    if earlier is None:
        return replace(_first(observed, vertex.branch), mark=mark).write()
    return _Count(earlier, observed, vertex).after(mark).write()


def _first(observed: Observed, branch: str) -> Tally:
    """Nothing is counted yet, and what is there is known."""
    policy, past = observed.policies[branch], observed.past(branch)
    newest = policy.current or next(iter(past), None)
    failed = {each.sha: None for each in (*past[:1], *([policy.current] if policy.current else [])) if each.failed}
    return Tally(
        told=newest.sha if newest else "",
        told_live=max(newest.live if newest else 0, policy.created),
        failed_proposal=policy.failed_proposal,
        failed=tuple(failed),
    )


class _Count:
    """One look at one environment."""

    def __init__(self, before: Tally, observed: Observed, vertex: Vertex) -> None:
        self._tally = before
        self._observed = observed
        self._vertex = vertex
        self._policy = observed.policies[vertex.branch]

    def after(self, mark: str) -> Tally:
        """What is counted then."""
        past = self._observed.past(self._vertex.branch)
        self._take_past(past)
        is_sure = self._take_current(past)
        self._take_proposal()
        return replace(self._tally, mark=mark if is_sure else "")

    def _take_past(self, past: tuple[LiveCommit, ...]) -> None:
        if not past:
            return
        for each in reversed(list(self._unmet(past))):
            if each.sha not in self._tally.ahead and not each.restored:
                self._promoted(each)
            self._judge(each)
        told = next((each for each in past if each.sha == self._tally.told), None)
        if told is not None:
            self._judge(told)
        shas = {each.sha for each in past}
        ahead = tuple(each for each in self._tally.ahead if each not in shas)
        # What is ahead is newer than all that the history has, and it stays what was told last until that is there.
        if told is not None or not self._tally.told or past[0].live >= self._tally.told_live:
            live = max(past[0].live, self._tally.told_live if told is None else 0)
            self._tally = replace(self._tally, told=past[0].sha, told_live=live)
        self._tally = replace(self._tally, ahead=ahead)

    def _unmet(self, past: tuple[LiveCommit, ...]) -> Iterator[LiveCommit]:
        """Those that the history has beyond what it had; by their times where what it had is not there any more."""
        told, live = self._tally.told, self._tally.told_live
        if any(each.sha == told for each in past):
            return takewhile(lambda each: each.sha != told, past)
        return (each for each in past if each.live > live)

    def _take_current(self, past: tuple[LiveCommit, ...]) -> bool:
        """False where it has to be looked at again: whether it was promoted or restored nobody has said yet."""
        current = self._policy.current
        if current is None:
            return True
        is_new = current.sha != self._tally.told and current.sha not in self._tally.ahead
        if is_new and all(each.sha != current.sha for each in past):
            restored = self._observed.is_restored(self._vertex.branch, current.sha)
            if restored is None:
                return False
            if not restored and current.live > self._policy.created:
                self._promoted(current)
            self._is_ahead(current.sha)
        if not self._was_restored(current, past):
            self._judge(current)
        return True

    def _was_restored(self, current: LiveCommit, past: tuple[LiveCommit, ...]) -> bool:
        if any(each.restored for each in past if each.sha == current.sha):
            return True
        return self._observed.is_restored(self._vertex.branch, current.sha) is True

    def _is_ahead(self, sha: str) -> None:
        """Of what is too far ahead of its history the oldest counts as told."""
        ahead = (*self._tally.ahead, sha)
        if len(ahead) > MOST_REMEMBERED:
            self._tally = replace(self._tally, told=ahead[0])
        self._tally = replace(self._tally, ahead=ahead[-MOST_REMEMBERED:])

    def _take_proposal(self) -> None:
        failed = self._policy.failed_proposal
        if failed and failed != self._tally.failed_proposal:
            counted = self._tally.failed_proposals + 1
            self._tally = replace(self._tally, failed_proposal=failed, failed_proposals=counted)

    def _judge(self, commit: LiveCommit) -> None:
        """Counts its failure, once."""
        if commit.failed and commit.sha not in self._tally.failed:
            failed = (*self._tally.failed, commit.sha)[-MOST_REMEMBERED:]
            self._tally = replace(self._tally, failed=failed, failed_deliveries=self._tally.failed_deliveries + 1)

    def _promoted(self, commit: LiveCommit) -> None:
        self._tally = replace(
            self._tally,
            promotions=self._tally.promotions + 1,
            deployments=self._tally.deployments + self._observed.is_end(self._vertex.branch),
        )
        began = self._began(commit)
        if began and commit.live >= began:
            self._tally = self._tally.observed(commit.live - began)

    def _began(self, commit: LiveCommit) -> int:
        """When it was live wherever this environment waits for it; of the first ones, when it was committed."""
        if not self._vertex.nearest:
            return commit.committed
        return max(self._observed.live_before(branch, commit) for branch in self._vertex.nearest)

"""Answers where a commit is: from the index to bundles, each read as it may be seen, in steps. Pure."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Sequence
from dataclasses import replace
from itertools import chain
from typing import NamedTuple

from promoter_view.reading.commits.carried import BranchCommits, NamedCommit, read_branch
from promoter_view.reading.commits.found import Findings, FoundEnvironment, FoundStage, FoundStrategy
from promoter_view.reading.commits.freight import read_freight, read_promotion, read_stage, relate_stage
from promoter_view.reading.commits.overtaken import Proposal
from promoter_view.reading.commits.question import CommitQuestion
from promoter_view.reading.commits.relations import (
    NOT_RELATED,
    UNTOLD,
    CommitRelation,
    Matching,
    Meant,
    Related,
    relate,
)
from promoter_view.reading.commits.rendered import RenderedCommit, read_rendered
from promoter_view.reading.commits.states import (
    EnvironmentState,
    read_state,
    state_steps,
)
from promoter_view.records import Bundle
from promoter_view.views.contents import BundleContents, Readings
from promoter_view.views.promotion_strategy.order_gate import HISTORIES, POLICIES
from promoter_view.views.promotion_strategy.state.standing import by_branch
from promoter_view.views.stage.details import STAGE_DETAILS

#: Commits that are told of, where a short sha is the beginning of several.
MOST_COMMITS = 100
#: Strategies and Stages that are looked at.
MOST_BUNDLES = 1000
_POLICY = "ChangeTransferPolicy"
_APPLICATIONS = "applications"


class Searched(NamedTuple):
    """Where to look: bundles in order, each with what it is remembered to have proposed, and what is known before."""

    beginning: Findings
    bundles: Sequence[tuple[Bundle, Sequence[Proposal]]]


def look_at_strategy(
    bundle: Bundle, proposals: Sequence[Proposal], question: CommitQuestion, readings: Readings
) -> Generator[None, None, FoundStrategy | None]:
    """What a strategy says of what is asked for; None where it does not name it."""
    contents = BundleContents(bundle, readings)
    yield from contents.steps(POLICIES, read_branch)
    yield from contents.steps(HISTORIES, read_branch)
    policies, histories = contents.each(POLICIES, read_branch), contents.each(HISTORIES, read_branch)
    seen = [] if _POLICY in contents.hidden else proposals
    meant = yield from _meant((*policies, *histories), seen, question)
    if not meant.shas and not meant.commits:
        return None
    yield from state_steps(contents)
    whole = read_state(contents)
    here = _Environments(meant, policies, histories, seen)
    found = []
    for state in whole.environments:
        found.append(here.of(state))
        yield
    return FoundStrategy(bundle.key, whole, meant.commits, tuple(found))


def look_at_stage(
    bundle: Bundle, question: CommitQuestion, readings: Readings
) -> Generator[None, None, FoundStage | None]:
    """What a Stage says of it; None where it does not name it."""
    contents = BundleContents(bundle, readings)
    stage, promotions = contents.root(read_stage), contents.each("promotions", read_promotion)
    whole = contents.each("freight", read_freight)
    yield from contents.steps(_APPLICATIONS, read_rendered)
    told = filter(None, contents.each(_APPLICATIONS, read_rendered))
    rendered = [each for each in told if question.names(each.commit.sha)]
    dry = frozenset(each.dry for each in rendered)
    yield
    pieces = [*whole, *stage.pieces, *(piece for each in promotions for piece in each.pieces)]
    meant = {each.name: each for each in reversed(pieces) if each.is_meant(question) or any(each.of(dry))}
    if not meant and not rendered:
        return None
    named = frozenset(meant)
    commits = {each.sha: each for piece in meant.values() for each in chain(piece.of(dry), piece.meant(question))}
    commits |= {each.commit.sha: each.commit for each in rendered}
    names = {piece.name: piece.alias or piece.name for piece in reversed(pieces) if piece.name in named}
    related = relate_stage(stage, promotions, named) if named else _synced(rendered)
    return FoundStage(bundle.key, read_state(contents), tuple(commits.values()), tuple(sorted(names.values())), related)


def _synced(rendered: Iterable[RenderedCommit]) -> Related:
    """What was rendered from no commit of Freight."""
    return Related(CommitRelation.LIVE) if any(each.is_live for each in rendered) else NOT_RELATED


def look(searched: Searched, question: CommitQuestion, readings: Readings) -> Generator[None, None, Findings]:
    """All that those bundles say of it."""
    strategies, stages, commits = list[FoundStrategy](), list[FoundStage](), dict[str, NamedCommit]()
    for bundle, proposals in searched.bundles:
        found: FoundStrategy | FoundStage | None
        if bundle.key.view == STAGE_DETAILS:
            found = stage = yield from look_at_stage(bundle, question, readings)
            stages += [] if stage is None else [stage]
        else:
            found = strategy = yield from look_at_strategy(bundle, proposals, question, readings)
            strategies += [] if strategy is None else [strategy]
        for commit in () if found is None else found.commits:
            commits.setdefault(commit.sha, commit)
    shown = tuple(commits[sha] for sha in sorted(commits)[:MOST_COMMITS])
    return replace(
        searched.beginning,
        commits=shown,
        strategies=tuple(strategies),
        stages=tuple(stages),
        more_commits=len(commits) - len(shown),
    )


def _meant(
    branches: Sequence[BranchCommits], proposals: Sequence[Proposal], question: CommitQuestion
) -> Generator[None, None, Meant]:
    gathering = Matching(question)
    for branch in branches:
        if branch.is_meant(question):
            for carried in branch.carried:
                gathering.take(carried)
            yield
    for proposal in proposals:
        gathering.take(proposal.carried)
    return gathering.meant


class _Environments:
    """What the commits are to each environment of one strategy."""

    def __init__(
        self,
        meant: Meant,
        policies: Sequence[BranchCommits],
        histories: Sequence[BranchCommits],
        proposals: Sequence[Proposal],
    ) -> None:
        self._meant = meant
        self._policies = by_branch(policies)
        # Of one branch there may be two where policies were made anew: the old one's is not gone yet, or empty.
        self._histories = by_branch(sorted(histories, key=lambda each: not each.past))
        again = [each.branches for each in proposals if each.carried.sha in meant.shas]
        self._proposed = frozenset(branch for branches in again for branch in branches)

    def of(self, state: EnvironmentState) -> FoundEnvironment:
        """In that environment."""
        branch = state.branch
        policy, history = self._policies.get(branch, UNTOLD), self._histories.get(branch, UNTOLD)
        related = relate(self._meant, policy, history.past or policy.past, branch in self._proposed)
        return FoundEnvironment(state, related, min(filter(None, (policy.oldest, history.oldest)), default=""))

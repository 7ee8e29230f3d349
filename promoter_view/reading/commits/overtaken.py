"""Proposals that went away before they were live: no object tells of them any more, so they are remembered. Pure.

Only as far as they were seen: after a restart what the history of bundles reaches back to, and never more than a bound.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import orjson

from promoter_view.decoded import text
from promoter_view.reading.commits.carried import BranchCommits, Carried, read_branch
from promoter_view.reading.commits.words import differing
from promoter_view.records import BundleKey

#: Of all bundles, and of one: one takes about a kilobyte.
MOST, MOST_OF_ONE = 10_000, 50
#: Branches on which one is remembered to have been proposed.
_MOST_BRANCHES = 16


class Proposal(NamedTuple):
    """What was proposed, on those branches."""

    carried: Carried
    branches: tuple[str, ...]


class Recount(NamedTuple):
    """A sha that so many more of what is remembered of a bundle name; a negative number is of what is forgotten."""

    key: BundleKey
    sha: str
    more: int


class OvertakenProposals:
    """By bundle, then by dry sha, what went away. It says which shas come to be named by that, or no longer."""

    def __init__(self, most: int = MOST, most_of_one: int = MOST_OF_ONE) -> None:
        self._most = most
        self._most_of_one = most_of_one
        self._kept: OrderedDict[tuple[BundleKey, str], Proposal] = OrderedDict()
        self._of: dict[BundleKey, list[str]] = {}

    def of(self, key: BundleKey) -> Sequence[Proposal]:
        """Those of that bundle, the newest last."""
        return [self._kept[key, sha] for sha in self._of.get(key, ())]

    def take(self, key: BundleKey, before: Sequence[bytes], after: Sequence[bytes]) -> Iterator[Recount]:
        """Some of a strategy's policies have changed: what they proposed, and nobody names any more, is remembered."""
        for old, _ in differing(before, after):
            policy = orjson.loads(old) if old else {}
            sha = text(policy, "status", "proposed", "dry", "sha").encode()
            if sha and not any(sha in named for named in after):
                yield from self._remember(key, read_branch(policy))

    def drop(self, key: BundleKey) -> Iterator[Recount]:
        """A strategy is gone."""
        for sha in self._of.pop(key, ()):
            yield from _counted(key, self._kept.pop((key, sha)), -1)

    def _remember(self, key: BundleKey, found: BranchCommits) -> Iterator[Recount]:
        sha = found.proposed.sha
        shas = self._of.setdefault(key, [])
        known = self._kept.pop((key, sha), None)
        if known is None:
            shas.append(sha)
            proposal = Proposal(found.proposed, (found.branch,))
        else:
            yield from _counted(key, known, -1)
            proposal = _joined(known, found)
        self._kept[key, sha] = proposal
        yield from _counted(key, proposal, 1)
        if len(shas) > self._most_of_one:
            yield from self._evict(key, shas[0])
        if len(self._kept) > self._most:
            yield from self._evict(*next(iter(self._kept)))

    def _evict(self, key: BundleKey, sha: str) -> Iterator[Recount]:
        shas = self._of[key]
        shas.remove(sha)
        if not shas:
            del self._of[key]
        return _counted(key, self._kept.pop((key, sha)), -1)


def _joined(known: Proposal, found: BranchCommits) -> Proposal:
    """The same dry commit, proposed on one branch more: it is hydrated there by another commit."""
    carried, branches = known.carried, known.branches
    if found.branch in branches or len(branches) >= _MOST_BRANCHES:
        return known
    others = dict.fromkeys((*carried.others, *found.proposed.others))
    return Proposal(carried._replace(others=tuple(others)), (*branches, found.branch))


def _counted(key: BundleKey, proposal: Proposal, more: int) -> Iterator[Recount]:
    return (Recount(key, sha, more) for sha in dict.fromkeys(proposal.carried.shas))

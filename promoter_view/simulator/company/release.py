"""What differs between releases of GitOps Promoter, as far as it is simulated. Whatever is the same is not here."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from promoter_view.kubernetes.kinds import Kind
from promoter_view.simulator.company.manifests import Document, Owner, Rendered
from promoter_view.simulator.company.model import Check, Environment, Past, Request, Strategy


@dataclass(frozen=True, slots=True)
class StatusNaming:
    """Whose the CommitStatuses of a key are, how their names begin, and their labels beside the usual ones."""

    owner: Owner
    prefix: str
    labels: Document


class Release(Protocol):
    """A release, and what it does in its own way."""

    @property
    def name(self) -> str:
        """Its number, without the patch."""

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """What it installs."""

    @property
    def order_key(self) -> str:
        """Of the checks that keep environments in order."""

    @property
    def has_graphs(self) -> bool:
        """Environments may say which others they wait for; else they stand in a chain."""

    @property
    def has_restores(self) -> bool:
        """A commit that was live can be asked for again."""

    def order_words(self, strategy: Strategy, place: int | None, check: Check) -> str:
        """What the check of the order says of the environment there; of one in the past where None."""

    def order_naming(self, strategy: Strategy, policy: str) -> StatusNaming:
        """Of the order's CommitStatus, in the environment with that ChangeTransferPolicy."""

    def order(self, strategy: Strategy) -> Document:
        """What a strategy's spec says of the order of its environments."""

    def environment_order(self, strategy: Strategy, place: int) -> Document:
        """What it says of one of them."""

    def request(self, request: Request) -> Document:
        """What becomes of a pull request."""

    def past_in_policy(self, environment: Environment) -> Sequence[Past] | None:
        """The promotions that ChangeTransferPolicies tell of; None where they do not."""

    def gates(self, strategy: Strategy, now: float) -> Iterator[Document]:
        """Its gates, at a time in seconds since 1970."""

    def beside_policy(self, strategy: Strategy, place: int, policy: str) -> Iterator[Rendered]:
        """What an environment has beside its ChangeTransferPolicy, its PullRequest and its CommitStatuses."""

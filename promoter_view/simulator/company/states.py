"""What the status of a policy, a strategy or a history says of an environment: branches, checks, what was. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from promoter_view.decoded import rfc3339
from promoter_view.simulator.company.manifests import DEPLOYMENTS, Document
from promoter_view.simulator.company.model import ORDER, Check, CommitChange, Past, Request, Strategy
from promoter_view.simulator.company.release import Release

_CODE = "https://git.example.com/code"


@dataclass(frozen=True, slots=True)
class States:
    """How things stand with a strategy, in the words of a release."""

    strategy: Strategy
    release: Release

    def environment(self, place: int) -> Document:
        """What a policy's status, and the strategy's copy of it, say of the environment there."""
        environment = self.strategy.environments[place]
        state: Document = {
            "active": self._branch(environment.active, environment.active_checks, place),
            "proposed": self._branch(environment.proposed, environment.proposed_checks, place),
        }
        past = self.release.past_in_policy(environment)
        if past is not None:
            state["history"] = [self.past(each) for each in past]
        if environment.request is not None:
            state["pullRequest"] = self.request(environment.request)
        return state

    def past(self, past: Past) -> Document:
        """An entry of a history."""
        found = {
            "active": self._branch(past.change, dict(past.active_checks), None),
            "proposed": {
                "hydrated": self._hydrated(past.change),
                "commitStatuses": [self.check(key, check, None) for key, check in past.proposed_checks],
            },
            "pullRequest": self.request(past.request),
        }
        return {**found, "restoredFrom": past.restored_from} if past.restored_from else found

    def request(self, request: Request) -> Document:
        """What a PullRequest's status says, and its copies elsewhere."""
        state = {
            "id": str(request.number),
            **self.release.request(request),
            "url": f"{DEPLOYMENTS}/{self.strategy.name}/pull/{request.number}",
            "prCreationTime": rfc3339(request.opened),
        }
        if request.merged is not None:
            state["prMergeTime"] = rfc3339(request.merged)
        return state

    def check(self, key: str, check: Check, place: int | None) -> Document:
        """An item of commitStatuses: of the environment there, or of one in the past."""
        return {
            "key": self.key(key),
            "phase": check.phase.value,
            "url": f"https://ci.example.com/{self.strategy.namespace}/{self.strategy.name}/{self.key(key)}",
            "description": self.words(key, check, place),
        }

    def key(self, key: str) -> str:
        """A check's key in a cluster."""
        return self.release.order_key if key == ORDER else key

    def words(self, key: str, check: Check, place: int | None) -> str:
        """What a check says in words."""
        return self.release.order_words(self.strategy, place, check) if key == ORDER else check.description

    def _branch(self, change: CommitChange, checks: Mapping[str, Check], place: int | None) -> Document:
        statuses = [self.check(key, check, place) for key, check in checks.items()]
        return {"dry": self._dry(change), "hydrated": self._hydrated(change), "commitStatuses": statuses}

    def _dry(self, change: CommitChange) -> Document:
        commit = change.dry
        reference = {
            "author": str(commit.code_author),
            "subject": commit.code_subject,
            "body": "",
            "date": rfc3339(commit.time - 120),
            "sha": commit.code_sha,
            "repoURL": f"{_CODE}/{self.strategy.name}",
        }
        return {
            "sha": commit.sha,
            "commitTime": rfc3339(commit.time),
            "repoURL": f"{DEPLOYMENTS}/{self.strategy.name}",
            "author": str(commit.author),
            "subject": commit.subject,
            "body": commit.body,
            "references": [{"commit": reference}],
        }

    def _hydrated(self, change: CommitChange) -> Document:
        return {
            "sha": change.hydrated_sha,
            "commitTime": rfc3339(change.time),
            "repoURL": f"{DEPLOYMENTS}/{self.strategy.name}",
            "author": "Hydrator <hydrator@example.com>",
            "subject": f"{change.dry.sha[:7]}: {change.dry.subject}",
            "body": "",
        }

"""The values that all promotion steps speak, and what a step is. Standard library only; nothing here acts.

A step decides from its context alone. What it wants written are its ``actions``: whoever runs steps carries them out in
order, stops at the first that fails, and then takes ``failed_action`` for the step's result.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from promoter_view.kubernetes.selectors import LabelSelector
from promoter_view.stages.application import Application
from promoter_view.stages.authorization import StageKey


class StepStatus(enum.StrEnum):
    """How a step stands, in the words of Promotion.status.stepExecutionMetadata."""

    RUNNING = "Running"
    SUCCEEDED = "Succeeded"
    FAILED = "Failed"
    ERRORED = "Errored"
    ABORTED = "Aborted"
    SKIPPED = "Skipped"


class Applications(Protocol):
    """The Applications as far as is known now."""

    def get(self, namespace: str, name: str) -> Application | None:
        """The Application of that name; None for not found."""

    def select(self, namespace: str, selector: LabelSelector) -> Sequence[Application]:
        """Those of that namespace that the selector matches, by name."""


@dataclass(frozen=True, slots=True)
class StepContext:
    """What a step decides from.

    ``config`` is its config after its expressions are evaluated; None where it has none. ``output`` is what this step
    put out when it last ran in this Promotion, None for never. ``actor`` is the annotation
    kargo.akuity.io/create-actor of the Promotion, "" where it has none. ``applications`` is None while none can be
    known: Argo CD's CRD is not there. ``default_namespace`` is where Argo CD lives. ``now`` is the wall clock's, in
    seconds since 1970.
    """

    stage: StageKey
    promotion: str
    alias: str
    config: Any
    applications: Applications | None
    default_namespace: str
    now: float
    actor: str = ""
    output: Any = None


@dataclass(frozen=True, slots=True)
class KustomizeImage:
    """One entry of ``kustomize.images``. Of ``tag`` and ``digest`` one at most is set; both may be ""."""

    repo_url: str
    new_name: str = ""
    tag: str = ""
    digest: str = ""


@dataclass(frozen=True, slots=True)
class SourceUpdate:
    """One entry of ``apps[].sources`` of argocd-update; ``images`` and ``parameters`` in the order of the config."""

    repo_url: str
    chart: str = ""
    desired_revision: str = ""
    update_target_revision: bool = False
    images: tuple[KustomizeImage, ...] = ()
    parameters: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class SyncApplication:
    """Have one Application updated and synced: what to write is worked out on the live object (operation.py)."""

    namespace: str
    name: str
    stage: StageKey
    promotion: str
    actor: str = ""
    updates: tuple[SourceUpdate, ...] = ()


@dataclass(frozen=True, slots=True)
class RefreshApplication:
    """Have Argo CD look at one Application again: an annotation by merge patch, without a lock.

    When it fails, that is logged and no more.
    """

    namespace: str
    name: str


Action = SyncApplication | RefreshApplication


@dataclass(frozen=True, slots=True)
class ApplicationName:
    """Names an Application that a step depends on: a change of it is a reason to run the step again."""

    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"


@dataclass(frozen=True, slots=True)
class StepResult:
    """What a run of a step came to.

    ``message``: what went wrong, or while Running what is waited for. ``output`` is kept under the step's alias, also
    while Running. ``health_check`` is kept once the step has succeeded. ``terminal``: trying again is of no use.
    ``retry_after_seconds``: when to look again at the latest; None for whenever. ``watched``: those whose changes
    are a reason to run again.
    """

    status: StepStatus
    message: str = ""
    output: Mapping[str, Any] | None = None
    health_check: Mapping[str, Any] | None = None
    terminal: bool = False
    retry_after_seconds: float | None = None
    actions: tuple[Action, ...] = ()
    watched: tuple[ApplicationName, ...] = ()


def errored(message: str, *, terminal: bool = False) -> StepResult:
    """Something went wrong; unless it is terminal, the step may be tried again within its error threshold."""
    return StepResult(StepStatus.ERRORED, message, terminal=terminal)


def failed_action(result: StepResult, message: str) -> StepResult:
    """The result of a step of which an action failed: Errored, with the output that it had."""
    return StepResult(StepStatus.ERRORED, message, output=result.output, watched=result.watched)


@dataclass(frozen=True, slots=True)
class Step:
    """A kind of step: its ``uses``, the defaults of its retry, and the decision."""

    uses: str
    run: Callable[[StepContext], StepResult]
    timeout_seconds: float = 300.0
    error_threshold: int = 1

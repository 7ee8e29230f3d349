"""How a strategy's environments and a Stage stand, as far as it is said of a commit. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from promoter_view.decoded import mappings, text
from promoter_view.views.contents import BundleContents


@dataclass(frozen=True, slots=True)
class EnvironmentState:
    """In one word, since when (RFC 3339, "" where that is not told), and what it waits for, as ``status`` has it."""

    branch: str
    name: str
    state: str
    since: str = ""
    message: str = ""
    waiting_for: Sequence[Mapping[str, Any]] = ()


@dataclass(frozen=True, slots=True)
class WholeState:
    """Of a strategy, its environments in promotion order; of a Stage, which has none."""

    state: str
    since: str = ""
    message: str = ""
    environments: tuple[EnvironmentState, ...] = ()


def state_steps(contents: BundleContents) -> Iterator[None]:
    """Reads what ``read_state`` wants, an environment a step."""
    return contents.environment_steps(read_environment_state)


def read_state(contents: BundleContents) -> WholeState:
    """Of a strategy or a Stage."""
    return replace(contents.status(read_whole_state), environments=tuple(contents.environments(read_environment_state)))


def read_whole_state(status: Mapping[str, Any]) -> WholeState:
    """Of the whole, without environments."""
    return WholeState(text(status, "state") or "Unknown", text(status, "since"), text(status, "message"))


def read_environment_state(found: Mapping[str, Any]) -> EnvironmentState:
    """Of an environment."""
    return EnvironmentState(
        text(found, "branch"),
        text(found, "name"),
        text(found, "state") or "Unknown",
        text(found, "since"),
        text(found, "message"),
        list(mappings(found, "waitingFor")),
    )

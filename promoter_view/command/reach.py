"""Where a command looks: the cluster, by kubeconfig, and the namespaces. Pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CommandReach:
    """What the options say; None is an option that was not given. ``at``: a moment, in place of now."""

    kubeconfig: str | None = None
    context: str | None = None
    namespace: str | None = None
    all_namespaces: bool = False
    at: str | None = None

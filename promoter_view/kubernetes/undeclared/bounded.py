"""A cluster for one undeclared kind, whose lists bring no more than is allowed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promoter_view.kubernetes.documents import Parameters
from promoter_view.kubernetes.outcomes import Outcome, Unreachable
from promoter_view.kubernetes.reflecting.lines import LineSource
from promoter_view.kubernetes.reflecting.reflector import Cluster
from promoter_view.kubernetes.undeclared.bounds import Allowance


class BoundedCluster:
    """``cluster``, whose lists end where the ``allowance`` does. They have to come in pages."""

    def __init__(self, cluster: Cluster, allowance: Allowance) -> None:
        self._cluster = cluster
        self._allowance = allowance

    async def get(self, path: str, parameters: Parameters = ()) -> bytes:
        """The body of the answer. Errors: ClusterError."""
        body = await self._cluster.get(path, parameters)
        if not self._allowance.lists(path, len(body), first="continue" not in dict(parameters)):
            raise Unreachable(Outcome.BODY_TOO_LARGE, f"{path}: more than is taken of an undeclared kind")
        return body

    async def stream(self, path: str, parameters: Parameters = (), *, idle_seconds: float) -> LineSource:
        """An open stream. Errors: ClusterError."""
        return await self._cluster.stream(path, parameters, idle_seconds=idle_seconds)


if TYPE_CHECKING:
    _: type[Cluster] = BoundedCluster

"""A cluster whose refusals are looked into before anybody believes them. What is made of them is the subclasses'."""

from __future__ import annotations

from abc import ABC, abstractmethod

from promoter_view.kubernetes.documents import Parameters
from promoter_view.kubernetes.outcomes import ApiError, ClusterError
from promoter_view.kubernetes.reflecting.lines import LineSource
from promoter_view.kubernetes.reflecting.reflector import Cluster


class JudgingCluster(ABC):
    """``cluster``, each of whose ApiErrors is told as ``_judged`` has it. A ``reflector.Cluster``."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster

    async def get(self, path: str, parameters: Parameters = ()) -> bytes:
        """The body of the answer. Errors: ClusterError."""
        try:
            return await self._cluster.get(path, parameters)
        except ApiError as error:
            raise await self._judged(error, path) from error

    async def stream(self, path: str, parameters: Parameters = (), *, idle_seconds: float) -> LineSource:
        """An open stream. Errors: ClusterError."""
        try:
            return await self._cluster.stream(path, parameters, idle_seconds=idle_seconds)
        except ApiError as error:
            raise await self._judged(error, path) from error

    @abstractmethod
    async def _judged(self, error: ApiError, path: str) -> ClusterError:
        """What the error of that path amounts to: itself, where there is nothing to add."""

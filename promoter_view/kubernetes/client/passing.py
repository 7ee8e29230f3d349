"""A client for who asks a cluster now and then: nothing stays open in between."""

from __future__ import annotations

from promoter_view.kubernetes.client.client import KubernetesClient


class PassingClient:
    """A client that keeps no connection."""

    def __init__(self, client: KubernetesClient) -> None:
        self._client = client

    async def get(self, path: str) -> bytes:
        """The body of the answer. Errors: ClusterError."""
        try:
            return await self._client.get(path)
        finally:
            await self._client.close()

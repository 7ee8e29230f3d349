"""Follows which kinds of the group the cluster has: discovery for their names, OpenAPI for how they belong."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from twisted.internet.interfaces import IReactorTime

from promoter_view.decoded import text
from promoter_view.kubernetes.client.polling import POLL_SECONDS, Polling
from promoter_view.kubernetes.client.schemas import DocumentReader, read_document, read_index
from promoter_view.kubernetes.kinds import PROMOTER_GROUP, Kind
from promoter_view.kubernetes.openapi import document_url, schemas_of
from promoter_view.kubernetes.outcomes import ApiError
from promoter_view.kubernetes.undeclared.classification import candidates, names_root

_GROUP = f"/apis/{PROMOTER_GROUP}"

#: The kinds that are there, and which of them name their root (``classification.names_root``).
Found = Callable[[Mapping[str, Kind], Mapping[str, bool]], Awaitable[None]]


class KindFollower:
    """Calls ``found`` about each ``poll_seconds`` with the kinds of the version that the cluster prefers."""

    def __init__(
        self,
        *,
        client: DocumentReader,
        clock: IReactorTime,
        random: Callable[[], float],
        found: Found,
        poll_seconds: float = POLL_SECONDS,
    ) -> None:
        self._client = client
        self._found = found
        self._seen: tuple[str, Mapping[str, Kind]] = ("", {})
        self._names_root: Mapping[str, bool] = {}
        self._polling = Polling("kinds", self._read, clock=clock, random=random, poll_seconds=poll_seconds)

    @property
    def problem(self) -> str:
        """Why the cluster could not be asked, "" where it could."""
        return self._polling.problem

    def start(self) -> None:
        """Begins."""
        self._polling.start()

    def stop(self) -> None:
        """No more of it; idempotent."""
        self._polling.stop()

    async def _read(self) -> None:
        kinds = await self._kinds()
        await self._read_schemas(kinds)
        await self._found(kinds, self._names_root)

    async def _kinds(self) -> Mapping[str, Kind]:
        version = text(await self._told(_GROUP), "preferredVersion", "version")
        return candidates(await self._told(f"{_GROUP}/{version}"), version) if version else {}

    async def _told(self, path: str) -> dict[str, Any]:
        try:
            return await read_document(self._client, path)
        except ApiError as error:
            if error.not_served:  # no kind of the group is installed
                return {}
            raise

    async def _read_schemas(self, kinds: Mapping[str, Kind]) -> None:
        """Where the document is another one, or is of other kinds. What is not published yet comes with a later one."""
        api_version = next((kind.api_version for kind in kinds.values()), "")
        url = document_url(await read_index(self._client), api_version) if kinds else ""
        if (url, kinds) != self._seen:
            document = await read_document(self._client, url) if url else {}
            self._names_root = names_root(kinds.values(), schemas_of(document))
            self._seen = (url, kinds)

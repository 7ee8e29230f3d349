"""The way to a cluster's promoter-view: by kubeconfig, with the user's own permissions, through the aggregated API."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

from promoter_view.clocks import wall
from promoter_view.command.asking.failures import failed, not_installed
from promoter_view.command.declaring import did_you_mean
from promoter_view.command.exits import CommandError, Exit
from promoter_view.command.reach import CommandReach
from promoter_view.decoded import mappings, text
from promoter_view.kubernetes.client.client import ClientSettings, KubernetesClient
from promoter_view.kubernetes.connection.cluster import ConfigError
from promoter_view.kubernetes.connection.config import load_as_kubectl
from promoter_view.kubernetes.documents import Parameters, decode
from promoter_view.kubernetes.outcomes import ApiError, ClusterError, Outcome
from promoter_view.reading.past.asked import parse_at
from promoter_view.views.definition import GROUP, VERSION
from promoter_view.views.versions import moment as moment_of
from promoter_view.web.errors import BadRequest

T = TypeVar("T")

_API = f"/apis/{GROUP}/{VERSION}"
_PAGE, _EVENTS_PAGE = "200", "1000"
_SETTINGS = ClientSettings(connect_timeout_seconds=10.0, header_timeout_seconds=60.0, user_agent="kubectl-promotion")

STRATEGIES, STAGES, COMMITS = "promotionstrategydetails", "stagedetails", "commits"
EVENTS = "promotionevents"
STAGE_PREFIX = "stage/"
_NOUNS = {STRATEGIES: "promotion strategy", STAGES: "Stage"}


def either_of(name: str) -> tuple[str, tuple[str, ...]]:
    """The bare name, and the resources that it may be of; ``stage/NAME`` is a Stage in any case."""
    if name.startswith(STAGE_PREFIX):
        return name.removeprefix(STAGE_PREFIX), (STAGES,)
    return name, (STRATEGIES, STAGES)


@dataclass(frozen=True, slots=True)
class ApiConnection:
    """``namespace`` is "" for all of them; ``server`` the URL.

    ``at``: the moment whose state is read, "" for now; ``moment``: that by which ages are told.
    """

    client: KubernetesClient
    namespace: str
    server: str
    reactor: Any
    at: str
    moment: datetime

    async def served(self) -> frozenset[str]:
        """The resources that are served, by plural. Errors: CommandError."""
        found = await self._get(_API)
        return frozenset(text(each, "name") for each in mappings(found, "resources"))

    async def objects(
        self, plural: str, read: Callable[[Mapping[str, Any]], T], name: str = "", labels: str = ""
    ) -> list[T]:
        """What ``read`` makes of all objects of a resource, or of those of that name and with those labels.

        No more than a page is kept.

        Errors: CommandError, and what ``read`` raises.
        """
        chosen: Parameters = (("fieldSelector", f"metadata.name={name}"),) if name else ()
        labelled: Parameters = (("labelSelector", labels),) if labels else ()
        return await self._all(plural, read, (("limit", _PAGE), *chosen, *labelled), self._then)

    @property
    def _then(self) -> Parameters:
        return (("at", self.at),) if self.at else ()

    async def events(self, since: datetime, read: Callable[[Mapping[str, Any]], T], name: str = "") -> list[T]:
        """What ``read`` makes of all events since then, or of those of that name. Errors: CommandError."""
        chosen: Parameters = (("fieldSelector", f"name={name}"),) if name else ()
        begins = since.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        return await self._all(EVENTS, read, (("limit", _EVENTS_PAGE), ("since", begins), *chosen))

    async def _all(
        self, plural: str, read: Callable[[Mapping[str, Any]], T], parameters: Parameters, begin: Parameters = ()
    ) -> list[T]:
        """``begin`` goes with the first page; the others have its token."""
        found: list[T] = []
        token = begin
        while True:
            page = await self._page(plural, parameters, token)
            if page is None:
                found, token = [], begin
                continue
            found += map(read, mappings(page, "items"))
            more = text(page, "metadata", "continue")
            if not more:
                return found
            token = (("continue", more),)

    async def _page(self, plural: str, parameters: Parameters, token: Parameters) -> Any:
        """None where the list has to begin again: its continuation was too old (410)."""
        try:
            return await self._get(self.path(plural), (*parameters, *token))
        except CommandError as error:
            cause = error.__cause__
            if dict(token).get("continue") and isinstance(cause, ClusterError) and cause.outcome is Outcome.EXPIRED:
                return None
            raise

    async def strategy(self, name: str) -> Mapping[str, Any]:
        """The one strategy of that name. Errors: CommandError, with the nearest name."""
        found = await self.objects(STRATEGIES, lambda each: each, name)
        if found:
            return found[0]
        raise await self.unknown(name, STRATEGIES)

    async def either(self, name: str) -> tuple[str, Mapping[str, Any]]:
        """The strategy of that name, else the Stage, and its resource; ``stage/NAME`` is the Stage in any case.

        Who may not list one of them is shown the other. Errors: CommandError, with the nearest name.
        """
        bare, wanted = either_of(name)
        refusals: list[CommandError] = []
        served = await self.served()
        for plural in [each for each in wanted if each in served]:
            try:
                found = await self.objects(plural, lambda each: each, bare)
            except CommandError as error:
                if error.status is not Exit.FORBIDDEN:
                    raise
                refusals.append(error)
                continue
            if found:
                return plural, found[0]
        if refusals:
            raise refusals[0]
        raise await self.unknown(bare, *wanted)

    async def unknown(self, name: str, *plurals: str) -> CommandError:
        """None of these resources has an object of that name: the nearest one is named. Errors: CommandError."""
        served = await self.served()
        names: set[str] = set()
        for plural in [each for each in plurals if each in served]:
            names.update(await self._names(plural))
        where = f"in namespace {self.namespace}" if self.namespace else "in any namespace"
        nouns = " and no ".join(_NOUNS[each] for each in plurals)
        line = f"there is no {nouns} {name!r} {where}{did_you_mean(name, sorted(names))}"
        return CommandError(Exit.UNKNOWN, line)

    async def _names(self, plural: str) -> list[str]:
        """Those that one may list."""
        try:
            return await self.objects(plural, lambda each: text(each, "metadata", "name"))
        except CommandError as error:
            if error.status is not Exit.FORBIDDEN:
                raise
            return []

    async def commit(self, sha: str) -> Mapping[str, Any]:
        """The ``CommitDetails`` of a sha. Errors: CommandError."""
        try:
            document = decode(await self.client.get(f"{self.path(COMMITS)}/{sha}", self._then))
        except ApiError as error:
            if error.status == 404:
                raise CommandError(
                    Exit.UNKNOWN, f"commit {sha}: {error.message.rpartition('not found: ')[2]}"
                ) from error
            raise failed(error, self.server) from error
        except ClusterError as error:
            raise failed(error, self.server) from error
        return document if isinstance(document, dict) else {}

    def path(self, plural: str) -> str:
        """Where a resource is listed."""
        scope = f"/namespaces/{self.namespace}" if self.namespace else ""
        return f"{_API}{scope}/{plural}"

    async def _get(self, path: str, parameters: Parameters = ()) -> Any:
        try:
            document = decode(await self.client.get(path, parameters))
        except ClusterError as error:
            raise failed(error, self.server) from error
        if not isinstance(document, dict):
            raise not_installed(self.server)
        return document


@asynccontextmanager
async def connected(reach: CommandReach, reactor: Any) -> AsyncIterator[ApiConnection]:
    """A connection for as long as the block takes. Errors: CommandError."""
    try:
        cluster, namespace = load_as_kubectl(reach.kubeconfig, reach.context, os.environ)
    except ConfigError as error:
        raise CommandError(Exit.CONFIGURATION, str(error)) from error
    at, moment = _moment(reach.at)
    client = KubernetesClient(reactor, cluster, environ=os.environ, settings=_SETTINGS)
    chosen = "" if reach.all_namespaces else reach.namespace or namespace
    try:
        yield ApiConnection(client, chosen, cluster.server, reactor, at, moment)
    finally:
        await client.close()


def _moment(written: str | None) -> tuple[str, datetime]:
    """As the server takes it, the same for each request, and when that is. Errors: CommandError."""
    present = datetime.fromtimestamp(wall(), UTC)
    if written is None:
        return "", present
    try:
        asked = parse_at(written, present, "--at")
    except BadRequest as error:
        raise CommandError(Exit.USAGE, str(error)) from error
    if asked.resource_version:
        return str(asked.resource_version), moment_of(asked.resource_version)
    then = datetime.fromtimestamp(asked.time_ms / 1000, UTC)
    return then.isoformat(timespec="milliseconds").replace("+00:00", "Z"), then

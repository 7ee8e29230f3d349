"""``promoter-view check``: asks the cluster what ``serve`` would need with the same options. Changes nothing."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
import orjson

from promoter_view.clocks import wall
from promoter_view.command.asking.loop import run_in_loop
from promoter_view.command.checking.etcd import SCHEME, etcd
from promoter_view.command.checking.findings import (
    Finding,
    Right,
    certificate,
    is_well,
    kinds,
    noted,
    permissions,
    to_do,
    well,
)
from promoter_view.command.checking.host import host
from promoter_view.command.checking.wanted import access, promoting, reading
from promoter_view.command.exits import Exit
from promoter_view.decoded import mapping, mappings, text
from promoter_view.kubernetes.client.client import ClientSettings, KubernetesClient
from promoter_view.kubernetes.connection.cluster import ClusterConfig, ConfigError, Source
from promoter_view.kubernetes.connection.config import load_named_cluster
from promoter_view.kubernetes.documents import decode
from promoter_view.kubernetes.outcomes import ApiError, ClusterError
from promoter_view.network.key_pairs import KeyPairError, Pem, read_certificates, read_key_pair
from promoter_view.program.command_line.options import Options
from promoter_view.program.command_line.settings import Settings
from promoter_view.program.role import Role, role_of
from promoter_view.records import ListPath
from promoter_view.views.definition import GROUP, VERSION
from promoter_view.views.known import definitions

_REVIEW = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
_PATIENCE = ClientSettings(connect_timeout_seconds=10.0, header_timeout_seconds=15.0, user_agent="promoter-view check")
_WRONG_OPTIONS = 2


def run(options: Sequence[str]) -> None:
    """Prints the lines; ends the command with a status."""
    context = click.get_current_context()
    if {"-h", "--help"} & set(options):
        click.echo(f"{context.get_help()}\n{Options().getUsage()}")
        return
    settings = _settings(options)
    findings = [*_files(settings), *host(settings), *run_in_loop(lambda reactor: _asked(settings, reactor))]
    for finding in findings:
        click.echo(finding.line)
    context.exit(Exit.WELL if is_well(findings) else Exit.FAILED)


def _settings(options: Sequence[str]) -> Settings:
    parser = Options()
    try:
        parser.parseOptions(list(options))
    except SystemExit as ended:
        raise SystemExit(Exit.USAGE if ended.code == _WRONG_OPTIONS else ended.code) from None
    return parser.settings


async def _asked(settings: Settings, reactor: Any) -> list[Finding]:
    """What others have to be asked for: an etcd, the cluster."""
    findings = [await etcd(settings, reactor)] if settings.event_log.url.startswith(SCHEME) else []
    try:
        cluster = load_named_cluster("--kubeconfig", settings.cluster.kubeconfig, settings.cluster.context, os.environ)
    except ConfigError as error:
        return [*findings, to_do("kubeconfig", str(error), "name another one by --kubeconfig and --context")]
    return findings + await _checked(settings, cluster, reactor)


async def _checked(settings: Settings, cluster: ClusterConfig, reactor: Any) -> list[Finding]:
    client = KubernetesClient(reactor, cluster, environ=os.environ, settings=_PATIENCE)
    try:
        return [each async for each in _findings(settings, cluster, client)]
    finally:
        await client.close()


async def _findings(settings: Settings, cluster: ClusterConfig, client: KubernetesClient) -> AsyncIterator[Finding]:
    yield well("kubeconfig", f"{cluster.origin}: {cluster.server}")
    for finding in _identity(cluster):
        yield finding
    try:
        groups = _groups(decode(await client.get("/apis")))
        if groups == {GROUP}:
            yield await _own_server(client)
            return
        told = decode(await client.get("/version"))
    except ClusterError as error:
        yield to_do("reachable", f"no: {error}", "check the address, the network and the credentials of the kubeconfig")
        return
    yield well("reachable", f"Kubernetes {text(told, 'gitVersion')}")
    role = role_of(settings, definitions(settings.argocd.namespace[0]))
    served = await _served(role, client)
    for finding in _kinds(role, served):
        yield finding
    async for finding in _rights(settings, [path for path in role.paths if _has(served, path)], client):
        yield finding
    async for finding in _registration(groups, client):
        yield finding


async def _own_server(client: KubernetesClient) -> Finding:
    """Nothing else is to be asked of it: it has no CRDs, and needs no rights of who looks."""
    try:
        await client.get("/readyz")
    except ClusterError as error:
        return noted("reachable", f"this is a promoter-view server, reachable and not ready: {error}")
    return well("reachable", "this is a promoter-view server, and it is ready; it needs no cluster's permissions")


#: By group and version the kinds that the cluster has; None: it does not know the group.
_ServedKinds = Mapping[tuple[str, str], frozenset[str] | None]


async def _served(role: Role, client: KubernetesClient) -> _ServedKinds:
    """Errors: ClusterError."""
    wanted = dict.fromkeys((path.group, path.version) for path in role.paths if not path.cluster)
    return {(group, version): await _served_kinds(client, group, version) for group, version in wanted}


async def _served_kinds(client: KubernetesClient, group: str, version: str) -> frozenset[str] | None:
    try:
        found = decode(await client.get(f"/apis/{group}/{version}"))
    except ApiError as error:
        if error.not_served:
            return None
        raise
    return frozenset(text(each, "kind") for each in mappings(found, "resources"))


def _has(served: _ServedKinds, path: ListPath) -> bool:
    return path.kind in (served.get((path.group, path.version)) or ())


def _kinds(role: Role, served: _ServedKinds) -> Iterator[Finding]:
    """A group that is not there is nothing to be put right where another one is."""
    anything = any(found is not None for found in served.values())
    for (group, version), found in served.items():
        wanted = dict.fromkeys(path.kind for path in role.paths if (path.group, path.version) == (group, version))
        yield from kinds(group, wanted, found, is_needed=not anything)


async def _rights(settings: Settings, paths: Sequence[ListPath], client: KubernetesClient) -> AsyncIterator[Finding]:
    """Of what is not installed no right is asked for."""
    wanted = [right for path in paths for right in reading(path)]
    wanted += [*access(settings), *promoting(settings)]
    try:
        answers = [(right, await _is_allowed(client, right)) for right in wanted]
    except ClusterError as error:
        yield to_do("permissions", f"cannot be asked for: {error}", "let the account create SelfSubjectAccessReviews")
        return
    for finding in permissions(answers):
        yield finding


async def _is_allowed(client: KubernetesClient, right: Right) -> bool:
    spec = {"resourceAttributes": right.attributes}
    asked = {"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview", "spec": spec}
    answer = decode(await client.request("POST", _REVIEW, body=orjson.dumps(asked)))
    return mapping(answer, "status").get("allowed") is True


async def _registration(groups: frozenset[str], client: KubernetesClient) -> AsyncIterator[Finding]:
    """Whether the cluster serves this program's API by its aggregator."""
    if GROUP not in groups:
        yield noted("APIService", f"{GROUP} is not registered: the API is served by its own port only")
        return
    path = f"/apis/apiregistration.k8s.io/v1/apiservices/{VERSION}.{GROUP}"
    try:
        found = decode(await client.get(path))
    except ClusterError as error:
        yield noted("APIService", f"{VERSION}.{GROUP} is registered; it cannot be read: {error}")
        return
    for condition in mappings(found, "status", "conditions"):
        if condition.get("type") == "Available":
            words = f"{VERSION}.{GROUP} is {'' if condition.get('status') == 'True' else 'not '}available"
            if condition.get("status") == "True":
                yield well("APIService", words)
            else:
                yield to_do(
                    "APIService", words, text(condition, "message") or "look at its Service and its certificate"
                )


# -- certificates and files


def _files(settings: Settings) -> Iterator[Finding]:
    pairs = (
        ("--tls-cert-file", settings.api.tls_cert_file, settings.api.tls_private_key_file),
        ("--dashboard-tls-cert-file", settings.dashboard.tls_cert_file, settings.dashboard.tls_private_key_file),
    )
    for name, certificate_file, key_file in pairs:
        if certificate_file is not None and key_file is not None:
            yield _read(name, _pair(name, Path(certificate_file), Path(key_file)), min)


def _identity(cluster: ClusterConfig) -> Iterator[Finding]:
    if cluster.user.certificate is not None:
        yield _read("the client certificate", _source(cluster.user.certificate), min)
    if cluster.authority is not None:
        yield _read("the cluster's CA", _source(cluster.authority), max)


def _pair(name: str, certificate_file: Path, key_file: Path) -> Callable[[], Pem]:
    def read() -> Pem:
        found, key = (
            Pem(str(certificate_file), certificate_file.read_bytes()),
            Pem(str(key_file), key_file.read_bytes()),
        )
        read_key_pair(found, key)
        return Pem(name, found.data)

    return read


def _source(source: Source) -> Callable[[], Pem]:
    return lambda: Pem(source.name, source.read())


def _read(name: str, read: Callable[[], Pem], choose: Callable[[Iterable[datetime]], datetime]) -> Finding:
    """Of a chain the first to end counts, of a bundle of authorities the last."""
    try:
        found = read_certificates(read())
    except (OSError, KeyPairError, ConfigError) as error:
        return to_do(
            "certificate", f"{name} cannot be used: {error}", "name files that can be read and belong together"
        )
    begins = max(each.not_valid_before_utc for each in found)
    ends = choose(each.not_valid_after_utc for each in found)
    return certificate("certificate", name, begins, ends, datetime.fromtimestamp(wall(), UTC))


def _groups(found: Any) -> frozenset[str]:
    return frozenset(text(each, "name") for each in mappings(found, "groups"))

"""What a context of a kubeconfig amounts to: a cluster, the way to it, a user. As client-go reads it."""

from __future__ import annotations

import base64
from collections.abc import Mapping

from promoter_view.kubernetes.connection.cluster import (
    ActingAs,
    ClusterConfig,
    ConfigError,
    ExecConfig,
    Inline,
    UserConfig,
)
from promoter_view.kubernetes.connection.kubeconfig import Kubeconfig, KubeconfigSection
from promoter_view.network.proxies import Proxy, parse_proxy, proxy_from
from promoter_view.network.targets import Target, parse_target

_EXEC_VERSIONS = ("client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1")


def select(config: Kubeconfig, context: str | None, environ: Mapping[str, str]) -> ClusterConfig:
    """The cluster and user of a context, the current one where none is named. Errors: ConfigError.

    ``environ`` names the proxy where the cluster names none.
    """
    chosen = _chosen(config, context)
    cluster = _named(config.clusters, chosen.text("cluster"), config.origin, f"{chosen.name}: cluster")
    user_name = chosen.text("user")
    user = _named(config.users, user_name, config.origin, f"{chosen.name}: user") if user_name else None
    return _cluster(cluster, user, environ)


def namespace_of(config: Kubeconfig, context: str | None) -> str:
    """The namespace of a context, "" where it names none. Errors: ConfigError."""
    return _chosen(config, context).text("namespace")


def _chosen(config: Kubeconfig, context: str | None) -> KubeconfigSection:
    name = context or config.current_context
    if not name:
        raise ConfigError(f"{config.origin}: current-context: is not set, and no --context is given")
    return _named(config.contexts, name, config.origin, "contexts")


def _named(sections: Mapping[str, KubeconfigSection], name: str, origin: str, field: str) -> KubeconfigSection:
    if name not in sections:
        raise ConfigError(f"{origin}: {field}: there is no {name!r}")
    return sections[name]


def _cluster(cluster: KubeconfigSection, user: KubeconfigSection | None, environ: Mapping[str, str]) -> ClusterConfig:
    server = cluster.text("server").rstrip("/")
    target = cluster.parsed("server", parse_target, server)
    authority, insecure = cluster.source("certificate-authority"), cluster.flag("insecure-skip-tls-verify")
    if insecure and authority is not None:
        raise cluster.error("insecure-skip-tls-verify", "excludes a certificate authority")
    return ClusterConfig(
        server=server,
        authority=authority,
        insecure_skip_tls_verify=insecure,
        tls_server_name=cluster.text("tls-server-name"),
        user=_user(user, cluster) if user is not None else UserConfig(),
        proxy=_proxy(cluster, target, environ),
        origin=cluster.origin,
    )


def _proxy(cluster: KubeconfigSection, target: Target, environ: Mapping[str, str]) -> Proxy | None:
    """As client-go has it: proxy-url counts whatever NO_PROXY says, and has its scheme always."""
    url = cluster.text("proxy-url")
    if not url:
        return environment_proxy(environ, target, cluster.origin)
    if "://" not in url:
        raise cluster.error("proxy-url", "has to begin with http:// or https://")
    return cluster.parsed("proxy-url", parse_proxy, url)


def environment_proxy(environ: Mapping[str, str], target: Target, origin: str) -> Proxy | None:
    """The proxy that the environment names for a target. Errors: ConfigError."""
    try:
        return proxy_from(environ, target)
    except ValueError as error:
        raise ConfigError(f"{origin}: {error}") from error


def _user(user: KubeconfigSection, cluster: KubeconfigSection) -> UserConfig:
    if user.values.get("auth-provider"):
        raise user.error("auth-provider", "was removed from Kubernetes in 1.26; use exec")
    certificate, key = user.source("client-certificate"), user.source("client-key")
    if (certificate is None) is not (key is None):
        raise user.error("client-certificate", "needs client-key, and the other way round")
    token = user.text("token")
    return UserConfig(
        # As client-go has it: tokenFile counts before token.
        token=user.file("tokenFile") or (Inline(token.encode()) if token else None),
        username=user.text("username"),
        password=user.text("password"),
        certificate=certificate,
        key=key,
        plugin=_plugin(user, cluster),
        acts_as=_impersonation(user),
    )


def _impersonation(user: KubeconfigSection) -> ActingAs | None:
    name, uid, groups, extra = user.text("as"), user.text("as-uid"), user.strings("as-groups"), _extra(user)
    if name:
        return ActingAs(name, uid, groups, extra)
    if uid or groups or extra:
        raise user.error("as", "is missing, and as-uid, as-groups and as-user-extra count with it only")
    return None


def _extra(user: KubeconfigSection) -> tuple[tuple[str, tuple[str, ...]], ...]:
    values = user.values.get("as-user-extra") or {}
    if not isinstance(values, dict) or not all(isinstance(key, str) for key in values):
        raise user.error("as-user-extra", "has to be a mapping of lists of strings")
    section = KubeconfigSection(user.origin, user.folder, f"{user.name}: as-user-extra", values)
    return tuple((key, section.strings(key)) for key in values)


def _plugin(user: KubeconfigSection, cluster: KubeconfigSection) -> ExecConfig | None:
    values = user.values.get("exec")
    if values is None:
        return None
    if not isinstance(values, dict):
        raise user.error("exec", "has to be a mapping")
    section = KubeconfigSection(user.origin, user.folder, f"{user.name}: exec", values)
    version, command = section.text("apiVersion"), section.text("command")
    if version not in _EXEC_VERSIONS:
        raise section.error("apiVersion", f"has to be {' or '.join(_EXEC_VERSIONS)}, not {version!r}")
    if not command:
        raise section.error("command", "is missing")
    if section.text("interactiveMode") == "Always":
        raise section.error("interactiveMode", "Always needs a terminal, and there is none")
    return ExecConfig(
        api_version=version,
        command=str(user.folder / command) if "/" in command else command,
        args=section.strings("args"),
        environ=_environment(section),
        cluster=_cluster_info(cluster) if section.flag("provideClusterInfo") else None,
        hint=section.text("installHint"),
    )


def _environment(section: KubeconfigSection) -> dict[str, str]:
    entries = section.values.get("env") or []
    try:
        pairs = {entry["name"]: entry["value"] for entry in entries}
    except (TypeError, KeyError) as error:
        raise section.error("env", "has to be a list of name and value") from error
    if not all(isinstance(part, str) for pair in pairs.items() for part in pair):
        raise section.error("env", "has to be a list of name and value")
    return pairs


def _cluster_info(cluster: KubeconfigSection) -> dict[str, object]:
    """The Cluster of an ExecCredential's spec (client.authentication.k8s.io)."""
    authority = cluster.source("certificate-authority")
    info: dict[str, object] = {"server": cluster.text("server")}
    if cluster.text("tls-server-name"):
        info["tls-server-name"] = cluster.text("tls-server-name")
    if cluster.text("proxy-url"):
        info["proxy-url"] = cluster.text("proxy-url")
    if cluster.flag("insecure-skip-tls-verify"):
        info["insecure-skip-tls-verify"] = True
    if authority is not None:
        info["certificate-authority-data"] = base64.b64encode(authority.read()).decode()
    return info

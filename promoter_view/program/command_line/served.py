"""The options of what is served, and to whom: the aggregated API and the dashboard.

Durations are in seconds, sizes in bytes, None is an option that was not given.
"""

from __future__ import annotations

from dataclasses import dataclass

from promoter_view.program.command_line.declaring import flag, option
from promoter_view.program.command_line.values import (
    Port,
    address,
    cipher_suites,
    count,
    duration,
    file,
    header_name,
    host_names,
    not_empty,
    one_of,
    open_paths,
    plain,
    port,
    root_path,
    web_address,
    words,
)
from promoter_view.web.certificates import MIN_VERSIONS


@dataclass(frozen=True, slots=True)
class ApiOptions:
    """The port of the aggregated API."""

    bind_address: str = option(
        address,
        "::",
        "the address of the aggregated API; :: is every one of both families",
        in_demo="127.0.0.1",
        more="see [networks](#networks)",
    )
    secure_port: Port = option(
        port, "6443", "its port; 0 picks a free one, 6443+ the first free one from there", in_demo="6443+"
    )
    port_file: str | None = option(file, None, "write the port that was picked to this file")
    tls_cert_file: str | None = option(
        file, None, "the serving certificate, PEM, with its chain", otherwise="self-signed in --cert-dir"
    )
    tls_private_key_file: str | None = option(file, None, "its key, PEM")
    cert_dir: str = option(
        plain("DIR"),
        "apiserver.local.config/certificates",
        "where the self-signed certificate is kept",
        in_demo="promoter-view-demo/certificates",
    )
    tls_min_version: str = option(one_of(*MIN_VERSIONS), "VersionTLS12", "the oldest TLS that is spoken")
    tls_cipher_suites: tuple[str, ...] = option(
        cipher_suites,
        "",
        "suites up to TLS 1.2, separated by commas",
        otherwise="OpenSSL's",
        more="by the names of Go and Kubernetes",
    )


@dataclass(frozen=True, slots=True)
class RequestOptions:
    """Requests and watches, on each port."""

    bookmark_interval: float = option(duration, "60s", "about how often a watch gets a bookmark")
    min_request_timeout: float = option(duration, "30m", "a watch without timeoutSeconds ends after this to twice this")
    max_requests_per_user: int = option(
        count,
        "200",
        "requests one user may have under way, watches not counted",
        more="on each port; beyond it 429 with Retry-After. Counted by user, never by address; with "
        "`--dashboard-auth none` all who look are one user",
    )
    max_watches_per_user: int = option(count, "1000", "watches one user may have open", more="as above")
    metrics_max_series: int = option(
        count,
        "100000",
        "series that /metrics/promotions may have",
        more="about 30 for each environment; beyond it whole strategies are left out, see [measures](measures.md)",
    )


@dataclass(frozen=True, slots=True)
class AccessOptions:
    """Who may ask the aggregated API for what."""

    insecure_no_auth: bool = flag("serve everybody who can connect; on loopback only")
    member_authorization: bool = flag(
        "show of a bundle only the members that the user may get", more="see [access](access.md#members)"
    )
    authentication_kubeconfig: str | None = option(
        file, None, "where TokenReviews go", otherwise="the cluster that is reflected", more="see [access](access.md)"
    )
    authorization_kubeconfig: str | None = option(
        file, None, "where SubjectAccessReviews go", otherwise="the cluster that is reflected"
    )
    authentication_token_webhook_cache_ttl: float = option(duration, "10s", "how long a TokenReview's answer counts")
    authorization_webhook_cache_authorized_ttl: float = option(
        duration, "10s", "how long an allowed request is allowed"
    )
    authorization_webhook_cache_unauthorized_ttl: float = option(duration, "10s", "how long a denied one is denied")
    authorization_always_allow_paths: tuple[str, ...] = option(
        open_paths, "/healthz,/healthz/*,/livez,/livez/*,/readyz,/readyz/*", "paths that need no right"
    )
    authentication_skip_lookup: bool = flag("do not look for the configuration that the cluster publishes")
    authentication_tolerate_lookup_failure: bool = flag("begin without that configuration where it is not given")
    client_ca_file: str | None = option(
        file, None, "who signs client certificates, PEM", otherwise="what the cluster publishes"
    )


@dataclass(frozen=True, slots=True)
class RequestHeaderOptions:
    """Front proxies of the aggregated API, where the cluster's configuration of them is not to count."""

    client_ca_file: str | None = option(
        file, None, "who signs front proxies' certificates, PEM", otherwise="what the cluster says"
    )
    allowed_names: tuple[str, ...] = option(words("NAME"), "", "common names of those certificates; none: any")
    username_headers: tuple[str, ...] = option(words("HEADER"), "X-Remote-User", "where a front proxy says who asks")
    group_headers: tuple[str, ...] = option(words("HEADER"), "X-Remote-Group", "where it says the groups")
    uid_headers: tuple[str, ...] = option(words("HEADER"), "", "where it says the uid; X-Remote-Uid is usual")
    extra_headers_prefix: tuple[str, ...] = option(words("PREFIX"), "X-Remote-Extra-", "how headers with extra begin")


@dataclass(frozen=True, slots=True)
class DashboardOptions:
    """The dashboard's port, and who may look."""

    port: Port = option(port, "8080", "the dashboard's port; 0: no dashboard", in_demo="8080+")
    bind_address: str = option(address, "127.0.0.1", "its address")
    auth: str = option(
        one_of("", "none", "token", "proxy"),
        "",
        "who may look: none (all who can connect), token (Kubernetes tokens), proxy (whom a proxy names)",
        otherwise="none on loopback, else it must be given",
        more="see [streams](sse.md#who-may-look---dashboard-auth)",
    )
    url: str | None = option(
        web_address,
        None,
        "where people find the dashboard, for status.url of each bundle",
        otherwise="no links",
        more="with the root path, if there is one; the same on all replicas of one log",
    )
    allowed_hosts: tuple[str, ...] = option(
        host_names,
        "",
        "names it answers to",
        otherwise="localhost, 127.0.0.1, [::1] with none, else any",
        more="another Host gets 403",
    )
    root_path: str = option(root_path, "/", "where it is, seen from outside", more="such as through an ingress")
    tls_cert_file: str | None = option(
        file, None, "its certificate, PEM, with its chain", otherwise="no TLS", more="read again when it changes"
    )
    tls_private_key_file: str | None = option(file, None, "its key, PEM")
    client_ca_file: str | None = option(
        file, None, "who signs the proxies' certificates, PEM", more="proxies prove themselves by one"
    )


@dataclass(frozen=True, slots=True)
class DashboardProxyOptions:
    """How a proxy in front of the dashboard says who looks, and proves itself."""

    user_header: str = option(header_name, "X-Forwarded-User", "where a proxy says who looks")
    groups_header: str = option(header_name, "X-Forwarded-Groups", "where it says the groups")
    groups_separator: str = option(not_empty, ",", "what stands between two groups")
    user_prefix: str = option(plain("TEXT"), "", "what is put before the user's name")
    groups_prefix: str = option(plain("TEXT"), "", "what is put before each group's name")
    secret_file: str | None = option(
        file,
        None,
        "what proxies send in X-Promoter-View-Proxy-Secret; one or two lines",
        more="two while it is changed; read again when it changes",
    )

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
        "address of the aggregated API; :: is every IPv4 and IPv6 address",
        in_demo="127.0.0.1",
        more="see [networks](#networks)",
    )
    secure_port: Port = option(
        port,
        "6443",
        "port of the aggregated API; 0 picks a free one, 6443+ the first free one from 6443",
        in_demo="6443+",
    )
    port_file: str | None = option(file, None, "file to write the picked port to")
    tls_cert_file: str | None = option(
        file, None, "serving certificate, PEM, with its chain", otherwise="self-signed in --cert-dir"
    )
    tls_private_key_file: str | None = option(file, None, "key of the serving certificate, PEM")
    cert_dir: str = option(
        plain("DIR"),
        "apiserver.local.config/certificates",
        "folder for the self-signed certificate",
        in_demo="promoter-view-demo/certificates",
    )
    tls_min_version: str = option(one_of(*MIN_VERSIONS), "VersionTLS12", "lowest TLS version")
    tls_cipher_suites: tuple[str, ...] = option(
        cipher_suites,
        "",
        "cipher suites up to TLS 1.2, separated by commas",
        otherwise="OpenSSL's",
        more="with the names that Go and Kubernetes use",
    )


@dataclass(frozen=True, slots=True)
class RequestOptions:
    """Requests and watches, on each port."""

    bookmark_interval: float = option(duration, "60s", "about how often a watch gets a bookmark")
    min_request_timeout: float = option(
        duration, "30m", "a watch without timeoutSeconds ends after one to two times this"
    )
    max_requests_per_user: int = option(
        count,
        "200",
        "concurrent requests of one user, watches not counted",
        more="on each port; beyond the limit the answer is 429 with Retry-After. Counted by user, never by "
        "address. With `--dashboard-auth none` all visitors are one user",
    )
    max_watches_per_user: int = option(
        count, "1000", "open watches of one user", more="on each port; beyond the limit the answer is 429"
    )
    metrics_max_series: int = option(
        count,
        "100000",
        "maximum number of series on /metrics/promotions",
        more="about 30 for each environment; beyond the limit whole strategies are left out ([measures](measures.md))",
    )


@dataclass(frozen=True, slots=True)
class AccessOptions:
    """Who may ask the aggregated API for what."""

    insecure_no_auth: bool = flag("serve everybody who can connect; only on loopback")
    member_authorization: bool = flag(
        "show in bundles only members that the user may get", more="see [access](access.md#members)"
    )
    authentication_kubeconfig: str | None = option(
        file,
        None,
        "kubeconfig of the cluster for TokenReviews",
        otherwise="the cluster of --kubeconfig",
        more="see [access](access.md)",
    )
    authorization_kubeconfig: str | None = option(
        file, None, "kubeconfig of the cluster for SubjectAccessReviews", otherwise="the cluster of --kubeconfig"
    )
    authentication_token_webhook_cache_ttl: float = option(duration, "10s", "how long a TokenReview is cached")
    authorization_webhook_cache_authorized_ttl: float = option(duration, "10s", "how long a permission is cached")
    authorization_webhook_cache_unauthorized_ttl: float = option(duration, "10s", "how long a denial is cached")
    authorization_always_allow_paths: tuple[str, ...] = option(
        open_paths, "/healthz,/healthz/*,/livez,/livez/*,/readyz,/readyz/*", "paths that need no permission"
    )
    authentication_skip_lookup: bool = flag("do not read the authentication configuration that the cluster publishes")
    authentication_tolerate_lookup_failure: bool = flag("start without that configuration if it cannot be read")
    client_ca_file: str | None = option(
        file, None, "CA of client certificates, PEM", otherwise="what the cluster publishes"
    )


@dataclass(frozen=True, slots=True)
class RequestHeaderOptions:
    """Front proxies of the aggregated API, where the cluster's configuration of them is not to count."""

    client_ca_file: str | None = option(
        file, None, "CA of front proxies' client certificates, PEM", otherwise="what the cluster publishes"
    )
    allowed_names: tuple[str, ...] = option(
        words("NAME"), "", "common names that front proxies may have; if none is given, any"
    )
    username_headers: tuple[str, ...] = option(words("HEADER"), "X-Remote-User", "headers with the user name")
    group_headers: tuple[str, ...] = option(words("HEADER"), "X-Remote-Group", "headers with the groups")
    uid_headers: tuple[str, ...] = option(words("HEADER"), "", "headers with the uid, usually X-Remote-Uid")
    extra_headers_prefix: tuple[str, ...] = option(
        words("PREFIX"), "X-Remote-Extra-", "prefixes of headers with extra values"
    )


@dataclass(frozen=True, slots=True)
class DashboardOptions:
    """The dashboard's port, and who may look."""

    port: Port = option(port, "8080", "port of the dashboard; 0: no dashboard", in_demo="8080+")
    bind_address: str = option(address, "127.0.0.1", "address of the dashboard")
    auth: str = option(
        one_of("", "none", "token", "proxy"),
        "",
        "who may look: none (everybody who can connect), token (Kubernetes tokens), proxy (users that a proxy names)",
        otherwise="none on loopback, otherwise required",
        more="see [streams](sse.md#who-may-look---dashboard-auth)",
    )
    url: str | None = option(
        web_address,
        None,
        "URL of the dashboard, for status.url of each bundle",
        otherwise="no links",
        more="include the root path, if there is one; set it equally on all replicas of one log",
    )
    allowed_hosts: tuple[str, ...] = option(
        host_names,
        "",
        "host names of the dashboard",
        otherwise="localhost, 127.0.0.1, [::1] with --dashboard-auth none, else any",
        more="another Host gets 403",
    )
    root_path: str = option(
        root_path, "/", "path of the dashboard as seen from outside", more="for example through an ingress"
    )
    tls_cert_file: str | None = option(
        file,
        None,
        "certificate of the dashboard, PEM, with its chain",
        otherwise="no TLS",
        more="read again when it changes",
    )
    tls_private_key_file: str | None = option(file, None, "key of that certificate, PEM")
    client_ca_file: str | None = option(
        file, None, "CA of proxies' client certificates, PEM", more="a proxy authenticates with one"
    )


@dataclass(frozen=True, slots=True)
class DashboardProxyOptions:
    """How a proxy in front of the dashboard says who looks, and proves itself."""

    user_header: str = option(header_name, "X-Forwarded-User", "header with the user name")
    groups_header: str = option(header_name, "X-Forwarded-Groups", "header with the groups")
    groups_separator: str = option(not_empty, ",", "separator between two groups")
    user_prefix: str = option(plain("TEXT"), "", "prefix to add to the user name")
    groups_prefix: str = option(plain("TEXT"), "", "prefix to add to each group")
    secret_file: str | None = option(
        file,
        None,
        "file with the secret that proxies send in X-Promoter-View-Proxy-Secret",
        more="one line, or two during a rotation; read again when it changes",
    )

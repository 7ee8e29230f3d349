"""The command line: one table of options gives the flags, their environment names, their checks and their help.

A wrong value ends the program with one line that names the option, the value and what would be right (exit status 2).
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NoReturn

from twisted.python import usage

from promoter_view.program.command_line.settings import OptionError, Settings, check_together
from promoter_view.program.command_line.values import (
    VIEWS,
    address,
    argocd_namespaces,
    cipher_suites,
    count,
    duration,
    header_name,
    host_names,
    instance_id,
    lease_namespace,
    log_url,
    namespaces,
    not_empty,
    one_of,
    open_paths,
    port,
    replica_id,
    root_path,
    shard,
    size,
    views,
    web_address,
    words,
)
from promoter_view.web.certificates import MIN_VERSIONS

_PREFIX = "PROMOTER_VIEW_"
#: What it mirrors is another thing than what the API mirrors: both may run in one folder.
_DASHBOARD_DEFAULTS = {"event-log": "file:promoter-view-dashboard-log"}
_LOG_LEVELS = ("debug", "info", "warn", "error")


@dataclass(frozen=True, slots=True)
class Option:
    """One option. ``parse`` raises ValueError that says what would be right; None: a flag."""

    name: str
    default: str | None
    parse: Callable[[str], object] | None
    help: str

    @property
    def attribute(self) -> str:
        """Its name in Settings."""
        return self.name.replace("-", "_")

    @property
    def environment(self) -> str:
        """The environment variable that gives it where the command line does not."""
        return _PREFIX + self.attribute.upper()


OPTIONS = (
    Option(
        "demo", None, None, "run on an in-process cluster with a living demo fleet, on loopback, without authentication"
    ),
    Option(
        "role",
        "all",
        one_of("all", "apiserver", "dashboard"),
        "all; apiserver: without a dashboard; dashboard: a process of its own that watches the aggregated API",
    ),
    Option("kubeconfig", None, str, "the cluster to reflect [in-cluster, else $KUBECONFIG, else ~/.kube/config]"),
    Option("context", None, str, "the kubeconfig's context [its current-context]"),
    Option("namespace", "", namespaces, "reflect these namespaces only, separated by commas [all]"),
    Option(
        "instance-id", None, instance_id, "reflect only objects of this promoter instance; empty: only unlabelled ones"
    ),
    Option(
        "show-web-request-bodies", None, None, "keep bodies and responses of WebRequestCommitStatuses in the bundles"
    ),
    Option(
        "views",
        ",".join(VIEWS),
        views,
        "the views that are served, separated by commas; kinds that only others need are not reflected",
    ),
    Option(
        "argocd-namespace",
        "argocd",
        argocd_namespaces,
        "where Argo CD's Applications live, looked at where --namespace is given; the first counts where none is named",
    ),
    Option("argocd-url", None, web_address, "where Argo CD shows Applications, for links on the pages [no links]"),
    Option("argocd-kubeconfig", None, str, "the cluster in which those Applications live [the one that is reflected]"),
    Option("argocd-shard", None, shard, "run the Promotions of this shard of Kargo [nothing is written to a cluster]"),
    Option(
        "argocd-lease-namespace",
        "",
        lease_namespace,
        "where the Lease is that lets one process at a time run a shard [the Pod's namespace, else default]",
    ),
    Option(
        "event-log",
        "file:promoter-view-log",
        log_url,
        "the event log: file:DIR, memory: or etcd:http(s)://HOST:PORT,.../PREFIX",
    ),
    Option("event-log-retention-age", "7d", duration, "how long the log on disk reaches back"),
    Option("event-log-retention-bytes", "1Gi", size, "how much of it is kept on disk"),
    Option(
        "event-log-retention-events",
        "1000000",
        count,
        "how many events of it are kept; the first that is reached counts",
    ),
    Option("event-log-repair", None, None, "set a damaged log aside and begin a new one"),
    Option("replica-id", "", replica_id, "how this replica is named on an etcd [the host's name]"),
    Option("etcd-cafile", None, str, "who signs etcd's certificates, PEM [the platform's]"),
    Option("etcd-certfile", None, str, "the certificate shown to etcd, PEM, with its chain"),
    Option("etcd-keyfile", None, str, "its key, PEM"),
    Option("etcd-user", None, not_empty, "who we are to an etcd with authentication"),
    Option("etcd-password-file", None, str, "a file that holds that user's password"),
    Option("history-bytes", "64Mi", size, "what the history may keep in memory for resuming"),
    Option("bind-address", "::", address, "the address of the aggregated API; :: is every one of both families"),
    Option("secure-port", "6443", port, "its port; 0 picks a free one, 6443+ the first free one from there"),
    Option("port-file", None, str, "write the port that was picked to this file"),
    Option("tls-cert-file", None, str, "the serving certificate, PEM, with its chain [self-signed in --cert-dir]"),
    Option("tls-private-key-file", None, str, "its key, PEM"),
    Option("cert-dir", "apiserver.local.config/certificates", str, "where the self-signed certificate is kept"),
    Option("tls-min-version", "VersionTLS12", one_of(*MIN_VERSIONS), "the oldest TLS that is spoken"),
    Option("tls-cipher-suites", "", cipher_suites, "suites up to TLS 1.2, separated by commas [OpenSSL's]"),
    Option("authentication-kubeconfig", None, str, "where TokenReviews go [the cluster that is reflected]"),
    Option("authorization-kubeconfig", None, str, "where SubjectAccessReviews go [the cluster that is reflected]"),
    Option("client-ca-file", None, str, "who signs client certificates, PEM [what the cluster publishes]"),
    Option(
        "requestheader-client-ca-file", None, str, "who signs front proxies' certificates, PEM [what the cluster says]"
    ),
    Option("requestheader-allowed-names", "", words, "common names of those certificates; none: any"),
    Option("requestheader-username-headers", "X-Remote-User", words, "where a front proxy says who asks"),
    Option("requestheader-group-headers", "X-Remote-Group", words, "where it says the groups"),
    Option("requestheader-uid-headers", "", words, "where it says the uid; X-Remote-Uid is usual"),
    Option("requestheader-extra-headers-prefix", "X-Remote-Extra-", words, "how headers with extra begin"),
    Option("authentication-skip-lookup", None, None, "do not look for the configuration that the cluster publishes"),
    Option(
        "authentication-tolerate-lookup-failure", None, None, "begin without that configuration where it is not given"
    ),
    Option("authentication-token-webhook-cache-ttl", "10s", duration, "how long a TokenReview's answer counts"),
    Option("authorization-webhook-cache-authorized-ttl", "10s", duration, "how long an allowed request is allowed"),
    Option("authorization-webhook-cache-unauthorized-ttl", "10s", duration, "how long a denied one is denied"),
    Option(
        "authorization-always-allow-paths",
        "/healthz,/healthz/*,/livez,/livez/*,/readyz,/readyz/*",
        open_paths,
        "paths that need no right",
    ),
    Option("member-authorization", None, None, "show of a bundle only the members that the user may get"),
    Option("insecure-no-auth", None, None, "serve everybody who can connect; on loopback only"),
    Option("dashboard-port", "8080", port, "the dashboard's port; 0: no dashboard"),
    Option("dashboard-bind-address", "127.0.0.1", address, "its address"),
    Option(
        "dashboard-auth",
        "",
        one_of("", "none", "token", "proxy"),
        "who may look: none (all who can connect), token (Kubernetes tokens), proxy (whom a proxy names) "
        "[none on loopback]",
    ),
    Option("dashboard-tls-cert-file", None, str, "its certificate, PEM, with its chain [no TLS]"),
    Option("dashboard-tls-private-key-file", None, str, "its key, PEM"),
    Option("dashboard-client-ca-file", None, str, "who signs the proxies' certificates, PEM"),
    Option("dashboard-proxy-user-header", "X-Forwarded-User", header_name, "where a proxy says who looks"),
    Option("dashboard-proxy-groups-header", "X-Forwarded-Groups", header_name, "where it says the groups"),
    Option("dashboard-proxy-groups-separator", ",", not_empty, "what stands between two groups"),
    Option("dashboard-proxy-user-prefix", "", str, "what is put before the user's name"),
    Option("dashboard-proxy-groups-prefix", "", str, "what is put before each group's name"),
    Option(
        "dashboard-proxy-secret-file", None, str, "what proxies send in X-Promoter-View-Proxy-Secret; one or two lines"
    ),
    Option(
        "dashboard-allowed-hosts",
        "",
        host_names,
        "names it answers to [localhost, 127.0.0.1, [::1] with none, else any]",
    ),
    Option("dashboard-root-path", "/", root_path, "where it is, seen from outside"),
    Option("bookmark-interval", "60s", duration, "about how often a watch gets a bookmark"),
    Option("max-requests-per-user", "200", count, "requests one user may have under way, watches not counted"),
    Option("max-watches-per-user", "1000", count, "watches one user may have open"),
    Option("min-request-timeout", "30m", duration, "a watch without timeoutSeconds ends after this to twice this"),
    Option("shutdown-delay-duration", "0s", duration, "how long to go on serving after TERM, not ready any more"),
    Option("shutdown-grace", "5s", duration, "how long watches and requests may take to end after that"),
    Option("log-format", "", one_of("", "json", "text"), "json or text [text on a terminal, else json]"),
    Option("log-level", "info", one_of(*_LOG_LEVELS), "debug, info, warn or error"),
)


#: What Kubernetes puts into the environment of a pod for a Service that happens to be called promoter-view or
#: promoter-view-dashboard: the latter's PROMOTER_VIEW_DASHBOARD_PORT is no port of ours.
_SERVICE_LINK = re.compile(r".*_(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT_\d+_(TCP|UDP|SCTP)(_\w+)?)")
_LINK_VALUE = re.compile(r"(tcp|udp|sctp)://.*")
#: How alike a name has to be, of 1, to be what was meant.
_ALIKE = 0.8


def unknown_variables(environ: Mapping[str, str]) -> Sequence[str]:
    """A line for each variable that looks like an option's and is none. Errors: OptionError where one was meant.

    An option that is misspelled may be one that keeps others out, so it is not passed over.
    """
    names = [option.environment for option in OPTIONS]
    lines = []
    for name in sorted(environ):
        if not name.startswith(_PREFIX) or name in names or _is_link(name, environ[name]):
            continue
        # Without what all begin with, by which any two would be alike.
        nearest = _nearest(name.removeprefix(_PREFIX), [known.removeprefix(_PREFIX) for known in names])
        if nearest:
            raise OptionError(f"{name}: there is no such variable; did you mean {_PREFIX}{nearest}?")
        lines.append(f"{name} counts for nothing: no option has this variable")
    return lines


def _is_link(name: str, value: str) -> bool:
    return bool(_SERVICE_LINK.fullmatch(name) or (name.endswith("_PORT") and _LINK_VALUE.fullmatch(value)))


def _nearest(name: str, names: Sequence[str]) -> str:
    return next(iter(get_close_matches(name, names, n=1, cutoff=_ALIKE)), "")


def _unrecognized(words: Sequence[str]) -> str:
    """For the first word that begins with dashes and is no option: the one that was meant, as a question."""
    names = ["--" + option.name for option in OPTIONS]
    for word in words:
        name = word.partition("=")[0]
        if name.startswith("--") and not any(known.startswith(name) for known in [*names, "--help", "--version"]):
            nearest = _nearest(name, names)
            return f"; did you mean {nearest}?" if nearest else ""
    return ""


def _flag(text: str) -> bool:
    words = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False, "": False}
    if text.lower() not in words:
        raise ValueError("true or false")
    return words[text.lower()]


def _read(option: Option, given: Mapping[str, str], environ: Mapping[str, str]) -> object:
    source, text = f"--{option.name}", given.get(option.name)
    if text is None and option.environment in environ:
        source, text = option.environment, environ[option.environment]
    if text is None:
        text = option.default
    if text is None:
        return None if option.parse else False
    try:
        return (option.parse or _flag)(text)
    except ValueError as error:
        raise OptionError(f"{source}: {text!r} is wrong; what would be right: {error}") from None


def _demo_defaults() -> dict[str, str]:
    folder = Path("promoter-view-demo")
    return {
        "event-log": f"file:{folder / 'log'}",
        "bind-address": "127.0.0.1",
        "secure-port": "6443+",
        "cert-dir": str(folder / "certificates"),
        "dashboard-port": "8080+",
    }


def _left_out(chosen: Mapping[str, str], given: Mapping[str, str], environ: Mapping[str, str]) -> dict[str, str]:
    """Of these defaults those that neither the command line nor the environment gives."""
    names = {option.name: option.environment for option in OPTIONS}
    return {name: text for name, text in chosen.items() if name not in given and names[name] not in environ}


def settings(given: Mapping[str, str], environ: Mapping[str, str]) -> Settings:
    """Checks options as text, by name. Errors: OptionError."""
    environ = {name: value for name, value in environ.items() if not _is_link(name, value)}
    options = {option.name: option for option in OPTIONS}
    if _read(options["demo"], given, environ):
        given = {**_left_out(_demo_defaults(), given, environ), **given}
    elif _read(options["role"], given, environ) == "dashboard":
        given = {**_left_out(_DASHBOARD_DEFAULTS, given, environ), **given}
    values: dict[str, Any] = {option.attribute: _read(option, given, environ) for option in OPTIONS}
    result = Settings(**{field.name: values[field.name] for field in fields(Settings)})
    check_together(result)
    return result


class Options(usage.Options):
    """``twistd promoter-view``'s options. After parsing, ``settings`` holds them, checked, and ``warnings`` what
    an operator should read."""

    synopsis = "[options]"
    longdesc = f"Every option can also come from the environment, as {_PREFIX}<OPTION_IN_CAPITALS>."
    optFlags = tuple([option.name, None, option.help] for option in OPTIONS if option.parse is None)  # noqa: N815
    optParameters = tuple(  # noqa: N815
        [option.name, None, None, option.help + (f" [{option.default}]" if option.default else "")]
        for option in OPTIONS
        if option.parse is not None
    )
    settings: Settings
    warnings: Sequence[str]

    def parseOptions(self, options: Sequence[str] | None = None) -> None:
        """Parses, checks, or ends the program with one line on standard error."""
        import os  # noqa: PLC0415  # the environment is read here and nowhere else

        try:
            super().parseOptions(options)
            self.settings = settings(self._given(), os.environ)
            self.warnings = unknown_variables(os.environ)
        except usage.UsageError as error:
            _refuse(str(error) + _unrecognized(options or ()))
        except OptionError as error:
            _refuse(str(error))

    def parseArgs(self, *words: str) -> None:
        """There are no arguments but options."""
        if words:
            raise usage.UsageError(f"{words[0]!r} is not an option; options begin with --")

    def _given(self) -> dict[str, str]:
        return {
            option.name: "true" if option.parse is None else str(self[option.name])
            for option in OPTIONS
            if self[option.name] not in (None, 0)
        }


def _refuse(message: str) -> NoReturn:
    sys.stderr.write(f"promoter-view: {message}\n")
    raise SystemExit(2)

"""``promoter-view notify status``, ``notify replay`` and ``notify test``: asked of the server itself."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

from promoter_view.command.answers.notify_check import check_url
from promoter_view.command.asking.failures import failed
from promoter_view.command.asking.loop import run_in_loop
from promoter_view.command.exits import CommandError, Exit
from promoter_view.command.telling.documents import DOCUMENTS, document
from promoter_view.command.telling.output import Output, now
from promoter_view.command.telling.tables import ago, plain, table
from promoter_view.decoded import mappings, moment, number, text
from promoter_view.kubernetes.client.client import KubernetesClient
from promoter_view.kubernetes.connection.cluster import ClusterConfig, ConfigError, FileSource, UserConfig
from promoter_view.kubernetes.connection.config import load_as_kubectl
from promoter_view.kubernetes.documents import Parameters, decode
from promoter_view.kubernetes.outcomes import ApiError, ClusterError
from promoter_view.views.ages import human_duration

_HEADINGS = ("NAME", "STATE", "BEHIND", "RECEIVER", "LAST ANSWER", "AGE", "SENT", "REFUSED")
_PATH = "/notifications"


def run(work: str, reach: Mapping[str, str | None], name: str, since: str, output: str) -> None:
    """``work``: status, replay or test. ``reach``: the options that say where the server is."""
    config = _config(reach)
    if work == "status":
        _print_status(run_in_loop(lambda reactor: _ask(reactor, config, "GET", _PATH)), output)
        return
    parameters: Parameters = (("since", since),) if since else ()
    path = f"{_PATH}/{quote(name, safe='')}/{work}"
    found = run_in_loop(lambda reactor: _ask(reactor, config, "POST", path, parameters))
    if output in DOCUMENTS:
        Output().lines([document(found, output)])
    elif work == "test":
        _print_test(name, found)
    else:
        first = text(found, "from")
        Output().lines([f"{name}: sent again from {first} on" if first else f"{name}: nothing has happened since then"])


def _print_status(found: Mapping[str, Any], output: str) -> None:
    if output in DOCUMENTS:
        Output().lines([document(dict(found), output)])
        return
    out, at = Output(), now()
    rows = [_row(each, at) for each in mappings(found, "notifications")]
    if rows:
        out.lines(table(_HEADINGS, rows, out.palette, width=out.width))
    else:
        out.note("no notification is declared")
    if text(found, "problem"):
        said = ", ".join(filter(None, ("the file is invalid", text(found, "meanwhile"))))
        out.note(plain(f"{said}: {text(found, 'problem')}"))
    if found.get("sends") is not True:
        out.note("this replica does not send: it knows only the file")


def _row(each: Mapping[str, Any], at: datetime) -> list[str]:
    lag = number(each, "lagSeconds")
    words = [text(each, "name"), text(each, "state"), human_duration(timedelta(seconds=lag)) if lag else ""]
    words += [text(each, "receiver"), text(each, "lastAnswer"), ago(moment(each, "lastAnswerTime"), at)]
    return [*words, str(number(each, "sent")), str(number(each, "refused"))]


def _print_test(name: str, found: Mapping[str, Any]) -> None:
    """Errors: CommandError where it was not taken."""
    line = plain(f"{name}: {text(found, 'result')}: {text(found, 'answer')}")
    if text(found, "result") != "taken":
        raise CommandError(Exit.FAILED, line)
    Output().lines([line])


async def _ask(
    reactor: Any, config: ClusterConfig, method: str, path: str, parameters: Parameters = ()
) -> Mapping[str, Any]:
    """Errors: CommandError."""
    client = KubernetesClient(reactor, config, environ=os.environ)
    try:
        found = decode(await client.request(method, path, parameters=parameters))
    except ApiError as error:
        if error.status in (400, 404, 503):
            raise CommandError(Exit.UNKNOWN if error.status == 404 else Exit.FAILED, error.message) from error
        raise failed(error, config.server) from error
    except ClusterError as error:
        raise failed(error, config.server) from error
    finally:
        await client.close()
    return found if isinstance(found, dict) else {}


def _config(reach: Mapping[str, str | None]) -> ClusterConfig:
    """The server itself, with the credentials of the kubeconfig, or those that are given. Errors: CommandError."""
    server, token = reach["server"], reach["token_file"]
    try:
        is_told = server is not None and token is not None
        config = ClusterConfig("") if is_told else load_as_kubectl(reach["kubeconfig"], reach["context"], os.environ)[0]
    except ConfigError as error:
        raise CommandError(Exit.CONFIGURATION, str(error)) from error
    if server is not None:
        check_url("--server", server)
        config = replace(config, server=server, authority=None, proxy=None, tls_server_name="")
    if reach["certificate_authority"] is not None:
        config = replace(config, authority=_file("--certificate-authority", reach["certificate_authority"]))
    if reach["tls_server_name"] is not None:
        config = replace(config, tls_server_name=reach["tls_server_name"])
    if token is not None:
        config = replace(config, user=UserConfig(token=_file("--token-file", token)))
    return config


def _file(option: str, path: str) -> FileSource:
    return FileSource(Path(path), option)

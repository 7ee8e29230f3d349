"""The command ``promoter-view``: the program itself, and what is done around it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

import promoter_view
from promoter_view.command.declaring import CONTEXT, OneOf, PurposeCommand, PurposeGroup, PurposeOption, Words, work
from promoter_view.command.shell import run

NAME = "promoter-view"
LOG_NAME = "promoter-view-log"
#: Their words are the program's own, which reads them.
_PASSED_ON = {**CONTEXT, "ignore_unknown_options": True, "help_option_names": ()}
_LOG = Words("LOG", str)


@click.group(
    cls=PurposeGroup,
    context_settings=CONTEXT,
    sections={
        "Run": ["serve", "demo"],
        "Look after an installation": ["check", "log", "journal", "notify"],
        "Others": ["version", "completion"],
    },
)
@click.version_option(promoter_view.__version__, prog_name=NAME, message="%(prog)s %(version)s")
def promoter_view_command() -> None:
    """See where every commit is: a live dashboard and a Kubernetes API for GitOps Promoter and Kargo.

    To only look, use kubectl promotion.
    """


@promoter_view_command.command(cls=click.Command, context_settings=_PASSED_ON, add_help_option=False)
@click.argument("options", nargs=-1, type=click.UNPROCESSED, metavar="")
def serve(options: tuple[str, ...]) -> None:
    """Run the API server and the dashboard.

    The same as twistd -n --pidfile= promoter-view, with the same options: promoter-view serve --help lists them.
    """
    work("promoter_view.command.answers.serve")(options=options)


@promoter_view_command.command(cls=click.Command, context_settings=_PASSED_ON, add_help_option=False)
@click.argument("options", nargs=-1, type=click.UNPROCESSED, metavar="")
def demo(options: tuple[str, ...]) -> None:
    """Run on an in-process cluster with a moving fleet.

    The same as promoter-view serve --demo; every option of serve can follow.
    """
    work("promoter_view.command.answers.serve")(options=("--demo", *options))


@promoter_view_command.command(cls=click.Command, context_settings=_PASSED_ON, add_help_option=False)
@click.argument("options", nargs=-1, type=click.UNPROCESSED, metavar="")
def check(options: tuple[str, ...]) -> None:
    """Check what serve needs with the same options.

    It prints one line each for certificates, the event log, the journal, ports, the kubeconfig, the cluster, its
    CRDs, permissions and the APIService, with what to do.

    Exit status 0: nothing to do; 1: something to do; 64: wrong arguments. Nothing is written anywhere.
    """
    work("promoter_view.command.checking.run")(options=options)


@promoter_view_command.group(
    cls=PurposeGroup, context_settings=CONTEXT, sections={"Event logs that no program has open": ["copy", "verify"]}
)
def log() -> None:
    """Copy or verify an event log."""


def _with_etcd(command: click.Command) -> click.Command:
    purpose = "Access to an etcd"
    command.params += [
        PurposeOption(
            ["--etcd-cafile"],
            metavar="FILE",
            purpose=purpose,
            help="CA of etcd's certificates, PEM [default: the platform's]",
        ),
        PurposeOption(
            ["--etcd-certfile"],
            metavar="FILE",
            purpose=purpose,
            help="client certificate for etcd, PEM, with its chain",
        ),
        PurposeOption(["--etcd-keyfile"], metavar="FILE", purpose=purpose, help="key of that client certificate, PEM"),
        PurposeOption(["--etcd-user"], metavar="NAME", purpose=purpose, help="user name for etcd authentication"),
        PurposeOption(["--etcd-password-file"], metavar="FILE", purpose=purpose, help="file with that user's password"),
    ]
    return command


@_with_etcd
@log.command(cls=PurposeCommand, context_settings=CONTEXT)
@click.argument("source", metavar="FROM")
@click.argument("target", metavar="TO")
@click.option(
    "--cursors",
    is_flag=True,
    cls=PurposeOption,
    purpose="What is copied",
    help="also how far notifications were sent; without it the new log's subscriptions begin at the newest entry",
)
def copy(source: str, target: str, cursors: bool, **etcd: str | None) -> None:
    """Start a log with the state of another log, which may be of another kind.

    Write FROM and TO as for --event-log, for example file:DIR. For a folder that exists, DIR is enough. TO must be
    empty or absent. No program may have either log open. Clients at the newest resourceVersion resume; others get
    410 once.
    """
    work("promoter_view.command.answers.logs")(source=source, target=target, etcd=etcd, cursors=cursors)


@_with_etcd
@log.command(cls=PurposeCommand, context_settings=CONTEXT)
@click.argument("source", metavar="LOG")
def verify(source: str, **etcd: str | None) -> None:
    """Read a whole log and print what it contains.

    Write LOG as for --event-log, for example file:DIR, or give the folder: DIR. No program may have it open. The
    command changes nothing. Exit status 1: the log is damaged or cannot be read.
    """
    work("promoter_view.command.answers.logs")(source=source, target=None, etcd=etcd)


@promoter_view_command.group(
    cls=PurposeGroup, context_settings=CONTEXT, sections={"Also while a program writes it": ["export", "verify"]}
)
def journal() -> None:
    """Export or verify a journal."""


def _entries_option(name: str, **more: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    return click.option(name, cls=PurposeOption, purpose="Which entries", metavar="TIME", **more)


@_with_etcd
@journal.command(cls=PurposeCommand, context_settings=CONTEXT)
@click.argument("place", metavar="JOURNAL")
@_entries_option("--since", help="from then on: 2026-11-30T09:30:00Z, or how long ago: -2h, -7d [default: the first]")
@_entries_option("--until", help="those before then [default: the last]")
@click.option(
    "--format",
    "form",
    cls=PurposeOption,
    purpose="What is printed",
    type=OneOf("ndjson", "csv"),
    default="ndjson",
    help="a JSON document on each line, or CSV with a heading",
)
def export(place: str, since: str | None, until: str | None, form: str, **etcd: str | None) -> None:
    """Print the entries of a journal, the oldest first.

    Write JOURNAL as for --journal, for example sqlite:FILE. Or give the event log: DIR, file:DIR, or the etcd as for
    --event-log. The command changes nothing. Everybody who can read the file sees everything in it.
    """
    work("promoter_view.command.answers.journal_export")(place=place, since=since, until=until, form=form, **etcd)


@_with_etcd
@journal.command("verify", cls=PurposeCommand, context_settings=CONTEXT)
@click.argument("place", metavar="JOURNAL")
def verify_journal(place: str, **etcd: str | None) -> None:
    """Read a whole journal and print what it contains.

    Write JOURNAL as for --journal, for example sqlite:FILE. Or give the event log: DIR, file:DIR, or the etcd as for
    --event-log. The command changes nothing. It prints a line for each check. Exit status 1: the journal is damaged
    or cannot be read.
    """
    work("promoter_view.command.answers.journal_verify")(place=place, **etcd)


@promoter_view_command.group(
    cls=PurposeGroup,
    context_settings=CONTEXT,
    sections={
        "Before a program reads the file": ["check", "preview"],
        "While a program sends": ["status", "test", "replay"],
    },
)
def notify() -> None:
    """Check a notifications file, see what it sends, and ask the program that sends."""


@notify.command("check", cls=PurposeCommand, context_settings=CONTEXT)
@click.argument("file", metavar="FILE")
def check_notifications(file: str) -> None:
    """Check a notifications file.

    It prints a line for each notification: what it sends, and where. If something is wrong, it prints all problems,
    and the exit status is 1. It sends nothing, and does not read files that FILE names.
    """
    work("promoter_view.command.answers.notify_check")(file=file)


@notify.command(cls=PurposeCommand, context_settings=CONTEXT)
@click.argument("file", metavar="FILE")
@click.argument("name", metavar="NAME")
@click.argument("events", metavar="[EVENTS]", required=False)
@click.option(
    "--dashboard-url",
    cls=PurposeOption,
    purpose="What is printed",
    metavar="URL",
    default="",
    help="where people find the dashboard: messages link to its pages [default: no links]",
)
def preview(file: str, name: str, events: str | None, dashboard_url: str) -> None:
    """Print the messages of the notification NAME in FILE.

    EVENTS is what promoter-view journal export prints: a file, or - for standard input. The default is one sample
    event. Filters apply, except labels, which an export does not have. Each message has the time at which it is sent.
    The command reads files with secrets and texts. It sends nothing.
    """
    work("promoter_view.command.answers.notify_preview")(
        file=file, name=name, events=events, dashboard_url=dashboard_url
    )


def _of_server(command: click.Command) -> click.Command:
    purpose = "The server"
    words = {
        "--server": ("URL", "where promoter-view's API listens [default: the kubeconfig's server]"),
        "--certificate-authority": ("FILE", "CA of its certificate, PEM [default: the platform's]"),
        "--tls-server-name": ("NAME", "the name in its certificate [default: the URL's host]"),
        "--token-file": ("FILE", "file with a bearer token [default: the credentials of the kubeconfig]"),
        "--kubeconfig": ("FILE", "credentials [default: $KUBECONFIG, else ~/.kube/config]"),
        "--context": ("NAME", "context of the kubeconfig"),
    }
    command.params += [
        PurposeOption([name], metavar=metavar, purpose=purpose, help=text) for name, (metavar, text) in words.items()
    ]
    form = OneOf("table", "json", "yaml")
    command.params.append(
        PurposeOption(["-o", "--output"], purpose="What is printed", type=form, default="table", help="its form")
    )
    return command


def _ask_notifications(verb: str, name: str, since: str, output: str, reach: dict[str, str | None]) -> None:
    work("promoter_view.command.answers.notify")(work=verb, reach=reach, name=name, since=since, output=output)


@_of_server
@notify.command("status", cls=PurposeCommand, context_settings=CONTEXT)
def status_of_notifications(output: str, **reach: str | None) -> None:
    """Show how the notifications of a running program are delivered.

    The command needs the program's own API, not the cluster's: use kubectl port-forward. You need permission to get
    the path /notifications.
    """
    _ask_notifications("status", "", "", output, reach)


@_of_server
@notify.command("test", cls=PurposeCommand, context_settings=CONTEXT)
@click.argument("name", metavar="NAME")
def test_notification(name: str, output: str, **reach: str | None) -> None:
    """Send a sample event to the receiver of the notification NAME.

    It prints the answer. Exit status 1: the receiver did not accept it. You need permission to post to the path
    /notifications/NAME/test.
    """
    _ask_notifications("test", name, "", output, reach)


@_of_server
@notify.command(cls=PurposeCommand, context_settings=CONTEXT)
@click.argument("name", metavar="NAME")
@click.option(
    "--since",
    cls=PurposeOption,
    purpose="Which events",
    metavar="TIME",
    required=True,
    help="those from then on: 2026-11-30T09:30:00Z, or how long ago: -2h, -7d",
)
def replay(name: str, since: str, output: str, **reach: str | None) -> None:
    """Send the events of the notification NAME again, from a time on.

    The messages have the same ids as before. You need permission to post to the path /notifications/NAME/replay.
    """
    _ask_notifications("replay", name, since, output, reach)


@promoter_view_command.command(cls=PurposeCommand, context_settings=CONTEXT)
def version() -> None:
    """Print the version."""
    click.echo(f"{NAME} {promoter_view.__version__}")


@promoter_view_command.command(cls=PurposeCommand, context_settings=CONTEXT)
@click.argument("shell", type=OneOf("bash", "zsh", "fish"), metavar="bash|zsh|fish")
def completion(shell: str) -> None:
    """Print the completion of promoter-view for a shell.

    For bash add to ~/.bashrc: source <(promoter-view completion bash). If kubectl_complete-promotion is in PATH,
    kubectl completes kubectl promotion; an installation puts it there. Completion reads the names of strategies,
    Stages and Freight from the cluster.
    """
    work("promoter_view.command.completing")(command=promoter_view_command, name=NAME, shell=shell)


def main() -> None:
    """The console script ``promoter-view``. Ends the process."""
    run(promoter_view_command, NAME)


def log_main() -> None:
    """The console script ``promoter-view-log``: ``promoter-view log`` by its old name. Ends the process."""
    run(log, LOG_NAME)

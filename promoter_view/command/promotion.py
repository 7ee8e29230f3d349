"""The command ``kubectl promotion``, a plugin of kubectl: where commits are, what they wait for, when they are live."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

import click
from click.shell_completion import CompletionItem

import promoter_view
from promoter_view.command.completing import answer_kubectl
from promoter_view.command.declaring import CONTEXT, OneOf, PurposeCommand, PurposeGroup, PurposeOption, Words, work
from promoter_view.command.reach import CommandReach
from promoter_view.command.shell import run
from promoter_view.durations import parse_duration

NAME = "kubectl promotion"

_SHA = re.compile(r"[0-9a-f]{7,64}")


def _sha(written: str) -> str:
    """Small letters. Errors: ValueError."""
    if not _SHA.fullmatch(written.lower()):
        raise ValueError("expected at least 7 hexadecimal characters of a commit")
    return written.lower()


def _duration(written: str) -> float:
    """In seconds. Errors: ValueError."""
    seconds = parse_duration(written, days=True)
    if seconds is None:
        raise ValueError("expected a duration such as 30m, 1h30m or 7d")
    return seconds


_SHA_TYPE, _DURATION = Words("SHA", _sha), Words("DURATION", _duration)

_Command = Callable[..., Any]

_REACH, _FORM, _GOAL, _TIME = "Where to look", "What is printed", "What is waited for", "How long"


def _option(purpose: str, *names: str, **more: Any) -> Callable[[_Command], _Command]:
    return click.option(*names, cls=PurposeOption, purpose=purpose, **more)


_PLACES = ("kubeconfig", "context", "namespace", "all_namespaces", "at")


def _completing(*nouns: str) -> Callable[[click.Context, click.Parameter, str], list[CompletionItem]]:
    """Completes by what there is: names of ``strategy`` and ``stage``, ``freight``; within the reach given so far."""

    def complete(ctx: click.Context, _: click.Parameter, incomplete: str) -> list[CompletionItem]:
        given = {name: ctx.params[name] for name in _PLACES if ctx.params.get(name)}
        offered = work("promoter_view.command.answers.offering")(
            reach=CommandReach(**given), nouns=nouns, stage=ctx.params.get("stage") or "", incomplete=incomplete
        )
        return [CompletionItem(word, help=said) for word, said in offered.items()]

    return complete


_STRATEGY, _STAGE, _EITHER = _completing("strategy"), _completing("stage"), _completing("strategy", "stage")
_NAMESPACE = _option(_REACH, "-n", "--namespace", metavar="NAMESPACE", help="the namespace [default: the context's]")
_EVERYWHERE = _option(_REACH, "-A", "--all-namespaces", is_flag=True, help="all namespaces")
_CLUSTER = (
    _option(_REACH, "--context", metavar="NAME", help="the kubeconfig's context [default: its current-context]"),
    _option(_REACH, "--kubeconfig", metavar="FILE", help="the kubeconfig [default: $KUBECONFIG, else ~/.kube/config]"),
)


_AT = _option(
    _REACH, "--at", metavar="TIME", help="the state of a moment: 2026-11-30T09:30Z, -2h, or a resourceVersion"
)


def _options(
    *, everywhere: bool, dated: bool = False, forms: Sequence[str] = ("table", "wide", "name", "json", "yaml")
) -> Callable[[_Command], _Command]:
    """What all of them have. ``everywhere``: more than one namespace can be looked at; ``dated``: at any moment."""
    form = _option(_FORM, "-o", "--output", type=OneOf(*forms), default=forms[0], help="the form")
    found = (_NAMESPACE, *((_EVERYWHERE,) if everywhere else ()), *((_AT,) if dated else ()), *_CLUSTER, form)

    def decorate(command: _Command) -> _Command:
        for option in reversed(found):
            command = option(command)
        return command

    return decorate


def _answer(module: str, given: dict[str, Any]) -> None:
    """Has that module answer, within the reach that the options give."""
    reach = CommandReach(**{name: given.pop(name) for name in _PLACES if name in given})
    work(f"promoter_view.command.answers.{module}")(reach=reach, **given)


@click.group(
    cls=PurposeGroup,
    context_settings=CONTEXT,
    sections={
        "See": ["status", "where", "why"],
        "Wait": ["wait"],
        "Look back": ["log", "history", "diff", "dora"],
    },
)
@click.version_option(promoter_view.__version__, prog_name=NAME, message="%(prog)s %(version)s")
def promotion_command() -> None:
    """Where commits are, what they wait for, and when they are live.

    It asks promoter-view's API in the cluster of your kubeconfig, with your own permissions: list and watch of
    promotionstrategydetails and stagedetails, get of commits, list of promotionevents.
    """


@promotion_command.command(cls=PurposeCommand, context_settings=CONTEXT)
@click.argument("name", required=False, shell_complete=_EITHER)
@_option(_FORM, "-w", "--watch", is_flag=True, help="keep running, and show each change")
@_options(everywhere=True, dated=True)
def status(**given: Any) -> None:
    """Show strategies and Stages, or the environments of one strategy, or the newer Freight of one Stage.

    stage/NAME is a Stage in any case. With --watch a terminal shows the table in place. Otherwise each change is a
    new row.
    """
    _answer("status", given)


@promotion_command.command(cls=PurposeCommand, context_settings=CONTEXT)
@click.argument("sha", type=_SHA_TYPE, metavar="SHA")
@_options(everywhere=True, dated=True)
def where(**given: Any) -> None:
    """Show where a commit is.

    SHA is at least 7 characters of a dry, hydrated or source commit, or of a commit in Freight. If nothing that you
    may list has it, the exit status is 4.
    """
    _answer("where", given)


@promotion_command.command(cls=PurposeCommand, context_settings=CONTEXT)
@click.argument("name", required=False, shell_complete=_STRATEGY)
@_option(
    _GOAL,
    "--commit",
    type=_SHA_TYPE,
    help="the commit, at least 7 characters [default: the newest of NAME]",
)
@_option(
    _GOAL,
    "--environment",
    metavar="NAME",
    help="the environment, by name or branch [default: all of them]",
)
@_option(
    _GOAL,
    "--stage",
    metavar="NAME",
    help="a Stage instead of a strategy [default: all that know --freight]",
    shell_complete=_STAGE,
)
@_option(
    _GOAL,
    "--freight",
    metavar="FREIGHT",
    help="Freight by alias, name or the start of its name [default: the next Freight of --stage]",
    shell_complete=_completing("freight"),
)
@_option(_TIME, "--timeout", type=_DURATION, default="30m", help="how long to wait")
@_option(
    _TIME,
    "--appears-within",
    type=_DURATION,
    default="2m",
    help="how long a commit may be unknown",
)
@_option(
    _TIME,
    "--fail-fast",
    is_flag=True,
    help="end as soon as one environment failed or is held",
)
@_options(everywhere=True)
def wait(**given: Any) -> None:
    """Wait until a commit is live, or Freight is in use.

    Give a strategy's NAME, --commit or both; or --stage, --freight or both. Without NAME the command waits for every
    strategy that knows the commit, without --stage for every Stage that knows the Freight. It watches, and resumes
    after restarts of the server and lost connections.

    Exit status 0: the commit is live, or it was live and a later one is live now. For Freight: it is in use, and the
    Stage is Healthy. 1: a check failed, or a RestoreActiveCommit holds the environment; the Promotion failed, or the
    Stage is Unhealthy. 2: timeout; the last line says what the command waited for. 3: a later commit replaced it
    before it was live. 4: unknown strategy, environment, Stage, commit or Freight.
    """
    _answer("wait", given)


@promotion_command.command(cls=PurposeCommand, context_settings=CONTEXT)
@click.argument("name", shell_complete=_EITHER)
@click.argument("environment", required=False)
@_options(everywhere=False, dated=True)
def why(**given: Any) -> None:
    """Show why an environment or a Stage is in its state.

    NAME is a strategy, else a Stage (stage/NAME: a Stage in any case). For a strategy: what the environment waits
    for, down to the first cause. Without ENVIRONMENT: the environment that causes the strategy's state. For a Stage:
    its state, and why newer Freight is not there yet. For both: whom to ask.
    """
    _answer("why", given)


@promotion_command.command(cls=PurposeCommand, context_settings=CONTEXT)
@click.argument("name", required=False, shell_complete=_STRATEGY)
@_option(_FORM, "--since", type=_DURATION, default="24h", help="how far to look back")
@_option(_FORM, "-f", "--follow", is_flag=True, help="keep running, and show new events")
@_options(everywhere=True)
def log(**given: Any) -> None:
    """Show what happened, the oldest first.

    It shows the promotions that GitOps Promoter keeps: the last 5 of an environment, 20 from 0.41 on. It shows the
    current state, and with --follow each change of the state.
    """
    _answer("log", given)


@promotion_command.command(cls=PurposeCommand, context_settings=CONTEXT)
@click.argument("name", shell_complete=_EITHER)
@_options(everywhere=False, dated=True)
def history(**given: Any) -> None:
    """Show what went live where, or the Promotions of a Stage; the newest first.

    NAME is a strategy, else a Stage (stage/NAME: a Stage in any case), which has the last ten Promotions that have
    ended. For a strategy it shows the promotions that GitOps Promoter keeps: the last 5 of an environment, 20 from
    0.41 on.
    """
    _answer("history", given)


@promotion_command.command(cls=PurposeCommand, context_settings=CONTEXT)
@click.argument("name", shell_complete=_STRATEGY)
@click.argument("first", metavar="ENVIRONMENT")
@click.argument("second", metavar="ENVIRONMENT")
@_options(everywhere=False, dated=True)
def diff(**given: Any) -> None:
    """Show the commits between two environments.

    It shows the known commits that any environment of the strategy has had. If the repository's address is known, it
    prints a link to all commits.
    """
    _answer("diff", given)


@promotion_command.command(cls=PurposeCommand, context_settings=CONTEXT)
@click.argument("name", required=False, shell_complete=_EITHER)
@_option(_REACH, "-l", "--selector", metavar="LABELS", help="objects with these labels, such as team=payments")
@_option(_FORM, "--since", type=_DURATION, default="30d", help="how far to look back")
@_option(_FORM, "--by", type=OneOf("object", "namespace"), default="object", help="what each row shows")
@_options(everywhere=True, forms=("table", "wide", "csv", "json", "yaml"))
def dora(**given: Any) -> None:
    """Show how often, how fast and how well commits are delivered.

    For each strategy: deployments to its last environments, the time from a commit to there (lead time) and from one
    environment to the next (hop). Also the deployments that failed or were rolled back, and the time until this was
    over. For each Stage: its Promotions, the time from one Stage to the next, Promotions that failed or made it
    unhealthy. Times are medians; the number of samples is in parentheses. -o wide also has p90 if there are ten
    samples or more. The figures come from promoter-view's journal; docs/journal.md has the definitions. stage/NAME is
    a Stage in any case.
    """
    _answer("dora", given)


def main() -> None:
    """The console script ``kubectl-promotion``. Ends the process."""
    run(promotion_command, NAME)


def complete() -> None:
    """The console script ``kubectl_complete-promotion``: kubectl's completion runs it."""
    answer_kubectl(promotion_command, NAME)

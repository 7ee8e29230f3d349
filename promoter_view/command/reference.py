"""docs/command.md, made of the commands as they are declared. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from inspect import cleandoc

import click

from promoter_view.command.declaring import PurposeGroup
from promoter_view.command.exits import Exit
from promoter_view.command.program import NAME, promoter_view_command
from promoter_view.command.promotion import NAME as PLUGIN_NAME
from promoter_view.command.promotion import promotion_command

#: How the help says what counts where nothing is given.
_DEFAULT = " [default: "
_TITLE = """# The commands

<!-- This page is written by make docs. -->

`pip install promoter-view` installs two commands: `kubectl promotion` to look at promotions, and `promoter-view` to run
the program. `--help` prints the same text as this page. If `kubectl-promotion` is in PATH, kubectl finds the first one.

<!-- docs-check: cluster -->
```
kubectl promotion status -A --watch
kubectl promotion where 1a2b3c4 -A
kubectl promotion why shop production -n team
kubectl promotion wait shop -n team --commit "$(git rev-parse HEAD)" --environment production --timeout 1h
```

`kubectl promotion` uses only the kubeconfig, your own permissions and the aggregated API. You need `list` and `watch`
on `promotionstrategydetails` and `stagedetails`, `get` on `commits` and `list` on `promotionevents`, in the API group
`view.promoter.argoproj.io`.
"""


def commands_page() -> str:
    """The whole page, Markdown."""
    parts = [_TITLE, *_command(promotion_command, PLUGIN_NAME, "##"), *_command(promoter_view_command, NAME, "##")]
    return "\n".join([*parts, *_statuses()]) + "\n"


def _command(command: click.Command, path: str, heading: str) -> Iterator[str]:
    yield f"{heading} {path}\n"
    yield f"```\n{_usage(command, path)}\n```\n"
    yield cleandoc(command.help or "") + "\n"
    yield from _options(command)
    if isinstance(command, PurposeGroup):
        for names in command.sections.values():
            for name in names:
                yield from _command(command.commands[name], f"{path} {name}", "###")


def _usage(command: click.Command, path: str) -> str:
    context = click.Context(command, info_name=path)
    return " ".join([path, *command.collect_usage_pieces(context)]).strip()


def _options(command: click.Command) -> Iterator[str]:
    options = [each for each in command.params if isinstance(each, click.Option)]
    if not options:
        return
    yield "| option | default | meaning |\n| --- | --- | --- |"
    yield from (_row(option) for option in options)
    yield ""


def _row(option: click.Option) -> str:
    context = click.Context(click.Command("it"))
    value = "" if option.is_flag else f" {option.make_metavar(context)}"
    written = ", ".join(option.opts) + value
    meaning, _, told = (option.help or "").partition(_DEFAULT)
    default = told.removesuffix("]") or _default(option)
    return "| " + " | ".join(cell.replace("|", r"\|") for cell in (f"`{written}`", default, meaning)) + " |"


def _default(option: click.Option) -> str:
    if option.is_flag:
        return "off"
    return f"`{option.default}`" if isinstance(option.default, str) and option.default else ""


def _statuses() -> Sequence[str]:
    rows = [f"| {status.value} | {status.meaning} |" for status in Exit]
    return ["## Exit status\n", "| status | meaning |\n| --- | --- |", *rows]

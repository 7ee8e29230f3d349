"""How commands are declared: help by purpose, defaults, nearest names, and work that is imported when it is run.

What a command does is a module with a function ``run``, which takes its parameters by name. ``--help`` imports none of
them, completion only the one that asks the cluster for names.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from importlib import import_module
from typing import Any, NoReturn, TypeVar

import click
from click.shell_completion import CompletionItem

#: Columns of the help where the terminal has more.
_MOST_COLUMNS = 110
_OTHERS = "Others"

T = TypeVar("T")


class PurposeOption(click.Option):
    """An option that stands under its purpose in the help."""

    def __init__(self, *arguments: Any, purpose: str = _OTHERS, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self.purpose = purpose


class PurposeCommand(click.Command):
    """A command whose help has its options by purpose."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """See click.Command."""
        sections: dict[str, list[tuple[str, str]]] = {}
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx)
            if record is not None and not isinstance(parameter, click.Argument):
                sections.setdefault(getattr(parameter, "purpose", _OTHERS), []).append(record)
        others = sections.pop(_OTHERS, [])
        for title, records in [*sections.items(), (_OTHERS, others)]:
            with formatter.section(title):
                formatter.write_dl(records)


class PurposeGroup(click.Group):
    """A group whose help has its commands by purpose: ``sections`` are titles with names of commands."""

    def __init__(self, *arguments: Any, sections: Mapping[str, Sequence[str]], **more: Any) -> None:
        super().__init__(*arguments, **more)
        self.sections = sections

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """See click.Group."""
        for title, names in self.sections.items():
            found = [self.commands[name] for name in names]
            limit = formatter.width - 6 - max(len(name) for name in names)
            with formatter.section(title):
                formatter.write_dl([(str(each.name), each.get_short_help_str(limit)) for each in found])

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """See click.Group: in the order of the help."""
        return [name for names in self.sections.values() for name in names]


class Words(click.ParamType[Any]):
    """A value that ``parse`` reads; its ValueError says what was expected. ``metavar`` stands for it in the help."""

    def __init__(self, metavar: str, parse: Callable[[str], Any]) -> None:
        self.name = metavar
        self._parse = parse

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:  # noqa: ARG002
        """See click.ParamType."""
        return self.name

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """See click.ParamType."""
        if not isinstance(value, str):
            return value
        try:
            return self._parse(value)
        except ValueError as error:
            refuse(value, param, ctx, str(error))


class OneOf(click.ParamType[str]):
    """One of a few words; the nearest is named where it is none of them."""

    def __init__(self, *words: str) -> None:
        self.name = "|".join(words)
        self._words = words

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:  # noqa: ARG002
        """See click.ParamType."""
        return self.name

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """See click.ParamType."""
        if value not in self._words:
            refuse(str(value), param, ctx, f"expected {', '.join(self._words)}{did_you_mean(str(value), self._words)}")
        return str(value)

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:  # noqa: ARG002
        """See click.ParamType."""
        return [CompletionItem(word) for word in self._words if word.startswith(incomplete)]


def refuse(value: str, param: click.Parameter | None, ctx: click.Context | None, expected: str) -> NoReturn:
    """Errors: click.UsageError, always."""
    name = (
        ""
        if param is None
        else max(param.opts, key=len)
        if param.param_type_name == "option"
        else param.human_readable_name
    )
    raise click.UsageError(f"invalid value {value!r} for {name}: {expected}", ctx)


def did_you_mean(word: str, known: Sequence[str]) -> str:
    """``; did you mean 'staging'?``, or "" where nothing is alike."""
    near = [each for each in known if word and each.startswith(word)] or get_close_matches(word, known, n=1)
    return f"; did you mean {near[0]!r}?" if near else ""


def work(module: str) -> Callable[..., Any]:
    """What calls the ``run`` of that module, which is imported then."""

    def call(**parameters: Any) -> Any:
        return import_module(module).run(**parameters)

    return call


#: For each command: no surprise by width, and -h as kubectl has it.
CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": _MOST_COLUMNS, "show_default": True}

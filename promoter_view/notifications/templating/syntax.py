"""Jinja2 as templates of a notifications file have it: sandboxed, and what bodies write of an entry is JSON. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable
from typing import Any

from jinja2 import StrictUndefined, TemplateError, Undefined
from jinja2.exceptions import TemplateSyntaxError
from jinja2.nodes import Filter, Test
from jinja2.sandbox import ImmutableSandboxedEnvironment

MAX_SOURCE_CHARACTERS = 16 * 1024
_MOST_OF_A_NAME = 60
_GLOBALS = ("range", "namespace", "joiner", "cycler")
#: What would end a tag, or a word, where JSON stands in a page of HTML.
_IN_HTML = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "'": "\\u0027"})


def body_environment() -> ImmutableSandboxedEnvironment:
    """Of bodies: what stands in ``{{ }}`` becomes JSON, quotes and all."""
    return _environment(_as_json)


def header_environment() -> ImmutableSandboxedEnvironment:
    """Of headers: what stands in ``{{ }}`` becomes text."""
    return _environment(_as_text)


def check_template(source: str) -> None:
    """Errors: ValueError, where it is no template, in one line why."""
    if len(source) > MAX_SOURCE_CHARACTERS:
        raise ValueError(f"it has {len(source)} characters: expected at most {MAX_SOURCE_CHARACTERS}")
    environment = body_environment()
    try:
        parsed = environment.parse(source)
        _check_names("filter", parsed.find_all(Filter), environment.filters)
        _check_names("test", parsed.find_all(Test), environment.tests)
    except TemplateSyntaxError as error:
        raise ValueError(f"line {error.lineno} of it: {one_line(error.message or '')}") from error
    except (TemplateError, RecursionError) as error:
        raise ValueError(f"this is no template: {one_line(str(error))}") from error


def _check_names(kind: str, used: Iterable[Filter | Test], known: Collection[str]) -> None:
    """Errors: ValueError, where nothing is so called. Nothing is compiled here: that could compute what is constant."""
    for node in used:
        if node.name not in known:
            raise ValueError(f"line {node.lineno} of it: there is no {kind} {one_line(node.name)[:_MOST_OF_A_NAME]}")


def one_line(message: str) -> str:
    """What an error says, short."""
    return " ".join(message.split())[:200]


def _environment(finalize: Callable[[Any], str]) -> ImmutableSandboxedEnvironment:
    """``autoescape`` is of HTML, which nothing here is."""
    made = ImmutableSandboxedEnvironment(
        undefined=StrictUndefined, finalize=finalize, autoescape=False, keep_trailing_newline=True
    )
    for name in made.globals.keys() - set(_GLOBALS):
        del made.globals[name]
    return made


def _as_json(value: Any) -> str:
    if isinstance(value, Undefined):
        return str(value)  # raises: what is not there is not sent
    return json.dumps(value).translate(_IN_HTML)


def _as_text(value: Any) -> str:
    return str(value) if isinstance(value, str | Undefined) else json.dumps(value)

"""Jinja2 as templates of a notifications file have it: sandboxed, and every expression is written as JSON. Pure."""

from __future__ import annotations

import json
from typing import Any

from jinja2 import StrictUndefined, TemplateError, Undefined
from jinja2.exceptions import TemplateSyntaxError
from jinja2.sandbox import ImmutableSandboxedEnvironment

MAX_SOURCE_CHARACTERS = 16 * 1024
#: What templates may name.
NAMES = ("entry", "entries", "page", "pages", "sentence", "sentences", "files")


def json_environment() -> ImmutableSandboxedEnvironment:
    """Of bodies: what stands in ``{{ }}`` becomes JSON, quotes and all."""
    return _environment(_as_json)


def check_template(source: str) -> None:
    """Errors: ValueError, where it is no template, in one line why."""
    if len(source) > MAX_SOURCE_CHARACTERS:
        raise ValueError(f"it has {len(source)} characters: expected at most {MAX_SOURCE_CHARACTERS}")
    try:
        json_environment().parse(source)
    except TemplateSyntaxError as error:
        raise ValueError(f"line {error.lineno} of it: {_one_line(error.message or '')}") from error
    except (TemplateError, RecursionError) as error:
        raise ValueError(f"this is no template: {_one_line(str(error))}") from error


def _environment(finalize: Any) -> ImmutableSandboxedEnvironment:
    made = ImmutableSandboxedEnvironment(
        undefined=StrictUndefined, finalize=finalize, autoescape=False, cache_size=0, keep_trailing_newline=True
    )
    made.globals.clear()
    return made


def _as_json(value: Any) -> str:
    if isinstance(value, Undefined):
        return str(value)  # raises: what is not there is not sent
    return json.dumps(value)


def _one_line(message: str) -> str:
    return " ".join(message.split())[:200]

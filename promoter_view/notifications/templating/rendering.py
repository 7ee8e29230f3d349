"""What the process of templates does with a request. Pure: how long it may take is somebody else's to say."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

from jinja2 import Template
from jinja2.sandbox import ImmutableSandboxedEnvironment

from promoter_view.notifications.templating.syntax import body_environment, header_environment, one_line

MAX_BODY_BYTES = 64 * 1024
_MOST_IN_HEADER = 1024
_UNSAFE = re.compile(r"[^\t\x20-\x7e]")
_HIDDEN = "redacted"
_LEAST_SECRET = 4
_JSON = re.compile(r"application/([a-z0-9.+-]+\+)?json\b", re.IGNORECASE)
#: Of so many sources, each of 16 KB at most.
_KEPT = 64


class RenderError(Exception):
    """A template cannot be rendered with those values: in one line why, without what stands in files."""


def render(asked: Mapping[str, Any], before_rendering: Callable[[], None]) -> dict[str, Any]:
    """The ``body`` and the ``headers``, texts by names, of a request: ``body``, ``content_type``, ``headers`` and
    ``values``. ``before_rendering`` is called once all is compiled. Errors: RenderError.
    """
    values = asked["values"]
    with _told(values["files"]):
        body = _compiled(body_environment, asked["body"])
        headers = {name: _compiled(header_environment, source) for name, source in asked["headers"].items()}
        before_rendering()
        return {
            "body": _checked(_written(body, values), asked["content_type"]),
            "headers": {name: _header(name, _written(each, values)) for name, each in headers.items()},
        }


@contextmanager
def _told(files: Mapping[str, str]) -> Iterator[None]:
    """Whatever a template raises is one line."""
    try:
        yield
    except RenderError:
        raise
    except MemoryError as error:
        raise RenderError("it needs too much memory") from error
    except Exception as error:
        raise RenderError(one_line(_without(files, f"{type(error).__name__}: {error}"))) from error


@lru_cache(maxsize=_KEPT)
def _compiled(environment: Callable[[], ImmutableSandboxedEnvironment], source: str) -> Template:
    return environment().from_string(source)


def _written(template: Template, values: Mapping[str, Any]) -> str:
    """No more than a body may have is ever put together."""
    pieces, size = list[str](), 0
    for piece in template.generate(values):
        size += len(piece.encode("utf-8", "surrogatepass"))
        if size > MAX_BODY_BYTES:
            raise RenderError(f"it makes more than {MAX_BODY_BYTES} bytes")
        pieces.append(piece)
    return "".join(pieces)


def _checked(body: str, content_type: str) -> str:
    """What calls itself JSON is."""
    if _JSON.match(content_type):
        try:
            json.loads(body, parse_constant=_no_number)
        except (ValueError, RecursionError) as error:
            where = one_line(str(error)) if isinstance(error, ValueError) else "too many levels"
            raise RenderError(f"what it makes is no JSON: {where}") from error
    return body


def _no_number(word: str) -> None:
    """What Python calls infinite, or no number, JSON has no word for."""
    raise ValueError(f"{word} is no number of JSON")


def _header(name: str, value: str) -> str:
    if len(value) > _MOST_IN_HEADER or _UNSAFE.search(value):
        raise RenderError(f"header {name}: what it makes has a line end, a NUL, is not ASCII, or is too long")
    return value.strip()


def _without(files: Mapping[str, str], message: str) -> str:
    for secret in files.values():
        if len(secret) >= _LEAST_SECRET:
            message = message.replace(secret, _HIDDEN)
    return message

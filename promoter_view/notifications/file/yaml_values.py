"""The text of the file as lists, mappings and texts: nothing else that YAML can have is made. Pure."""

from __future__ import annotations

from typing import Any

import yaml

from promoter_view.notifications.file.fields import quoted

#: Ten times as fast, where PyYAML was built with it.
_BASE: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
MAX_BYTES = 1 << 20
_MOST_LEVELS = 12
_OPENING = (yaml.SequenceStartEvent, yaml.MappingStartEvent)
_CLOSING = (yaml.SequenceEndEvent, yaml.MappingEndEvent)


class YAMLTextError(ValueError):
    """The text cannot be read: in one line why, with the line of the file where that is known."""


class _Loader(_BASE):
    """Every scalar is a text: ``10:30`` is no number here, and ``on`` is no truth. A key stands once in a mapping."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """See yaml.BaseLoader."""
        seen = set[str]()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise YAMLTextError(f"{_line(key.start_mark)}: a name has to be a text")
            if key.value in seen:
                raise YAMLTextError(f"{_line(key.start_mark)}: {quoted(key.value)} stands twice")
            seen.add(key.value)
        found: dict[Any, Any] = super().construct_mapping(node, deep=deep)
        return found


def read_yaml(text: bytes) -> Any:
    """A mapping, list or text; "" of an empty file. It may take half a second for the largest. Errors: YAMLTextError.

    Aliases and tags are refused, and what is nested more than a dozen levels.
    """
    if len(text) > MAX_BYTES:
        raise YAMLTextError(f"it has {len(text)} bytes: expected at most {MAX_BYTES}")
    try:
        _check_events(text)
        found = yaml.load(text, Loader=_Loader)  # noqa: S506 - a BaseLoader makes texts, lists and mappings
    except yaml.MarkedYAMLError as error:
        where = f"{_line(error.problem_mark)}: " if error.problem_mark else ""
        raise YAMLTextError(f"{where}{error.problem or error.context or 'this is no YAML'}") from error
    except (yaml.YAMLError, UnicodeError) as error:
        raise YAMLTextError(f"this is no YAML: {' '.join(str(error).split())[:200]}") from error
    return "" if found is None else found


def _check_events(text: bytes) -> None:
    depth = documents = 0
    for event in yaml.parse(text, Loader=_Loader):
        if isinstance(event, yaml.AliasEvent):
            raise YAMLTextError(
                f"{_line(event.start_mark)}: aliases (*...) are not read; quote a text that begins with *"
            )
        if getattr(event, "tag", None) is not None:
            raise YAMLTextError(f"{_line(event.start_mark)}: tags (!...) are not read")
        depth += isinstance(event, _OPENING) - isinstance(event, _CLOSING)
        documents += isinstance(event, yaml.DocumentStartEvent)
        if depth > _MOST_LEVELS:
            raise YAMLTextError(f"{_line(event.start_mark)}: more than {_MOST_LEVELS} levels")
        if documents > 1:
            raise YAMLTextError(f"{_line(event.start_mark)}: a second document: expected one")


def _line(mark: Any) -> str:
    return f"line {mark.line + 1}" if mark else "this"

"""Decoded JSON as YAML that every reader takes as it was meant: Go's and YAML 1.2's too. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from typing import IO, Any, cast

import yaml

try:  # ten times as fast, where PyYAML was built with it
    from yaml import CSafeDumper as SafeDumper
except ImportError:
    from yaml import SafeDumper  # type: ignore[assignment]

#: Events handed over in one step: about a millisecond.
_EVENTS_A_STEP = 50
_CLOSE = b"...\n"
_HOW = ((True, False), (False, True))


class _Dumper(SafeDumper):
    """Quotes also what readers other than PyYAML would take for something else than text."""

    def ignore_aliases(self, _data: Any) -> bool:
        """No anchors: a document is a tree."""
        return True


def _text(dumper: SafeDumper, value: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style="|" if "\n" in value else None)


# A commit such as 12e4567 is a number to Go and to YAML 1.2, and y is true to go-yaml, but neither is to PyYAML.
_Dumper.add_representer(str, _text)
_Dumper.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(r"^[-+]?(?:\.[0-9_]+|[0-9][0-9_]*(?:\.[0-9_]*)?)(?:[eE][-+]?[0-9]+)?$"),
    list("-+.0123456789"),
)
_Dumper.add_implicit_resolver("tag:yaml.org,2002:int", re.compile(r"^[-+]?0[oObBxX][0-9a-fA-F_]+$"), list("-+0"))
_Dumper.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^[yYnN]$"), list("yYnN"))


class _Sink:
    """What the emitter writes to."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def write(self, text: bytes) -> None:
        self._parts.append(text)

    def taken(self) -> bytes:
        parts, self._parts = self._parts, []
        return b"".join(parts)


def to_yaml(document: Any) -> bytes:
    """YAML in block style. Objects' keys in order, as kube-apiserver writes them."""
    return b"".join(yaml_steps(document))


def yaml_steps(document: Any, *, sort_keys: bool = True) -> Iterator[bytes]:
    """The same, its keys also as they stand, in pieces of about a millisecond's work, which may be empty.

    A document of megabytes takes seconds, and PyYAML's ``dump`` makes all of it in one go.
    """
    sink, held = _Sink(), b""
    dumper = _Dumper(cast("IO[bytes]", sink), encoding="utf-8", allow_unicode=True, width=1 << 30)
    events = _events(document, dumper, sort_keys=sort_keys)
    try:
        while step := list(islice(events, _EVENTS_A_STEP)):
            for event in step:
                dumper.emit(event)
            piece = held + sink.taken()
            held = piece[-len(_CLOSE) :]
            yield piece[: -len(_CLOSE)]
    finally:
        dumper.dispose()
    # PyYAML closes a document that ends with a text of trailing newlines; in a list the next item follows it.
    yield held.removesuffix(_CLOSE)


def _events(document: Any, dumper: Any, *, sort_keys: bool) -> Iterator[yaml.Event]:
    yield yaml.StreamStartEvent(encoding="utf-8")
    yield yaml.DocumentStartEvent(explicit=False)
    yield from _value(document, dumper, sort_keys=sort_keys)
    yield yaml.DocumentEndEvent(explicit=False)
    yield yaml.StreamEndEvent()


def _value(value: Any, dumper: Any, *, sort_keys: bool) -> Iterator[yaml.Event]:
    if isinstance(value, dict):
        yield yaml.MappingStartEvent(None, None, implicit=True, flow_style=False)
        for key in sorted(value) if sort_keys else value:
            yield _scalar(key, dumper)
            yield from _value(value[key], dumper, sort_keys=sort_keys)
        yield yaml.MappingEndEvent()
    elif isinstance(value, list):
        yield yaml.SequenceStartEvent(None, None, implicit=True, flow_style=False)
        for item in value:
            yield from _value(item, dumper, sort_keys=sort_keys)
        yield yaml.SequenceEndEvent()
    else:
        yield _scalar(value, dumper)


def _scalar(value: Any, dumper: Any) -> yaml.Event:
    """As PyYAML's serializer has it: whether a reader finds the tag by himself where it is plain, and where quoted."""
    node = dumper.represent_data(value)
    plain, quoted = (node.tag == dumper.resolve(yaml.ScalarNode, node.value, how) for how in _HOW)
    return yaml.ScalarEvent(None, node.tag, (plain, quoted), node.value, style=node.style)

"""Decoded JSON as YAML that every reader takes as it was meant: Go's and YAML 1.2's too. Pure."""

from __future__ import annotations

import re
from typing import Any

import yaml

try:  # ten times as fast, where PyYAML was built with it
    from yaml import CSafeDumper as SafeDumper
except ImportError:
    from yaml import SafeDumper  # type: ignore[assignment]


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


def to_yaml(document: Any, *, sort_keys: bool = True) -> bytes:
    """YAML in block style. Objects' keys in order, as kube-apiserver writes them, or as they stand."""
    text: bytes = yaml.dump(
        document, Dumper=_Dumper, encoding="utf-8", allow_unicode=True, width=1 << 30, sort_keys=sort_keys
    )
    # PyYAML closes a document that ends with a text of trailing newlines; in a list the next item follows it.
    return text.removesuffix(b"...\n")

"""``-o json|yaml|name``: documents as kubectl prints them. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import orjson
import yaml

from promoter_view.decoded import text
from promoter_view.views.definition import GROUP

#: The forms of -o that are documents; the others are tables.
DOCUMENTS = ("json", "yaml")
TABLE, WIDE, NAME = "table", "wide", "name"
#: What a terminal would obey and JSON may hold as it is.
_OBEYED = re.compile("[\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def document(found: Any, output: str) -> str:
    """JSON or YAML."""
    if output == "yaml":
        written: str = yaml.safe_dump(found, sort_keys=False, allow_unicode=True)
        return written.rstrip("\n")
    return escaped(orjson.dumps(found, option=orjson.OPT_INDENT_2).decode())


def escaped(written: str) -> str:
    """JSON that means the same, and that no terminal obeys."""
    return _OBEYED.sub(lambda sign: f"\\u{ord(sign[0]):04x}", written)


def listed(items: Sequence[Any]) -> dict[str, Any]:
    """A list, as kubectl prints several objects."""
    return {"apiVersion": "v1", "kind": "List", "items": list(items)}


def in_short(found: Mapping[str, Any]) -> dict[str, Any]:
    """An object's identity and status: the members are kubectl get's to show."""
    metadata = {name: text(found, "metadata", name) for name in ("namespace", "name", "resourceVersion")}
    return {
        "apiVersion": text(found, "apiVersion"),
        "kind": text(found, "kind"),
        "metadata": {name: value for name, value in metadata.items() if value},
        "status": found.get("status") or {},
    }


def name_of(found: Mapping[str, Any]) -> str:
    """As kubectl names an object, to be used as an argument of it."""
    return f"{text(found, 'kind').lower()}.{GROUP}/{text(found, 'metadata', 'name')}"

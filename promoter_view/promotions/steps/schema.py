"""Whether the config of a step is what its JSON schema asks for, and what was expected where it is not. Pure.

The schemas are files of the package, one a kind of step. Unknown keys are refused at every level.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

_TYPES = {dict: "an object", list: "a list", str: "a string", bool: "a boolean", type(None): "null"}
_WANTED = {"object": "an object", "array": "a list", "string": "a string", "boolean": "a boolean"}
#: A version or a commit that looks like a number is the usual case.
_QUOTE = " (in an expression, quote(...) keeps a string a string)"
_SHOWN = 5
_SHOWN_LENGTH = 60


class ConfigSchema:
    """The schema of the config of one kind of step."""

    def __init__(self, schema: Mapping[str, Any]) -> None:
        self._validator = Draft202012Validator(schema)

    def problems(self, config: Any) -> list[str]:
        """What is wrong with a config, each with its path, the first few in the order of the paths; none when valid."""
        errors = sorted(self._validator.iter_errors(config), key=lambda error: list(map(str, error.absolute_path)))
        lines = list(dict.fromkeys(line for error in errors for line in _lines(error)))
        more = [f"and {len(lines) - _SHOWN} more"] if len(lines) > _SHOWN else []
        return lines[:_SHOWN] + more


def load_schema(uses: str) -> ConfigSchema:
    """The schema of that kind of step, from the package's files."""
    file = resources.files("promoter_view.promotions.steps").joinpath("schemas", f"{uses}.json")
    return ConfigSchema(json.loads(file.read_text("utf-8")))


@dataclass(frozen=True, slots=True)
class _Violation:
    """What of the config is against which keyword's value, of which schema."""

    instance: Any
    value: Any
    schema: Mapping[str, Any]


def _lines(error: ValidationError) -> Iterable[str]:
    where = "config" + "".join(_step(part) for part in error.absolute_path)
    schema = error.schema if isinstance(error.schema, Mapping) else {}
    describe = _DESCRIBED.get(str(error.validator), _as_described)
    return [f"{where}: {words}" for words in describe(_Violation(error.instance, error.validator_value, schema))]


def _step(part: str | int) -> str:
    return f"[{part}]" if isinstance(part, int) else f".{_cut(part)}"


def _type(found: _Violation) -> Iterable[str]:
    cure = _QUOTE if found.value == "string" and isinstance(found.instance, bool | int | float) else ""
    return [f"has to be {_WANTED[found.value]}, not {_TYPES.get(type(found.instance), 'a number')}{cure}"]


def _required(found: _Violation) -> Iterable[str]:
    why = f": {found.schema['description']}" if "description" in found.schema else ""
    return [f"{name} is required{why}" for name in found.value if name not in found.instance]


def _unknown(found: _Violation) -> Iterable[str]:
    known = found.schema["properties"]
    return [f'unknown key "{_cut(key)}"; known are {", ".join(known)}' for key in found.instance if key not in known]


def _enum(found: _Violation) -> Iterable[str]:
    return [f"has to be one of {', '.join(found.value)}, not {_cut(json.dumps(found.instance))}"]


def _as_described(found: _Violation) -> Iterable[str]:
    return [found.schema["description"]]


def _fixed(words: str) -> Callable[[_Violation], Iterable[str]]:
    return lambda _: [words]


#: The words for an error, by the keyword of the schema that it is against; for any other the schema has a description.
_DESCRIBED: Mapping[str, Callable[[_Violation], Iterable[str]]] = {
    "type": _type,
    "required": _required,
    "additionalProperties": _unknown,
    "enum": _enum,
    "minLength": _fixed("must not be empty"),
    "minItems": _fixed("needs at least one entry"),
    "uniqueItems": _fixed("names an entry twice"),
}


def _cut(words: str) -> str:
    return words if len(words) <= _SHOWN_LENGTH else words[:_SHOWN_LENGTH] + "..."

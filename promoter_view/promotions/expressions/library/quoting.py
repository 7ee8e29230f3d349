"""Functions that keep a string a string where a template would take it for something else. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml

from promoter_view.promotions.expressions.json_texts import plain, to_json
from promoter_view.promotions.expressions.library.conversions import read_float
from promoter_view.promotions.expressions.values import Function, bounded

_WIDTH = 1 << 30
#: What old readers take for a bool.
_BOOLS = frozenset("yYnN")
#: What stands behind a scalar alone.
_END = "...\n"


def _quote(value: Any) -> str:
    """In double quotes, so that what looks like a number or a bool stays a string."""
    return bounded(f'"{value}"') if isinstance(value, str) else _unsafe_quote(value)


def _unsafe_quote(value: Any) -> str:
    """Its JSON in double quotes: a string keeps quotes of its own."""
    return bounded(f'"{to_json(value)}"')


def _as_json(value: Any) -> str:
    return bounded(f'"{to_json(value, indent=2)}\n"')


class _Dumper(yaml.SafeDumper):
    """As Go's writes it: indented by four, arrays too, texts of several lines as they are."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002
        """See yaml.Emitter: an array is indented below its name."""
        super().increase_indent(flow, False)

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002
        """See yaml.Representer: nothing is named to be written once."""
        return True


def _represented(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    if "\n" in text:
        return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|")
    stays = dumper.resolve(yaml.ScalarNode, text, (True, False)) == "tag:yaml.org,2002:str"
    style = None if stays and text not in _BOOLS and read_float(text) is None else '"'
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _represented)


def _as_yaml(value: Any) -> str:
    text: str = yaml.dump(plain(value), Dumper=_Dumper, indent=4, width=_WIDTH, allow_unicode=True)
    return bounded(f'"{text.removesuffix(_END)}"')


QUOTING: Mapping[str, Function] = {
    "quote": Function(_quote),
    "unsafeQuote": Function(_unsafe_quote),
    "asJSON": Function(_as_json),
    "asYAML": Function(_as_yaml, cost=50),
}

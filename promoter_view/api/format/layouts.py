"""How a document is laid out as text: compact JSON, indented JSON, or YAML, whole or item by item. Pure.

All start from the compact JSON that everything is kept as; a list of any size is laid out without being held whole.
"""

from __future__ import annotations

from collections.abc import Iterator

import orjson

from promoter_view.api.negotiation import MediaType
from promoter_view.large_json import decoded, indented
from promoter_view.reading.wire import fixed
from promoter_view.web.yaml_text import to_yaml, yaml_steps

#: kube-apiserver's: command-line tools and browsers, where people read (isPrettyPrint in endpoints/handlers).
_READ_BY_PEOPLE = ("curl", "Wget", "Mozilla/5.0")
_TRUE = frozenset(("1", "t", "T", "TRUE", "true", "True"))


class Layout:
    """Bytes of JSON in, the bytes of an answer out: this one without white space, and a newline at its end."""

    content_type = MediaType.JSON
    #: What stands between two items.
    separator = fixed(b",")

    def steps(self, document: bytes) -> Iterator[bytes]:
        """A document, in pieces that may be empty: what takes long is done in steps."""
        yield document + b"\n"

    def item(self, item: bytes) -> Iterator[bytes]:
        """One of a list's items, as ``steps``."""
        yield item

    def frame(self, empty: bytes) -> tuple[bytes, bytes]:
        """What stands before the first and behind the last item of a list that is ``empty`` without them."""
        return empty[:-2], b"]}\n"


class Indented(Layout):
    """JSON as people read it, two spaces a level. Without a newline at its end, as kube-apiserver writes it."""

    separator = fixed(b",\n    ")

    def steps(self, document: bytes) -> Iterator[bytes]:
        """The document, indented."""
        return indented(document)

    def item(self, item: bytes) -> Iterator[bytes]:
        """The item, two levels in."""
        return indented(item, level=2)

    def frame(self, empty: bytes) -> tuple[bytes, bytes]:
        """The list broken open at its last brackets."""
        return b"".join(indented(empty)).removesuffix(b"]\n}") + b"\n    ", b"\n  ]\n}"


class Yaml(Layout):
    """YAML in block style, keys in order, as kube-apiserver writes it."""

    content_type = MediaType.YAML
    separator = fixed(b"")

    def steps(self, document: bytes) -> Iterator[bytes]:
        """The document."""
        yield from yaml_steps((yield from decoded(document)))

    def item(self, item: bytes) -> Iterator[bytes]:
        """The item behind its dash; a sequence's items stand as far left as its key."""
        yield from yaml_steps([(yield from decoded(item))])

    def frame(self, empty: bytes) -> tuple[bytes, bytes]:
        """Keys that sort behind the items' stand behind the items."""
        document = orjson.loads(empty)
        key = "items" if "items" in document else "rows"
        before = {name: value for name, value in document.items() if name < key}
        behind = {name: value for name, value in document.items() if name > key}
        return to_yaml(before) + f"{key}:\n".encode(), to_yaml(behind) if behind else b""


COMPACT = Layout()
INDENTED = Indented()
YAML_LAYOUT = Yaml()


def laid_out(layout: Layout, document: bytes) -> bytes:
    """A document that is small."""
    return b"".join(layout.steps(document))


def json_layout(pretty: str, user_agent: str | None) -> Layout:
    """Indented where the parameter ``pretty`` says so; where it says nothing, for those that people read with."""
    if pretty:
        return INDENTED if pretty in _TRUE else COMPACT
    return INDENTED if user_agent is not None and user_agent.startswith(_READ_BY_PEOPLE) else COMPACT

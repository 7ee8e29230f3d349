"""A view whose bundles are reflected as they are, from an API that serves them already. Pure.

Nothing is joined here: the definition says only how the bundle is called and where its root and its members stand. The
metadata.resourceVersion is ours, everything else is the API's own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import orjson

from promoter_view.kubernetes.kinds import Kind
from promoter_view.records import STATUS, BundleKey, ObjectKey, UndeclaredKind
from promoter_view.views.bundles import Draft, Drafting, Drafts
from promoter_view.views.definition import GROUP, STATE, VERSION, ViewDefinition
from promoter_view.views.fields import Fields
from promoter_view.views.joining.facts import RootFacts
from promoter_view.views.status.pieces import split

#: What stands in front of everything else of the metadata, as in bundles that are joined.
_FIRST = ("name", "namespace", "uid")


def reflected_kind(definition: ViewDefinition) -> Kind:
    """The resource by which the bundles of that view are listed and watched."""
    return Kind(definition.kind, definition.plural, GROUP, VERSION)


class ReflectedView:
    """The bundles of one view, each in pieces as ``View`` makes them; pieces that do not change are kept once.

    ``declared_only``: without fields that the definition does not have. Nobody could be asked who may see them.
    """

    def __init__(self, definition: ViewDefinition, *, declared_only: bool = False) -> None:
        self.definition = self._definition = definition
        self._shown = definition.fields if declared_only else None
        self._found: dict[BundleKey, Draft] = {}
        self.kinds = frozenset({definition.kind})

    def take_up(self, kinds: Sequence[UndeclaredKind], departed: Sequence[UndeclaredKind]) -> set[BundleKey]:  # noqa: ARG002
        """None are: what joins the bundles has done so."""
        return set()

    def put(self, fields: Fields, body: bytes) -> set[BundleKey]:  # noqa: ARG002 - the document says the same
        """A bundle is there, or has changed. One without what makes a bundle is noted, and left out."""
        key = self._key(fields.key)
        uid = fields.text(("metadata", "uid"))
        root = fields.mapping((self._definition.root_field,))
        if not uid or not root:
            fields.problems.append(f"metadata.uid or {self._definition.root_field} is missing")
            self._found.pop(key, None)
            return {key}
        before = self._found.get(key)
        tail = _shared(self._pieces(fields.document), () if before is None else before.tail)
        facts = self._facts(fields, uid, tail[0])
        self._found[key] = Draft(key, facts, tail, facts.selectable)
        return {key}

    def load(self, fields: Fields, body: bytes) -> None:
        """See Drafts."""
        self.put(fields, body)

    def load_alike(self, key: ObjectKey, body: bytes, other: Drafts) -> bool:  # noqa: ARG002
        """See Drafts: a bundle of then shares nothing with that of now."""
        return False

    def remove(self, key: ObjectKey) -> set[BundleKey]:
        """A bundle is gone."""
        self._found.pop(self._key(key), None)
        return {self._key(key)}

    def bundle_keys(self) -> Sequence[BundleKey]:
        """Those of all bundles, in no order."""
        return tuple(self._found)

    def draft(self, key: BundleKey) -> Drafting:
        """The bundle as it is now."""
        yield
        return self._found.get(key)

    def root_of_small(self, key: BundleKey) -> None:
        """See Drafts: all are made already."""

    def _key(self, key: ObjectKey) -> BundleKey:
        return BundleKey(self._definition.plural, key.namespace, key.name)

    def _facts(self, fields: Fields, uid: str, opening: bytes) -> RootFacts:
        metadata = fields.mapping(("metadata",))
        named = {name: metadata[name] for name in _FIRST if name in metadata}
        start = {"kind": self._definition.kind, "apiVersion": self._definition.api_version, "metadata": named}
        head = orjson.dumps(start)[:-2] + b',"resourceVersion":"'
        created = fields.text(("metadata", "creationTimestamp"))
        return RootFacts(uid, created, fields.labels(), head, opening, {}, self._selectable(fields))

    def _selectable(self, fields: Fields) -> Mapping[str, str]:
        """As ``View`` has them: of the root, and the status as the API tells it."""
        root = self._definition.root_field
        found = {name: fields.text((root, *name.split("."))) for name in self._definition.selectable}
        return {**found, STATE: fields.text(tuple(STATE.split(".")))}

    def _pieces(self, document: Mapping[str, Any]) -> Iterator[bytes]:
        """The rest of the metadata, the root, and then each field behind its joint, as ``View`` has them."""
        root_field = self._definition.root_field
        metadata = {name: value for name, value in document["metadata"].items() if name not in _FIRST}
        rest = b"," + orjson.dumps(metadata)[1:] if metadata else b"}"
        yield b'"' + rest + b',"%s":' % root_field.encode()
        yield orjson.dumps(document[root_field])
        for name, value in document.items():
            if name not in ("kind", "apiVersion", "metadata", root_field) and self._shows(name):
                yield b"," + orjson.dumps(name) + b":"
                yield from _value(name, value)
        yield b"}"

    def _shows(self, name: str) -> bool:
        return self._shown is None or name in self._shown


def _value(name: str, value: Any) -> Iterable[bytes]:
    if name == STATUS and isinstance(value, dict):
        return split(value)
    return _list(value) if isinstance(value, list) and value else (orjson.dumps(value),)


def _list(values: list[Any]) -> Iterator[bytes]:
    separator = b"["
    for value in values:
        yield separator
        yield orjson.dumps(value)
        separator = b","
    yield b"]"


def _shared(pieces: Iterator[bytes], before: tuple[bytes, ...]) -> tuple[bytes, ...]:
    known = dict(zip(before, before, strict=True))
    return tuple(known.get(piece, piece) for piece in pieces)


if TYPE_CHECKING:
    _drafts: type[Drafts] = ReflectedView

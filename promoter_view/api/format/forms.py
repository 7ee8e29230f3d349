"""The forms in which a bundle is served, as bytes: the object itself, or its metadata alone (KEP-2334 partial objects).

A form encodes single objects, the items between a list's head and tail, and what stands in a watch event. The third
form, the Table, is in ``tables``. Pure.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from datetime import datetime
from typing import Any, Protocol, Self

import orjson

from promoter_view.kubernetes.documents import INITIAL_EVENTS_END
from promoter_view.reading.pages import ListMeta
from promoter_view.records import Bundle
from promoter_view.views.definition import Column

_META = "meta.k8s.io/v1"
_PARTIAL = orjson.dumps({"kind": "PartialObjectMetadata", "apiVersion": _META}).removesuffix(b"}")


class Form(Protocol):
    """How bundles of one view are encoded. All results are compact JSON without a newline."""

    @property
    def key(self) -> Hashable:
        """The same for two forms whose bytes are the same."""

    @property
    def in_steps(self) -> bool:
        """``steps`` are to be taken first."""

    def as_of(self, moment: datetime) -> Form:
        """The form of answers of that moment: ages are as they were then."""

    def steps(self, bundle: Bundle) -> Iterator[None]:
        """Makes what is said of that bundle, whichever of these is asked for next."""

    def single(self, bundle: Bundle) -> bytes:
        """The answer to a get."""

    def empty_list(self, meta: ListMeta) -> bytes:
        """A list without items, which end it: ``...[]}``."""

    def item(self, bundle: Bundle) -> bytes:
        """One item of a list."""

    def event(self, bundle: Bundle, resource_version: int, *, first: bool) -> bytes:
        """The object of a watch event; ``first`` in its stream."""

    def bookmark(self, resource_version: int, *, initial_end: bool) -> bytes:
        """The object of a BOOKMARK."""


class Shape(Protocol):
    """What forms have to know of what they show. ``root_field``: that behind the metadata, "" for several."""

    @property
    def kind(self) -> str:
        """Of one."""

    @property
    def list_kind(self) -> str:
        """Of a list of them."""

    @property
    def api_version(self) -> str:
        """Group and version."""

    @property
    def root_field(self) -> str:
        """See the class."""

    @property
    def columns(self) -> Sequence[Column]:
        """Of a Table."""


class _Bytes:
    """A form for which nothing has to be worked out."""

    in_steps = False

    def as_of(self, moment: datetime) -> Self:  # noqa: ARG002
        """Itself: it tells no ages."""
        return self

    def steps(self, bundle: Bundle) -> Iterator[None]:  # noqa: ARG002
        """None."""
        return iter(())


class ObjectForm(_Bytes):
    """The bundle as it is: its bytes joined, nothing decoded."""

    key: Hashable = "object"

    def __init__(self, shape: Shape) -> None:
        self._kind = shape.kind
        self._list_kind = shape.list_kind
        self._api_version = shape.api_version

    def single(self, bundle: Bundle) -> bytes:
        """The bundle."""
        return bundle.encode()

    def empty_list(self, meta: ListMeta) -> bytes:
        """``{"kind":"...List", ... "items":[]}``."""
        return empty_list(self._list_kind, self._api_version, meta)

    def item(self, bundle: Bundle) -> bytes:
        """The bundle: as custom resources' lists do, with kind and apiVersion."""
        return bundle.encode()

    def event(self, bundle: Bundle, resource_version: int, *, first: bool) -> bytes:  # noqa: ARG002
        """The bundle, with the event's resourceVersion."""
        return bundle.encode(resource_version)

    def bookmark(self, resource_version: int, *, initial_end: bool) -> bytes:
        """An object of which there is only the resourceVersion."""
        return bookmark(self._kind, self._api_version, resource_version, initial_end=initial_end)


class MetadataForm(_Bytes):
    """PartialObjectMetadata: for the garbage collector and others that look at metadata only. Nothing is decoded."""

    key: Hashable = "metadata"

    def __init__(self, shape: Shape) -> None:
        start = orjson.dumps({"kind": shape.kind, "apiVersion": shape.api_version})
        self._skipped = len(start) - 1
        self._joint = b',"%s":' % shape.root_field.encode() if shape.root_field else b""

    def single(self, bundle: Bundle) -> bytes:
        """The bundle's metadata."""
        return self.event(bundle, bundle.resource_version, first=False)

    def empty_list(self, meta: ListMeta) -> bytes:
        """A PartialObjectMetadataList without items."""
        return empty_list("PartialObjectMetadataList", _META, meta)

    def item(self, bundle: Bundle) -> bytes:
        """The bundle's metadata."""
        return self.single(bundle)

    def event(self, bundle: Bundle, resource_version: int, *, first: bool) -> bytes:  # noqa: ARG002
        """The bundle's metadata, with the event's resourceVersion."""
        rest = bundle.tail[0].removesuffix(self._joint)
        return b"".join((_PARTIAL, bundle.head[self._skipped :], b"%d" % resource_version, rest, b"}"))

    def bookmark(self, resource_version: int, *, initial_end: bool) -> bytes:
        """Metadata of which there is only the resourceVersion."""
        return bookmark("PartialObjectMetadata", _META, resource_version, initial_end=initial_end)


def bookmark(kind: str, api_version: str, resource_version: int, *, initial_end: bool) -> bytes:
    """An object with nothing but its reader's position, and whether the initial events are over."""
    metadata: dict[str, Any] = {"resourceVersion": str(resource_version)}
    if initial_end:
        metadata["annotations"] = {INITIAL_EVENTS_END: "true"}
    return orjson.dumps({"kind": kind, "apiVersion": api_version, "metadata": metadata})


def empty_list(kind: str, api_version: str, meta: ListMeta) -> bytes:
    """A list that ends with its items, of which there are none."""
    return orjson.dumps({"kind": kind, "apiVersion": api_version, "metadata": meta.document(), "items": []})

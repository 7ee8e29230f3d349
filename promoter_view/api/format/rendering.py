"""How one answer is to look: the form of its bundles, the layout of its text, and whether it is compressed. Pure.

All three come from the request's headers and two parameters (``pretty``, ``includeObject``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Protocol

from promoter_view.api.format.forms import Form, MetadataForm, ObjectForm, Shape
from promoter_view.api.format.layouts import COMPACT, INDENTED, YAML_LAYOUT, Layout, json_layout, laid_out
from promoter_view.api.format.tables import IncludeObject, RowCells, TableForm, parse_include_object
from promoter_view.api.negotiation import Accepted, MediaType, Representation, Verb, negotiate
from promoter_view.reading.pages import Arriving, ListMeta, PageReader
from promoter_view.reading.wire import Wire
from promoter_view.records import Bundle
from promoter_view.slices import BeginSlice, endless
from promoter_view.web.accept import accepts_gzip
from promoter_view.web.errors import NotAcceptable
from promoter_view.web.parameters import Parameters


class Headers(Protocol):
    """A request, as far as its headers go."""

    def getHeader(self, key: str) -> str | None:
        """The last value of that name."""


@dataclass(frozen=True, slots=True)
class Rendering:
    """``as_they_are``: form and layout show bundles unchanged, so that all share their compressed form."""

    form: Form
    layout: Layout
    gzip: bool
    as_they_are: bool

    def as_of(self, moment: datetime) -> Rendering:
        """The same, where ages are told as of that moment."""
        return replace(self, form=self.form.as_of(moment))


class Renderings:
    """The forms of one resource."""

    def __init__(self, shape: Shape, cells: RowCells, *, now: Callable[[], datetime]) -> None:
        self._forms: Mapping[Representation | IncludeObject, Form] = {
            Representation.OBJECT: ObjectForm(shape),
            Representation.METADATA: MetadataForm(shape),
            **{include: TableForm(shape, include, cells=cells, now=now) for include in IncludeObject},
        }

    def choose(self, headers: Headers, verb: Verb, parameters: Parameters) -> Rendering:
        """How that request is to be answered. Errors: NotAcceptable, BadRequest."""
        accepted = negotiate(headers.getHeader("Accept"), verb)
        layout = COMPACT if verb is Verb.WATCH else layout_of(accepted, headers, parameters)
        return Rendering(
            self._form(accepted.representation, parameters),
            layout,
            accepts_gzip(headers.getHeader("Accept-Encoding")),
            layout is COMPACT and accepted.representation is Representation.OBJECT,
        )

    def _form(self, representation: Representation, parameters: Parameters) -> Form:
        if representation is Representation.TABLE:
            return self._forms[parse_include_object(parameters)]
        return self._forms[representation]


def list_reader(
    meta: ListMeta,
    bundles: Sequence[Bundle] | Arriving,
    rendering: Rendering,
    wire: Wire,
    begin_slice: BeginSlice = endless,
) -> PageReader:
    """The answer to a list. On a compressed wire only where bundles are shown as they are."""
    form, layout = rendering.form, rendering.layout
    empty = form.empty_list(meta)
    opening, closing = layout.frame(empty) if bundles else (laid_out(layout, empty), b"")
    return PageReader(
        bundles,
        wire,
        _as_it_is(wire) if rendering.as_they_are else partial(_item_steps, rendering),
        opening=opening,
        separator=layout.separator,
        closing=closing,
        begin_slice=begin_slice,
    )


def single_steps(rendering: Rendering, bundle: Bundle) -> Iterator[bytes]:
    """The answer to a get, in pieces that may be empty: what takes long is done in steps."""
    for _ in rendering.form.steps(bundle):
        yield b""
    yield from rendering.layout.steps(rendering.form.single(bundle))


def _item_steps(rendering: Rendering, bundle: Bundle) -> Iterator[bytes]:
    for _ in rendering.form.steps(bundle):
        yield b""
    yield from rendering.layout.item(rendering.form.item(bundle))


def _as_it_is(wire: Wire) -> Callable[[Bundle], Iterator[bytes]]:
    return lambda bundle: iter((wire.bundle(bundle),))


def layout_of(accepted: Accepted, headers: Headers, parameters: Parameters) -> Layout:
    """The layout of a document in that media type."""
    if accepted.media_type is MediaType.YAML:
        return YAML_LAYOUT
    if accepted.pretty:
        return INDENTED
    return json_layout(parameters.get("pretty", ("",))[0], headers.getHeader("User-Agent"))


def lenient_layout(headers: Headers, parameters: Parameters) -> Layout:
    """The same for answers that every request must have, errors above all: JSON where it accepts nothing there is."""
    try:
        accepted = negotiate(headers.getHeader("Accept"), Verb.GET)
    except NotAcceptable:
        return COMPACT
    return layout_of(accepted, headers, parameters)

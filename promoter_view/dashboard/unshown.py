"""What stands where a part of a bundle cannot be shown (``views.isolation``): it takes nothing but names. Pure."""

from __future__ import annotations

from promoter_view.dashboard.rendering import Renderer

_TEMPLATE = "_unshown.html"


class Unshown:
    """Says that something cannot be shown."""

    def __init__(self, renderer: Renderer) -> None:
        self.row = renderer.macro(_TEMPLATE, "row")
        self.page = renderer.macro(_TEMPLATE, "detail")
        self.section = renderer.macro(_TEMPLATE, "section")
        self.entry = renderer.macro(_TEMPLATE, "entry")

"""Static files."""

from __future__ import annotations

import re

from promoter_view.dashboard.assets import Assets


def test_files_are_kept_for_good_under_their_digest_only() -> None:
    """With this release's digest a file is immutable; with another's it is served, and soon asked for again."""
    assets = Assets()
    own, other = assets.find(f"{assets.digest}/app.js"), assets.find("0123456789abcdef/app.js")
    assert own is not None
    assert other is not None
    assert "immutable" in own.cache_control
    assert "immutable" not in other.cache_control
    assert own.body == other.body
    assert own.content_type == "text/javascript; charset=utf-8"


def test_nothing_else_is_served() -> None:
    """No other path leads to a file."""
    assets = Assets()
    for path in ("", "app.js", f"{assets.digest}/", f"{assets.digest}/../pages.py", f"{assets.digest}/nope.js"):
        assert assets.find(path) is None


def test_modules_import_only_what_is_there() -> None:
    """Each import of each module names a file beside it; nothing comes from elsewhere."""
    assets = Assets()
    names = re.compile(rb'^import (?:.* from )?"([^"]+)";$', re.MULTILINE)
    for name, body in assets._bodies.items():
        if name.endswith(".js"):
            for imported in names.findall(body):
                assert imported.startswith(b"./"), name
                assert imported[2:].decode() in assets._bodies, name

"""The static files: scripts, the style sheet, the icon. Read once, at the start; served from memory."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from importlib.resources import files

_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".webmanifest": "application/manifest+json",
}
_FOREVER = "public, max-age=31536000, immutable"
_NOT_FOR_LONG = "public, max-age=60"


@dataclass(frozen=True, slots=True)
class Asset:
    """One file as it is answered. ``etag`` is quoted."""

    content_type: str
    body: bytes
    etag: str
    cache_control: str


class Assets:
    """Answers ``static/DIGEST/NAME``. The digest is that of all files, so that modules import each other by name.

    A path with another digest (a page of another release, while replicas are replaced) gets the file of this one, and
    may not be kept.
    """

    def __init__(self) -> None:
        folder = files("promoter_view.dashboard").joinpath("static")
        bodies = {item.name: item.read_bytes() for item in sorted(folder.iterdir(), key=lambda item: item.name)}
        self._bodies = {name: body for name, body in bodies.items() if _suffix(name) in _TYPES}
        self.digest = sha256(b"".join(map(bytes, map(_framed, self._bodies.items())))).hexdigest()[:16]

    def find(self, path: str) -> Asset | None:
        """The asset at a path below ``static/``, e.g. ``0123456789abcdef/app.js``."""
        digest, _, name = path.partition("/")
        body = self._bodies.get(name)
        if body is None:
            return None
        cache_control = _FOREVER if digest == self.digest else _NOT_FOR_LONG
        return Asset(_TYPES[_suffix(name)], body, f'"{self.digest}"', cache_control)


def _suffix(name: str) -> str:
    return f".{name.rpartition('.')[2]}"


def _framed(file: tuple[str, bytes]) -> bytes:
    name, body = file
    return b"%s %d " % (name.encode(), len(body)) + body

"""One number for all bundles as they are now, by which replicas are compared. Pure."""

from __future__ import annotations

import hashlib

from promoter_view.records import Bundle, BundleKey

#: A metric's value is a double, which holds integers up to here exactly.
_MODULUS = 1 << 53


class Digest:
    """The sum of the bundles' own digests: a change costs that bundle's bytes alone, in whatever order they come.

    A bundle's is of its JSON as it is served: two replicas with the same digest serve the same bytes.
    """

    def __init__(self) -> None:
        self._parts: dict[BundleKey, int] = {}
        self.value = 0

    def put(self, bundle: Bundle) -> None:
        """A bundle is there, or has changed."""
        part = int.from_bytes(hashlib.sha256(bundle.encode()).digest()[:8], "big")
        self.value = (self.value - self._parts.get(bundle.key, 0) + part) % _MODULUS
        self._parts[bundle.key] = part

    def remove(self, key: BundleKey) -> None:
        """A bundle is gone; it must have been there."""
        self.value = (self.value - self._parts.pop(key)) % _MODULUS

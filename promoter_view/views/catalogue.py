"""The bundles as they are now, and their lists in order. Pure."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Sequence

from promoter_view.records import Bundle, BundleKey
from promoter_view.views.digest import Digest

_Scope = tuple[str, str]


class Catalogue:
    """Bundles by key; for each view and namespace ("" for all) the sorted keys, and the list once it was asked for."""

    def __init__(self) -> None:
        self._bundles: dict[BundleKey, Bundle] = {}
        self._keys: dict[_Scope, list[BundleKey]] = {}
        self._lists: dict[_Scope, tuple[Bundle, ...]] = {}
        self.digest = Digest()

    def __contains__(self, key: object) -> bool:
        return key in self._bundles

    def get(self, key: BundleKey) -> Bundle | None:
        """The bundle of that key."""
        return self._bundles.get(key)

    def put(self, bundle: Bundle) -> None:
        """A bundle is there, or has changed."""
        key = bundle.key
        for scope in _scopes(key):
            self._lists.pop(scope, None)
            if key not in self._bundles:
                insort(self._keys.setdefault(scope, []), key)
        self._bundles[key] = bundle
        self.digest.put(bundle)

    def remove(self, key: BundleKey) -> None:
        """A bundle is gone; it must have been there."""
        del self._bundles[key]
        self.digest.remove(key)
        for scope in _scopes(key):
            self._lists.pop(scope, None)
            keys = self._keys[scope]
            del keys[bisect_left(keys, key)]
            if not keys:
                del self._keys[scope]

    def list(self, view: str, namespace: str) -> Sequence[Bundle]:
        """The bundles of that view and namespace by (namespace, name); never changes afterwards."""
        scope = (view, namespace)
        found = self._lists.get(scope)
        if found is None and scope in self._keys:
            found = self._lists[scope] = tuple(map(self._bundles.__getitem__, self._keys[scope]))
        return found or ()

    def count(self, view: str) -> int:
        """How many bundles that view has."""
        return len(self._keys.get((view, ""), ()))

    def resource_versions(self) -> dict[BundleKey, int]:
        """Each bundle's resourceVersion."""
        return {key: bundle.resource_version for key, bundle in self._bundles.items()}


def _scopes(key: BundleKey) -> tuple[_Scope, ...]:
    # The namespace of a cluster-scoped root is "", which is already that of all.
    return ((key.view, ""), (key.view, key.namespace)) if key.namespace else ((key.view, ""),)

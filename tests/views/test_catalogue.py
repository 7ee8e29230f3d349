"""Lists of the bundles as they are now, in order, and tuples that never change."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promoter_view.records import Bundle, BundleKey
from promoter_view.slices import at_once
from promoter_view.views import digest
from promoter_view.views.catalogue import Catalogue


def bundle(key: BundleKey, version: int) -> Bundle:
    return Bundle(key, "u", version, "", {}, "/".join(key).encode(), ())


keys = st.builds(BundleKey, st.sampled_from("vw"), st.sampled_from(["", "a", "a-b", "b"]), st.sampled_from("xyz"))


@given(st.lists(st.tuples(keys, st.booleans()), max_size=40))
def test_lists_are_the_sorted_bundles_and_older_ones_stay(steps: list[tuple[BundleKey, bool]]) -> None:
    """After every step each list is the sorted bundles of its scope; a list given out before has not changed."""
    catalogue = Catalogue()
    model: dict[BundleKey, Bundle] = {}
    given_out: list[tuple[object, object]] = []
    for version, (key, there) in enumerate(steps):
        if there:
            model[key] = bundle(key, version)
            catalogue.put(model[key])
        elif key in model:
            del model[key]
            catalogue.remove(key)
        for view in "vw":
            for namespace in ("a", "b", "a-b", "none"):
                wanted = tuple(model[k] for k in sorted(model) if (k.view, k.namespace) == (view, namespace))
                assert catalogue.list(view, namespace) == wanted
            everything = catalogue.list(view, "")
            assert everything == tuple(model[k] for k in sorted(model) if k.view == view)
            assert catalogue.count(view) == len(everything)
            given_out.append((everything, list(everything)))
    assert all(list(found) == copied for found, copied in given_out)  # type: ignore[call-overload]
    assert catalogue.resource_versions() == {key: found.resource_version for key, found in model.items()}


def test_a_list_is_made_once() -> None:
    """As long as nothing of its scope changes the same tuple is handed out."""
    catalogue = Catalogue()
    catalogue.put(bundle(BundleKey("v", "a", "x"), 1))
    first = catalogue.list("v", "a")
    catalogue.put(bundle(BundleKey("v", "b", "x"), 2))
    assert catalogue.list("v", "a") is first
    catalogue.put(bundle(BundleKey("v", "a", "x"), 3))
    assert catalogue.list("v", "a") is not first


@given(st.lists(st.tuples(keys, st.booleans()), max_size=40))
def test_the_digest_is_that_of_the_bundles_alone(steps: list[tuple[BundleKey, bool]]) -> None:
    """In whatever order the bundles came, their digest is the same; other bundles have another one."""
    catalogue = Catalogue()
    model: dict[BundleKey, Bundle] = {}
    seen: dict[int, dict[BundleKey, bytes]] = {}
    for version, (key, there) in enumerate(steps):
        if there:
            model[key] = bundle(key, version)
            catalogue.put(model[key])
        elif key in model:
            del model[key]
            catalogue.remove(key)
        again = Catalogue()
        for found in sorted(model.values(), key=lambda found: found.key):
            again.put(found)
        assert again.digest.value == catalogue.digest.value < 1 << 53
        states = {key: found.encode() for key, found in model.items()}
        assert seen.setdefault(catalogue.digest.value, states) == states


def test_the_digest_hashes_what_has_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a bundle's pieces those that stay are not hashed again, and where they stand counts."""
    hashed: list[bytes] = []
    monkeypatch.setattr(digest, "_hash", lambda piece: hashed.append(piece) or hashlib.sha256(piece).digest()[:16])
    found, pieces = digest.Digest(), tuple(b"piece %d" % number for number in range(1000))
    key = BundleKey("details", "team", "app")
    found.put(_of_pieces(key, pieces))
    before = found.value
    hashed.clear()
    found.put(_of_pieces(key, (*pieces[:500], b"another", *pieces[501:])))
    at_once(found.steps())
    assert [piece for piece in hashed if piece.startswith((b"piece", b"another"))] == [b"another"]
    found.put(_of_pieces(key, pieces[::-1]))
    assert found.value != before
    found.put(_of_pieces(key, pieces))
    assert found.value == before


def _of_pieces(key: BundleKey, pieces: tuple[bytes, ...]) -> Bundle:
    return Bundle(key, "uid", 1, "", {}, b"head", pieces)

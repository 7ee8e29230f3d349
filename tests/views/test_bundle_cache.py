"""What is kept beside bundles."""

from __future__ import annotations

import gc

import pytest

from promoter_view.records import Bundle, BundleKey
from promoter_view.views.bundle_cache import BundleCache


def bundle(name="a", version=1, hidden=frozenset()):
    return Bundle(BundleKey("views", "n", name), "uid", version, "", {}, b'{"v":"', (b'"}',), hidden)


@pytest.fixture
def made():
    return []


@pytest.fixture
def cache(made):
    def make(found):
        made.append(found.resource_version)
        return found.encode()

    return BundleCache(make)


def test_made_once(cache, made):
    """A value is made when it is first asked for, and once."""
    one = bundle()
    assert not cache.has(one)
    assert cache.of(one) is cache.of(one)
    assert cache.has(one)
    assert made == [1]


def test_newest_stays(cache, made):
    """Of one name the newest bundle's value is kept; an older one, asked for again, does not push it out."""
    old, new = bundle(version=1), bundle(version=2)
    cache.of(old)
    cache.of(new)
    assert cache.of(old) == old.encode()
    cache.of(new)
    assert made == [1, 2, 1]
    assert len(cache) == 1


def test_dropped_with_the_bundle(cache):
    """A bundle that nobody holds any more takes its value with it; those of others stay."""
    stays, goes = bundle("a"), bundle("b")
    cache.of(stays)
    cache.of(goes)
    del goes
    gc.collect()
    assert len(cache) == 1
    assert cache.has(stays)


def test_successor_outlives_its_predecessor(cache):
    """When an old bundle goes, the value of its successor stays."""
    old, new = bundle(version=1), bundle(version=2)
    cache.of(old)
    cache.of(new)
    del old
    gc.collect()
    assert cache.has(new)


def test_one_for_each_set_of_hidden_kinds(cache, made):
    """What readers of different rights see of one name is kept side by side, and goes on its own."""
    whole, part = bundle(), bundle(hidden=frozenset(["PullRequest"]))
    cache.of(whole)
    cache.of(part)
    assert cache.has(whole)
    assert cache.has(part)
    assert len(made) == 2
    del part
    gc.collect()
    assert len(cache) == 1
    assert cache.has(whole)

"""Many keys are read page by page, of which none is large."""

from __future__ import annotations

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock

from promoter_view.log.etcd.client.values import PutKey, Transaction
from promoter_view.log.etcd.layout import below
from promoter_view.log.etcd.pages import PAGE_BYTES, next_count, pages
from tests.support.log.fake_etcd import FakeEtcd


def read(etcd, revision=0):
    """The pages that are there."""

    async def all_of_them():
        return [page.items async for page in pages(etcd, below(b"/a/"), revision=revision)]

    found = []
    Deferred.fromCoroutine(all_of_them()).addCallback(found.extend)
    return found


def put(etcd, number, size):
    Deferred.fromCoroutine(etcd.commit(Transaction((), (PutKey(b"/a/%06d" % number, b"x" * size),))))


def test_each_key_comes_once_in_order():
    """Of small values there are many on a page, of large ones few; and all are of one revision."""
    etcd = FakeEtcd(Clock())
    for number in range(300):
        put(etcd, number, 10)
    for number in range(300, 500):
        put(etcd, number, PAGE_BYTES // 4)
    revision = etcd.state.revision
    put(etcd, 0, 20)
    put(etcd, 1000, 20)
    found = read(etcd, revision)
    assert [item.key for page in found for item in page] == [b"/a/%06d" % number for number in range(500)]
    assert len(found[0][0].value) == 10
    assert max(map(len, found)) == 100
    assert all(len(page) <= 4 for page in found[-5:])
    assert len(read(etcd)[0][0].value) == 20


def test_nothing_is_one_empty_page():
    """There is nothing to read."""
    assert read(FakeEtcd(Clock())) == [()]


def test_how_many_are_asked_for_next():
    """It follows what the last page weighed, between one and a hundred."""
    assert next_count(25, 0) == 50
    assert next_count(75, 100) == 100
    assert next_count(50, PAGE_BYTES) == 50
    assert next_count(50, PAGE_BYTES + 1) == 25
    assert next_count(1, PAGE_BYTES * 9) == 1

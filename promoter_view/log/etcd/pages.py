"""Many keys, page by page: each of a size that is read in some milliseconds. Pure but for the reading."""

from __future__ import annotations

from collections.abc import AsyncIterator

from promoter_view.log.etcd.client.values import Etcd, Found, Keys

#: What a page is to hold at most. etcd bounds only the number of keys, so that follows the size of what came before.
PAGE_BYTES = 256 * 1024
_FIRST_KEYS = 25
_MOST_KEYS = 100


async def pages(etcd: Etcd, keys: Keys, *, revision: int = 0, most: int = _MOST_KEYS) -> AsyncIterator[Found]:
    """All of the keys, in order, as they were at that revision (0: now), ``most`` a page. Errors: EtcdError."""
    count, more = min(_FIRST_KEYS, most), True
    while more:
        page = await etcd.range(keys, revision=revision, limit=count)
        yield page
        more = page.more and bool(page.items)
        if more:
            keys = keys.behind(page.items[-1].key)
            count = min(next_count(count, sum(len(item.value) for item in page.items)), most)


def next_count(count: int, size: int) -> int:
    """How many keys to ask for after a page of ``count``, whose values had so many bytes."""
    if size > PAGE_BYTES:
        return max(1, count // 2)
    return min(2 * count, _MOST_KEYS) if 2 * size <= PAGE_BYTES else count

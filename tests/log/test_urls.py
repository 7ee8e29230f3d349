"""Event logs by URL, on the real reactor and disk."""

from __future__ import annotations

from tempfile import TemporaryDirectory

import pytest
from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.trial.unittest import TestCase

from promoter_view.log.urls import LogSettings, check_url, open_log
from tests.support.log.fakes import MIRROR, NOW, Fold, change
from tests.support.runtimes import a_runtime


@pytest.mark.parametrize("url", ["", "file:", "memory", "memory:x", "redis:x", "/var/lib/log"])
def test_a_wrong_url_says_what_was_expected(url):
    """The message names the forms that are taken."""
    with pytest.raises(ValueError, match=r"expected file:DIR .*, memory: or etcd:"):
        check_url(url)


class RealReactorTests(TestCase):
    """The thread, the reactor and the disk together."""

    def open(self, url):
        runtime = a_runtime(reactor, wall=lambda: NOW)
        return open_log(url, runtime=runtime, settings=LogSettings(), on_fatal=self.fail)

    def test_a_file_log_keeps_what_was_acknowledged(self):
        """What is acknowledged by one opening is replayed by the next."""
        folder = TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        return Deferred.fromCoroutine(self.write_and_reopen(f"file:{folder.name}/log"))

    async def write_and_reopen(self, url):
        log, fold = self.open(url), Fold()
        await log.start(fold, MIRROR)
        for number in range(20):
            await log.append((change(f"pr-{number}"),))
        await log.stop()
        again, fold2 = self.open(url), Fold()
        await again.start(fold2, MIRROR)
        await again.stop()
        self.assertEqual(fold2.records[:-1], fold.records)

    def test_a_memory_log_takes_entries(self):
        """It needs no disk and no thread."""
        return Deferred.fromCoroutine(self.write_to_memory())

    async def write_to_memory(self):
        log, fold = self.open("memory:"), Fold()
        await log.start(fold, MIRROR)
        await log.append((change("a"),))
        await log.stop()
        self.assertEqual(len(fold.records), 2)

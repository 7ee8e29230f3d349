"""Orphans of process 1."""

import subprocess

from twisted.internet.task import Clock

from promoter_view.program.orphans import OrphanReaper, ended_child


def test_orphans_are_waited_for() -> None:
    """Whoever ended without a parent is waited for within seconds; a child of the reactor's own is left to it."""
    clock, ended, reaped = Clock(), [7, 8], []

    def reap(pid: int) -> None:
        reaped.append(pid)
        ended.remove(pid)

    reaper = OrphanReaper(reactor=clock, peek=lambda: ended[0] if ended else 0, reap=reap, is_ours=lambda pid: pid == 9)
    reaper.start()
    clock.advance(10)
    assert reaped == [7, 8]
    ended[:] = [9, 10]
    clock.advance(10)
    assert reaped == [7, 8]
    ended.remove(9)
    clock.advance(10)
    assert reaped == [7, 8, 10]
    reaper.stop()
    assert clock.getDelayedCalls() == []


def test_a_child_that_has_ended_is_named_and_left() -> None:
    """Its status stays to be taken by whoever started it."""
    child = subprocess.Popen(["true"])
    while ended_child() != child.pid:
        pass
    assert child.wait() == 0
    assert ended_child() != child.pid

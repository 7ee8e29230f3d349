"""What can go wrong with an event log, by name. Each message says where, what, and what to do."""
# The names say what is the matter, as Twisted's ConnectionLost does, not that it is an error.
# ruff: noqa: N818

from __future__ import annotations


class LogError(Exception):
    """Any of the errors of an event log."""


class LogDamaged(LogError):
    """The log holds bytes that were not written so, or lacks some: going on would serve a wrong history.

    The way on is the backup, or ``--event-log-repair``: set the log aside and begin a new one.
    """


class LogLocked(LogError):
    """Another process has the log open."""


class LogUnusable(LogError):
    """The place given for the log cannot be one: not ours, of another format, not writable, full at the start."""


class LogClosed(LogError):
    """The log has stopped, and the entries are not known to be durable."""


class LogUnreachable(LogError):
    """A log that is kept elsewhere does not answer, or not in time. What was applied is served all the same."""


class LogShortened(LogError):
    """What is read of the past was let go meanwhile, by retention or by compaction."""


class Unsafe(LogError):
    """What is on the disk is not known any more: a sync or a cut failed. The process must end, and look again."""

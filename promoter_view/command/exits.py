"""How a command ends: its exit status, and the error that carries one. Pure."""

from __future__ import annotations

import enum


class Exit(enum.IntEnum):
    """The exit statuses. Those above 63 are the ones of sysexits.h and of shells."""

    WELL = 0
    FAILED = 1
    TIMED_OUT = 2
    SUPERSEDED = 3
    UNKNOWN = 4
    USAGE = 64
    UNREACHABLE = 69
    DEFECT = 70
    OUTPUT = 74
    FORBIDDEN = 77
    CONFIGURATION = 78
    INTERRUPTED = 130
    BROKEN_PIPE = 141
    TERMINATED = 143

    @property
    def meaning(self) -> str:
        """For the documentation, a few words."""
        return _MEANINGS[self]


_MEANINGS = {
    Exit.WELL: "success; for `wait`: the commit is live, or was and a later one is now; for `check`: nothing to do",
    Exit.FAILED: "for `wait`: it failed or is held; for `check`: there is something to do; for `log`, `journal` and "
    "`notify`: it cannot be used",
    Exit.TIMED_OUT: "for `wait`: timeout",
    Exit.SUPERSEDED: "for `wait`: a later commit replaced it before it was live",
    Exit.UNKNOWN: "no such strategy, Stage, environment, commit or Freight",
    Exit.USAGE: "wrong arguments",
    Exit.UNREACHABLE: "the cluster or promoter-view's API cannot be reached",
    Exit.DEFECT: "a fault in the command itself",
    Exit.OUTPUT: "the output cannot be written: no space is left",
    Exit.FORBIDDEN: "the cluster does not accept the credentials, or permission is missing",
    Exit.CONFIGURATION: "the kubeconfig cannot be used",
    Exit.INTERRUPTED: "interrupted (Ctrl-C)",
    Exit.BROKEN_PIPE: "the reader of the output closed the pipe",
    Exit.TERMINATED: "terminated (SIGTERM)",
}


class CommandError(Exception):
    """What ends a command with one line: the cause first."""

    def __init__(self, status: Exit, line: str) -> None:
        super().__init__(line)
        self.status = status
        self.line = line


class Signalled(BaseException):
    """A signal ends the command."""

    def __init__(self, status: Exit) -> None:
        super().__init__(status)
        self.status = status

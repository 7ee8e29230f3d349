"""Log lines: one JSON object an event, or text. An observer for twisted.logger, nothing else.

docs/logs.md has the fields of the JSON form.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import IO, Any

import orjson
from twisted.logger import (
    FilteringLogObserver,
    ILogObserver,
    LogEvent,
    LogLevel,
    LogLevelFilterPredicate,
    formatEvent,
    textFileLogObserver,
)
from twisted.python.logfile import LogFile
from zope.interface import implementer

#: These tell at info of every connection and listener that Twisted makes for them.
_TALKATIVE = (
    "twisted",
    "log_legacy",
    "promoter_view.web.server",
    "promoter_view.simulator.kubernetes.simulated_cluster",
)


#: What an event may say of its object and of how something ended, as strings.
_ABOUT = ("kind", "namespace", "name", "outcome")


@implementer(ILogObserver)
class JsonLines:
    """Writes each event as one line of JSON. ``replica`` names this process to whoever reads the lines of several."""

    def __init__(self, stream: IO[str], replica: str) -> None:
        self._stream = stream
        self._replica = replica

    def __call__(self, event: LogEvent) -> None:
        """Write it. A message of several lines stays one line."""
        level = event.get("log_level", LogLevel.info)
        line = {
            "time": datetime.fromtimestamp(event["log_time"], UTC).isoformat(timespec="milliseconds"),
            "level": level.name,
            "logger": event.get("log_namespace", ""),
            "message": formatEvent(event),
            "replica": self._replica,
        }
        line.update({name: event[name] for name in _ABOUT if isinstance(event.get(name), str)})
        failure = event.get("log_failure")
        if failure is not None:
            line["traceback"] = failure.getTraceback()
        self._stream.write(orjson.dumps(line).decode() + "\n")
        self._stream.flush()


def observer(stream: IO[str], form: str, level: str, replica: str) -> ILogObserver:
    """An observer that writes events of at least ``level`` (debug, info, warn, error) as ``json`` or ``text``.

    ``form`` "" means text on a terminal, else JSON, whose lines name ``replica``.
    """
    # Twisted's LogFile, where lines go under --logfile or in the background, does not know that it is no terminal.
    is_terminal = getattr(stream, "isatty", lambda: False)()
    json = form == "json" or (not form and not is_terminal)
    writer: ILogObserver = JsonLines(stream, replica) if json else textFileLogObserver(stream)
    least = LogLevelFilterPredicate(defaultLogLevel=LogLevel.levelWithName(level))
    if level == "info":
        for namespace in _TALKATIVE:
            least.setLogLevelForNamespace(namespace, LogLevel.warn)
    filtered: ILogObserver = FilteringLogObserver(writer, [least])
    return filtered


def twistd_stream(twistd: Mapping[str, Any] | None) -> IO[str]:
    """Where twistd, with these options, would write its log: standard output in the foreground, else its log file."""
    twistd = twistd or {}
    name = twistd.get("logfile")
    if name == "-" or (not name and twistd.get("nodaemon")):
        return sys.stdout
    file: IO[str] = LogFile.fromFullPath(name or "twistd.log")
    return file

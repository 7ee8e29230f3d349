"""Whether the etcd that holds the event log answers, and lets its keys be read. Nothing is written."""

from __future__ import annotations

import os
from typing import Any

from promoter_view.command.checking.findings import Finding, noted, to_do, well
from promoter_view.log.etcd.client.connections import EtcdConnections
from promoter_view.log.etcd.client.faults import EtcdError
from promoter_view.log.etcd.client.gateway import Gateway
from promoter_view.log.etcd.client.places import parse_place
from promoter_view.log.etcd.client.values import Keys
from promoter_view.log.etcd.layout import KeyLayout
from promoter_view.log.settings import EtcdFiles
from promoter_view.metrics import Metrics
from promoter_view.program.command_line.settings import Settings

SCHEME = "etcd:"


async def etcd(settings: Settings, reactor: Any) -> Finding:
    """A line; for an event log that is in one."""
    place, given = parse_place(settings.event_log.url.removeprefix(SCHEME)), settings.etcd
    files = EtcdFiles(given.cafile, given.certfile, given.keyfile, given.user, given.password_file)
    connections = EtcdConnections(files, reactor=reactor, environ=os.environ)
    gateway = Gateway(place.endpoints, reactor=reactor, metrics=Metrics(), connections=connections)
    try:
        found = await gateway.range(Keys(KeyLayout(place.prefix).head))
    except (EtcdError, OSError) as error:
        return to_do("event log", f"etcd: {error}", "check --event-log and the --etcd- options")
    finally:
        await gateway.close()
    if not found.items:
        return noted("event log", f"etcd answers; there is no log under /{place.prefix}/ yet")
    return well("event log", f"etcd answers, and has a log under /{place.prefix}/")

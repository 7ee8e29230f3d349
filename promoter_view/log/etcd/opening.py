"""Makes a log in etcd of the place that a URL names, and what reads its past."""

from __future__ import annotations

from collections.abc import Callable

from promoter_view.boundaries import EventLog
from promoter_view.log.etcd.client.connections import EtcdConnections
from promoter_view.log.etcd.client.gateway import Gateway
from promoter_view.log.etcd.client.places import Place
from promoter_view.log.etcd.etcd_log import EtcdLog
from promoter_view.log.etcd.layout import KeyLayout
from promoter_view.log.etcd.past import EtcdPast
from promoter_view.log.etcd.surroundings import Surroundings
from promoter_view.log.settings import LogSettings
from promoter_view.runtime import Runtime


def etcd_log(place: Place, runtime: Runtime, settings: LogSettings, on_fatal: Callable[[str], None]) -> EventLog:
    """An event log there that has not started yet; see ``open_log``."""
    around = Surroundings(
        etcd=_gateway(place, runtime, settings),
        layout=KeyLayout(place.prefix),
        identity=settings.replica_id,
        runtime=runtime,
        settings=settings,
    )
    return EtcdLog(around, on_fatal=on_fatal)


def etcd_past(place: Place, runtime: Runtime, settings: LogSettings) -> EtcdPast:
    """What that log still holds of the past, read over connections of its own."""
    return EtcdPast(_gateway(place, runtime, settings), KeyLayout(place.prefix), reactor=runtime.reactor)


def _gateway(place: Place, runtime: Runtime, settings: LogSettings) -> Gateway:
    connections = EtcdConnections(settings.etcd, reactor=runtime.reactor, environ=runtime.environ)
    return Gateway(place.endpoints, reactor=runtime.reactor, metrics=runtime.metrics, connections=connections)

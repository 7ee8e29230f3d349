"""How a command reaches an etcd: by the options --etcd-*."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from promoter_view.log.etcd.client.connections import EtcdConnections
from promoter_view.log.etcd.client.gateway import Gateway
from promoter_view.log.etcd.client.places import Place
from promoter_view.log.settings import EtcdFiles
from promoter_view.metrics import Metrics


def etcd_files(given: Mapping[str, str | None]) -> EtcdFiles:
    """The files that the options name."""
    return EtcdFiles(*(given[f"etcd_{name}"] for name in ("cafile", "certfile", "keyfile", "user", "password_file")))


def gateway(place: Place, files: EtcdFiles, reactor: Any) -> Gateway:
    """The etcd there."""
    connections = EtcdConnections(files, reactor=reactor, environ=os.environ)
    return Gateway(place.endpoints, reactor=reactor, metrics=Metrics(), connections=connections)

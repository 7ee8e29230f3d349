"""What every part of a replica works with. Data only."""

from __future__ import annotations

from dataclasses import dataclass

from promoter_view.log.etcd.client.values import Etcd
from promoter_view.log.etcd.layout import KeyLayout
from promoter_view.log.settings import LogSettings
from promoter_view.runtime import Runtime


@dataclass(frozen=True, slots=True)
class Surroundings:
    """``identity`` names this replica to the others, and to people."""

    etcd: Etcd
    layout: KeyLayout
    identity: str
    runtime: Runtime
    settings: LogSettings

"""``python -m promoter_view.simulator``: a simulated cluster as a process of its own, for benchmarks and by hand.

Prints its address once it listens. ``--strategies 0`` without ``--demo`` is an empty cluster.
"""

from __future__ import annotations

import argparse
import random
import sys

from twisted.internet import reactor

from promoter_view.kubernetes.kinds import APPLICATION, KARGO_KINDS, PROMOTER_KINDS
from promoter_view.simulator.company.churn import Churn
from promoter_view.simulator.company.delivery import DeliveryCompany
from promoter_view.simulator.company.fleet import FleetPlan, load_fleet, make_fleet
from promoter_view.simulator.company.releases import NEWEST, RELEASES
from promoter_view.simulator.company.scenario import Scenario
from promoter_view.simulator.company.stage_fleet import Reconciliations, load_stages
from promoter_view.simulator.kubernetes.cluster import ObjectStore
from promoter_view.simulator.kubernetes.simulated_cluster import SimulatedCluster

_APPLICATIONS_A_STAGE = 3


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m promoter_view.simulator", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 picks one")
    parser.add_argument("--strategies", type=int, default=0, help="size of the fleet")
    parser.add_argument("--namespaces", type=int, default=10)
    parser.add_argument("--environments", type=int, default=3)
    parser.add_argument("--rate", type=float, default=0.0, help="changes of the fleet's policies a second")
    parser.add_argument("--stages", type=int, default=0, help="Stages, with three Applications each")
    parser.add_argument("--reconcile", type=float, default=0.0, help="seconds in which Argo CD looks at each of those")
    parser.add_argument("--demo", action="store_true", help="the demo's company instead of a fleet")
    parser.add_argument("--promoter", choices=RELEASES, default=NEWEST, help="the release of GitOps Promoter")
    parser.add_argument("--interval", type=float, default=1.0, help="seconds between two moves of the demo")
    parser.add_argument("--bookmark-interval", type=float, default=60.0, help="seconds")
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


def main() -> None:
    """Runs until it is interrupted."""
    given = _arguments()
    chance = random.Random(given.seed)  # noqa: S311 (a fleet by seed, no secret)
    release = RELEASES[given.promoter]
    cluster = ObjectStore(clock=reactor, random=chance, kinds=(*release.kinds, *KARGO_KINDS, APPLICATION))
    simulated = SimulatedCluster(
        reactor=reactor, random=chance, cluster=cluster, port=given.port, bookmark_interval=given.bookmark_interval
    )
    plan = FleetPlan(given.strategies, given.namespaces, given.environments, seed=given.seed)
    clock = simulated.clock
    load_fleet(cluster, make_fleet(plan, clock.seconds()), clock.seconds(), release)
    load_stages(cluster, given.stages, _APPLICATIONS_A_STAGE, chance, clock.seconds())
    if given.reconcile:
        Reconciliations(cluster, clock=clock, period_seconds=given.reconcile).start()
    if given.demo:
        Scenario(cluster, clock=clock, random=chance, release=release, interval_seconds=given.interval).start()
        DeliveryCompany(cluster, clock=clock, random=chance, interval_seconds=2 * given.interval).start()
    if given.rate:
        policies = next(kind for kind in PROMOTER_KINDS if kind.kind == "ChangeTransferPolicy")
        Churn(cluster, policies, clock=clock, random=chance, rate=given.rate).start()
    sys.stdout.write(simulated.start() + "\n")
    sys.stdout.flush()
    reactor.run()


if __name__ == "__main__":
    main()

"""A cluster as the reflectors of an aggregated API see it: that API's absence is an outage, and never emptiness.

Without its APIService kube-apiserver answers 404, as for a CRD that is not installed; but what the API would serve is
not gone by that. Only where the group itself is served, and says that it has no such resource, there is none.
"""

from __future__ import annotations

from typing import Any

from promoter_view.kubernetes.documents import decode
from promoter_view.kubernetes.outcomes import ApiError, ClusterError, Outcome, Unreachable
from promoter_view.kubernetes.reflecting.judging import JudgingCluster


class AggregatedCluster(JudgingCluster):
    """``cluster`` with 404s looked into. A ``reflector.Cluster``."""

    async def _judged(self, error: ApiError, path: str) -> ClusterError:
        if not error.not_served:
            return error
        group = "/".join(path.split("/")[:4])  # /apis/GROUP/VERSION
        try:
            found = decode(await self._cluster.get(group))
        except ApiError as told:
            if not told.not_served:
                return told
            return Unreachable(Outcome.NOT_FOUND, f"the cluster does not serve {group}: there is no such APIService")
        return error if _lacks(found, path) else Unreachable(Outcome.NOT_FOUND, f"{path}: {error}")


def _lacks(discovery: Any, path: str) -> bool:
    """Whether that APIResourceList can be read, and names no such resource."""
    resources = discovery.get("resources") if isinstance(discovery, dict) else None
    if not isinstance(resources, list):
        return False
    names = {each.get("name") for each in resources if isinstance(each, dict)}
    return path.rpartition("/")[2] not in names

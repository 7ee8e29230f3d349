"""A cluster that says of a resource that it is not there, also to who may not read it: by asking discovery.

And of one that is there, and may not be read, whether anything needs it.

kube-apiserver looks at rights first: it answers 403 for a resource that it does not have to whoever may not read it.
So without this a program that has been given no right to kinds that nobody has installed would wait for them for ever.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from promoter_view.decoded import mappings
from promoter_view.kubernetes.documents import decode
from promoter_view.kubernetes.outcomes import ApiError, ClusterError
from promoter_view.kubernetes.reflecting.judging import JudgingCluster
from promoter_view.kubernetes.reflecting.needs import Needs
from promoter_view.kubernetes.reflecting.reflector import Cluster


class DiscoveredCluster(JudgingCluster):
    """``cluster``, asked for resources of groups. Every authenticated user may read discovery (system:discovery)."""

    def __init__(self, cluster: Cluster, needs: Needs) -> None:
        super().__init__(cluster)
        self._needs = needs

    async def _judged(self, error: ApiError, path: str) -> ClusterError:
        """That error, or in place of a 403 that there is nothing to be read."""
        if error.status != 403:
            return error
        group_version, _, plural = path.removeprefix("/apis/").rpartition("/")
        group_version = "/".join(group_version.split("/")[:2])
        try:
            found = decode(await self._cluster.get(f"/apis/{group_version}"))
        except ApiError as unknown:
            return unknown if unknown.not_served else error
        except ClusterError:
            return error
        if any(each.get("name") == plural for each in mappings(found, "resources")):
            return self._needs.judge(error, path)
        return ApiError(404, "NotFound", f"{group_version} has no {plural}")


if TYPE_CHECKING:
    _cluster: type[Cluster] = DiscoveredCluster

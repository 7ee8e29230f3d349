"""What becomes of the positions when a log is opened on another cluster or by other rules. Pure.

A Mark says what is mirrored from then on. Whoever folds the records (the projector, the recorder) applies this rule at
each Mark, so that all of them agree which paths must be listed again.
"""

from __future__ import annotations

from collections.abc import Mapping

from promoter_view.records import OWN_CLUSTER, Mirror


def carried(previous: Mirror | None, current: Mirror, positions: Mapping[str, str]) -> dict[str, str]:
    """The positions that hold on after a Mark of ``current``: same cluster, same path, same rules digest. Schemas too.

    ``previous`` is what was mirrored until then, None when nothing was. A path that is no longer mirrored loses its
    position, for its objects are not followed while it is away. One with a cluster of its own asks for that one only.
    """
    if previous is None:
        return {}
    same = previous.cluster == current.cluster
    return {
        path: position
        for path, position in positions.items()
        if _same_rules(path, previous, current) and (same or OWN_CLUSTER in current.paths[path])
    }


def are_cleaned_anew(previous: Mirror | None, current: Mirror) -> bool:
    """Whether a Mark of ``current`` puts rules in the place of others: what was made by those may not be shown again.

    Rules that only come or only go do not count: a kind is mirrored from then on, or no longer. Nor does it count that
    a path is read from another cluster: its objects are compared with what is there.
    """
    before, after = rules_in(previous), rules_in(current)
    return bool(before - after and after - before)


def is_complete(mirror: Mirror, positions: Mapping[str, str]) -> bool:
    """Whether every mirrored path has a position (ABSENT is one): all that the cluster holds is known."""
    return all(path in positions for path in mirror.paths)


def rules_in(mirror: Mirror | None) -> set[str]:
    """The digests of the rules by which objects are cleaned, whatever cluster they are of."""
    return {digest.partition(OWN_CLUSTER)[0] for digest in mirror.paths.values()} if mirror is not None else set()


def _same_rules(path: str, previous: Mirror, current: Mirror) -> bool:
    return path in current.paths and previous.paths.get(path) == current.paths[path]

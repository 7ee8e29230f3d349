"""In which order Stages stand in a pipeline: behind all that their Freight has to have been in. Pure."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping

from promoter_view.dashboard.strategies.fleet import ORDERS, ROWS_A_STEP, Listed, Order

#: By namespace and name.
_Key = tuple[str, str]
PIPELINE = "pipeline"
#: Of Stages. Where each stands in its pipeline ``levels_of`` tells; by itself a row tells of its project alone.
STAGE_ORDERS: Mapping[str, Order] = {
    **ORDERS,
    PIPELINE: ("pipeline, by project", lambda row: (row.namespace, row.name)),
}


def levels_of(rows: Iterable[Listed]) -> Generator[None, None, Mapping[_Key, int]]:
    """Returns how many Stages stand before each on the longest way to it, in steps.

    Those that wait for each other in a circle stand behind the others. A Stage that is not there is nobody's upstream.
    """
    known = {(row.namespace, row.name): row for row in rows}
    waits_for, followers = dict[_Key, int](), dict[_Key, list[_Key]]()
    for key, row in known.items():
        before = {(row.namespace, name) for name in row.upstream} & known.keys()
        waits_for[key] = len(before)
        for each in before:
            followers.setdefault(each, []).append(key)
        if len(waits_for) % ROWS_A_STEP == 0:
            yield
    levels = dict.fromkeys((key for key, count in waits_for.items() if not count), 0)
    free = list(levels)
    for key in free:  # grows as it goes
        for each in followers.get(key, ()):
            levels[each] = max(levels.get(each, 0), levels[key] + 1)
            waits_for[each] -= 1
            if not waits_for[each]:
                free.append(each)
        yield
    last = len(known)
    return {key: last if waits_for[key] else levels[key] for key in known}

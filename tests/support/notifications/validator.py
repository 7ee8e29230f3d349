"""Holds what a receiver took to what it was promised: order, no loss, duplicates only after a cut, signatures."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Sequence

from tests.support.notifications.receivers import Received

#: Messages that may come again after a cut.
MOST_AGAIN = 20
#: A receiver may note a request so long after its sender is gone; no sender is back by then.
_LATE_SECONDS = 1.0


def check_order(taken: Sequence[Received], expected: Sequence[str], cuts: Sequence[float]) -> int:
    """``taken`` is what was answered with success, ``expected`` the identities of all messages in order, ``cuts`` when
    the sender was killed. How many came more than once.
    """
    places = {identity: number for number, identity in enumerate(expected)}
    reached, before, again = -1, 0.0, 0
    for each in taken:
        place = places[each.identity]
        was_cut = any(before - _LATE_SECONDS <= cut <= each.at for cut in cuts)
        if place != reached + 1:
            assert place <= reached, f"{expected[reached + 1 : place]} did not come before {each.identity}"
            assert was_cut, f"{each.identity} came again, and nothing was cut before"
            assert reached - place < MOST_AGAIN, f"{reached - place + 1} messages come again"
            again += reached - place + 1
        reached, before = place, each.at
    missing = expected[reached + 1 :]
    assert not missing, f"{len(missing)} messages did not come, the first is {missing[0]}"
    return again


def check_firsts(
    taken: Sequence[Received], expected: Sequence[str], times: Sequence[tuple[float, float]], stale: int
) -> int:
    """The same where a sender may wake up that others have taken for dead: what counts is when each came first.

    ``times`` are when something went wrong, from and until: only then a message may come again, of the last ones. And
    as many as ``stale`` that were under way as their sender was stopped. How many came more than once.
    """
    assert list(dict.fromkeys(each.identity for each in taken)) == list(expected)
    places = {identity: number for number, identity in enumerate(expected)}
    reached, again, late = -1, 0, 0
    for each in taken:
        place = places[each.identity]
        if place > reached:
            reached = place
            continue
        assert any(begin <= each.at <= end for begin, end in times), f"{each.identity} came again, and nothing was cut"
        again += 1
        late += reached - place >= MOST_AGAIN
    assert late <= stale, f"{late} messages came again long after"
    return again


def check_signatures(taken: Sequence[Received], secrets: Sequence[str]) -> None:
    """Each is signed by one of those secrets (``whsec_...``), as the specification has it."""
    keys = [base64.b64decode(each.removeprefix("whsec_")) for each in secrets]
    for each in taken:
        signed = f"{each.headers['webhook-id']}.{each.headers['webhook-timestamp']}.".encode() + each.body
        wanted = {"v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode() for key in keys}
        found = set(each.headers["webhook-signature"].split())
        assert found & wanted, f"{each.identity} is signed by nobody"
        assert abs(int(each.headers["webhook-timestamp"]) - each.at) < 30

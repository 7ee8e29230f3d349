"""What one user may have under way: the counts, and what is said to whom."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promoter_view.access.admission import FREELY_ADMITTED
from promoter_view.access.identity import MASTERS, Identity
from promoter_view.web.errors import TooManyRequests
from promoter_view.web.limits import Claim, Limits, Shares
from tests.support.api.world import BASE, World, large

CLAIMS = st.builds(Claim, st.sampled_from([None, "ann", "bob"]), st.booleans())


@given(st.lists(CLAIMS, max_size=60), st.data())
def test_nobody_has_more_than_a_share(claims, data):
    """However requests come and go nobody has more under way than the bound, and nobody less than that is refused."""
    shares, held = Shares(Limits(requests=3, watches=2)), []
    for claim in claims:
        if held and data.draw(st.booleans()):
            shares.give_back(held.pop(data.draw(st.integers(0, len(held) - 1))))
        full = claim.user is not None and held.count(claim) == (2 if claim.watch else 3)
        try:
            shares.take(claim)
        except TooManyRequests:
            assert full
        else:
            assert not full
            held.append(claim)
    for claim in held:
        shares.give_back(claim)
    assert (dict(shares._requests), dict(shares._watches)) == ({}, {})


class Named:
    """Believes the header X-User."""

    async def admit(self, request, attributes):
        found = request.getHeader("X-User") or "nobody"
        return Known(Identity(found, groups=(MASTERS,) if found == "root" else ()))


class Known:
    """An admission of somebody."""

    def __init__(self, identity):
        self.identity = identity
        self.revoked = FREELY_ADMITTED.revoked


@pytest.fixture
def world():
    found = World(access=Named(), limits=Limits(requests=2, watches=2))
    found.put("n", "s")
    return found


def watch(world, user):
    client = world.open(f"{BASE}?watch=1", {"X-User": user})
    world.turn()
    return client


def test_watches_of_a_user(world):
    """Who has all the watches one may have gets 429 and when to try again, while others, and other requests, go on."""
    first, second = watch(world, "ann"), watch(world, "ann")
    refused = watch(world, "ann").answer()
    assert (refused.code, refused.document["reason"]) == (429, "TooManyRequests")
    assert refused.header("retry-after") == "10"
    assert refused.document["details"]["retryAfterSeconds"] == 10
    assert refused.head.startswith(b"HTTP/1.1 429 Too Many Requests")
    assert watch(world, "bob").answer().code == 200
    assert world.ask(BASE, {"X-User": "ann"}).code == 200
    assert world.ask("/apis", {"X-User": "ann"}).code == 200
    first.leave()
    assert watch(world, "ann").answer().code == 200
    assert len(second.events()) == 1


def test_requests_of_a_user():
    """Requests that are still being written count; those that are over do not."""
    world = large()
    world.site.entrance._access = Named()
    world.site.entrance._shares = Shares(Limits(requests=2, watches=2))
    slow = [world.open(BASE, {"X-User": "ann"}) for _ in range(2)]
    refused = world.open(BASE, {"X-User": "ann"}).answer()
    assert (refused.code, refused.header("retry-after")) == (429, "1")
    assert world.ask(BASE, {"X-User": "bob"}).code == 200
    assert all(client.complete for client in slow)
    assert world.ask(BASE, {"X-User": "ann"}).code == 200


def test_masters_are_not_counted(world):
    """Who is system:masters is refused nothing: there must be a way in when all else is full."""
    assert [watch(world, "root").answer().code for _ in range(4)] == [200] * 4

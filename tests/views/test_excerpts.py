"""A part of a bundle, decoded."""

from __future__ import annotations

import orjson
import pytest

from promoter_view.views.excerpts import excerpt
from tests.views.world import VIEW, World, family


@pytest.mark.parametrize("fields", [(), ("changeTransferPolicies",), ("pullRequests", "scmProvider"), ("unknown",)])
def test_excerpt(fields: tuple[str, ...]) -> None:
    """What is asked for is as in the whole bundle, what is not asked for is not there; metadata and root always are."""
    world = World()
    world.put(*family("shop", "ScmProvider"))
    (bundle,) = world.projector.list(VIEW)
    whole = orjson.loads(bundle.encode())
    kept = {"kind", "apiVersion", "metadata", "promotionStrategy", *fields}
    assert excerpt(bundle, fields) == {name: value for name, value in whole.items() if name in kept}

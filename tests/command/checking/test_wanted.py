"""Which permissions ``check`` asks for, by the options of ``serve``."""

from __future__ import annotations

import pytest

from promoter_view.command.checking.wanted import access, promoting, reading
from promoter_view.program.command_line.parsing import settings
from promoter_view.records import ListPath

REVIEWS = {"tokenreviews", "subjectaccessreviews"}


@pytest.mark.parametrize(
    ("given", "resources"),
    [
        ({}, REVIEWS | {"configmaps"}),
        ({"insecure-no-auth": "true", "bind-address": "127.0.0.1"}, set()),
        ({"authentication-skip-lookup": "true"}, REVIEWS),
        ({"role": "dashboard"}, set()),
        ({"role": "dashboard", "dashboard-auth": "token"}, REVIEWS),
    ],
)
def test_access(given: dict[str, str], resources: set[str]) -> None:
    """Who serves everybody asks nobody."""
    assert {right.resource for right in access(settings(given, {}))} == resources


def test_reading() -> None:
    """A list path is listed and watched, where it is."""
    path = ListPath("Stage", "kargo.akuity.io", "v1alpha1", "stages", "team")
    assert [(each.verb, each.namespace) for each in reading(path)] == [("list", "team"), ("watch", "team")]


def test_promoting() -> None:
    """Without a shard nothing is written; Applications elsewhere are another cluster's."""
    assert list(promoting(settings({}, {}))) == []
    shard = {"argocd-shard": "one"}
    found = {(each.verb, each.resource, each.namespace, each.name) for each in promoting(settings(shard, {}))}
    assert ("patch", "applications", "argocd", "") in found
    assert ("list", "leases", "", "kargo-controller-one") in found
    assert ("update", "leases", "kargo", "promoter-view-one") in found
    elsewhere = promoting(settings({**shard, "argocd-kubeconfig": "/x"}, {}))
    assert not any(each.resource == "applications" for each in elsewhere)

"""Impersonation: whom to act as, and what has to be allowed for it."""

from __future__ import annotations

import pytest

from promoter_view.access.identity import Identity
from promoter_view.access.impersonation import impersonation
from promoter_view.web.errors import Forbidden

AUTHENTICATION = "authentication.k8s.io"


def asked(headers):
    found = impersonation(headers, "/x")
    assert found is not None
    assert {review.verb for review in found.reviews} == {"impersonate"}
    parts = [(it.group, it.resource, it.subresource, it.namespace, it.name) for it in found.reviews]
    return found.identity, parts


def test_nobody():
    """Without such headers nobody is impersonated."""
    assert impersonation({"authorization": [b"Bearer x"]}, "/x") is None


def test_a_user():
    """A user is reviewed by name, and is authenticated."""
    identity, parts = asked({"impersonate-user": [b"bob"]})
    assert identity == Identity("bob", groups=("system:authenticated",))
    assert parts == [("", "users", "", "", "bob")]


def test_all_parts():
    """Each group, the uid and each value of extra is a review of its own."""
    identity, parts = asked(
        {
            "impersonate-user": [b"bob"],
            "impersonate-group": [b"dev", b"system:masters"],
            "impersonate-uid": [b"7"],
            "impersonate-extra-team": [b"a", b"b"],
        }
    )
    groups = ("dev", "system:masters", "system:authenticated")
    assert identity == Identity("bob", "7", groups, (("team", ("a", "b")),))
    assert parts == [
        ("", "users", "", "", "bob"),
        ("", "groups", "", "", "dev"),
        ("", "groups", "", "", "system:masters"),
        (AUTHENTICATION, "uids", "", "", "7"),
        (AUTHENTICATION, "userextras", "team", "", "a"),
        (AUTHENTICATION, "userextras", "team", "", "b"),
    ]


def test_a_service_account():
    """A service account is reviewed as such, in its namespace, and has its groups."""
    identity, parts = asked({"impersonate-user": [b"system:serviceaccount:ns:robot"]})
    assert identity.groups == ("system:serviceaccounts", "system:serviceaccounts:ns", "system:authenticated")
    assert parts == [("", "serviceaccounts", "", "ns", "robot")]
    assert asked({"impersonate-user": [b"system:serviceaccount:ns:a:b"]})[1][0][1] == "users"


def test_anonymous():
    """Whoever acts as anonymous is not authenticated."""
    assert asked({"impersonate-user": [b"system:anonymous"]})[0].groups == ("system:unauthenticated",)


@pytest.mark.parametrize(
    "headers",
    [
        {"impersonate-group": [b"dev"]},
        {"impersonate-uid": [b"7"]},
        {"impersonate-extra-x": [b"7"]},
        {"impersonate-user": [b""]},
        {"impersonate-user": [b"bob"], "impersonate-else": [b"x"]},
        {"impersonate-user": [b"bob"], "impersonate-extra-": [b"x"]},
        {"impersonate-user": [b"bob"], "impersonate-group": [b"g"] * 64},
    ],
)
def test_refused(headers):
    """Headers that name nobody, are unknown, or are too many, are refused and never skipped."""
    with pytest.raises(Forbidden):
        impersonation(headers, "/x")

"""Identities out of certificates and reviews."""

from __future__ import annotations

import pytest

from promoter_view.access.identity import ANONYMOUS, Identity, from_subject, from_user_info
from tests.support.api.issuing import authority


@pytest.mark.parametrize(
    ("identity", "groups"),
    [
        (Identity("bob"), ("system:authenticated",)),
        (Identity("bob", groups=("dev",)), ("dev", "system:authenticated")),
        (Identity("bob", groups=("system:authenticated",)), ("system:authenticated",)),
        (Identity("bob", groups=("system:unauthenticated",)), ("system:unauthenticated",)),
        (Identity("system:anonymous"), ()),
        (ANONYMOUS, ("system:unauthenticated",)),
    ],
)
def test_authenticated(identity, groups):
    """Everybody who has proved who they are is in system:authenticated, once, and anonymous never."""
    assert identity.authenticated().groups == groups


def test_subject():
    """The common name is the user, each organization a group; without a name there is no user."""
    found = authority().issue("bob", organizations=["dev", "ops"]).certificate
    assert from_subject(found) == Identity("bob", groups=("dev", "ops"))
    assert from_subject(authority().issue("", organizations=["dev"]).certificate) is None


def test_user_info():
    """A review's user has all its parts, and few of them must be there."""
    found = {"username": "bob", "uid": "7", "groups": ["dev"], "extra": {"b": ["2"], "A": ["1", "0"]}}
    assert from_user_info(found) == Identity("bob", "7", ("dev",), (("A", ("1", "0")), ("b", ("2",))))
    assert from_user_info({"username": "bob", "groups": None, "extra": None}) == Identity("bob")


@pytest.mark.parametrize(
    "change",
    [
        {"username": ""},
        {"username": None},
        {"uid": 7},
        {"groups": "dev"},
        {"groups": [7]},
        {"extra": ["x"]},
        {"extra": {"x": "y"}},
        {"extra": {"x": [1]}},
    ],
)
def test_malformed_user_info(change):
    """A user that is malformed is nobody, rather than somebody with other rights."""
    with pytest.raises(ValueError, match="malformed"):
        from_user_info({"username": "bob", **change})


def test_review_fields():
    """What is put before a SubjectAccessReview has only what is there, and extra as lists."""
    assert Identity("bob").review_fields() == {"user": "bob", "groups": []}
    whole = Identity("bob", "7", ("dev",), (("a", ("1", "2")),))
    assert whole.review_fields() == {"user": "bob", "uid": "7", "groups": ["dev"], "extra": {"a": ["1", "2"]}}

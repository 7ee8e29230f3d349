"""Who asks, as Kubernetes names it: user, uid, groups and extra. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from cryptography import x509
from cryptography.x509.oid import NameOID

ANONYMOUS_USER = "system:anonymous"
AUTHENTICATED = "system:authenticated"
UNAUTHENTICATED = "system:unauthenticated"
MASTERS = "system:masters"


@dataclass(frozen=True, slots=True)
class Identity:
    """A user (authentication.k8s.io, UserInfo). ``extra``: pairs of a key and its values, by key."""

    user: str
    uid: str = ""
    groups: tuple[str, ...] = ()
    extra: tuple[tuple[str, tuple[str, ...]], ...] = ()

    @property
    def privileged(self) -> bool:
        """May do everything, without a review, as in every API server."""
        return MASTERS in self.groups

    def authenticated(self) -> Identity:
        """The same with the group of all who have proved who they are (as kube-apiserver's AuthenticatedGroupAdder).

        A front proxy says itself of whom it knows nothing: that one stays unauthenticated.
        """
        if self.user == ANONYMOUS_USER or AUTHENTICATED in self.groups or UNAUTHENTICATED in self.groups:
            return self
        return replace(self, groups=(*self.groups, AUTHENTICATED))

    def review_fields(self) -> dict[str, Any]:
        """Its part of a SubjectAccessReview's spec."""
        fields: dict[str, Any] = {"user": self.user, "groups": list(self.groups)}
        if self.uid:
            fields["uid"] = self.uid
        if self.extra:
            fields["extra"] = {key: list(values) for key, values in self.extra}
        return fields


ANONYMOUS = Identity(ANONYMOUS_USER, groups=(UNAUTHENTICATED,))


def extra_of(pairs: Iterable[tuple[str, str]]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """The values of each key, in the order in which they came."""
    gathered: dict[str, list[str]] = {}
    for key, value in pairs:
        gathered.setdefault(key, []).append(value)
    return tuple(sorted((key, tuple(values)) for key, values in gathered.items()))


def from_user_info(found: Mapping[str, Any]) -> Identity:
    """The user of a TokenReview's status. Errors: ValueError for what is none."""
    groups, extra = found.get("groups") or [], found.get("extra") or {}
    user, uid = found.get("username"), found.get("uid") or ""
    if not (isinstance(user, str) and user and isinstance(uid, str) and _words(groups) and isinstance(extra, dict)):
        raise ValueError("the review's user is malformed")
    if not all(map(_words, extra.values())):
        raise ValueError("the review's extra is malformed")
    return Identity(user, uid, tuple(groups), extra_of((key, value) for key in extra for value in extra[key]))


def from_subject(certificate: x509.Certificate) -> Identity | None:
    """The common name as user, the organizations as groups; None where there is no name. Errors: ValueError."""
    names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    if not names or not names[-1].value:
        return None
    organizations = certificate.subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)
    return Identity(str(names[-1].value), groups=tuple(str(found.value) for found in organizations))


def _words(found: object) -> bool:
    return isinstance(found, list) and all(isinstance(word, str) for word in found)

"""Impersonation: acting as somebody else, which a review must allow for each part of them. Pure.

kubernetes.io, "User Impersonation"; the reviews are those of kube-apiserver. Behind the aggregator there are no such
headers: kube-apiserver has acted on them and taken them away.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from promoter_view.access.admission import Attributes
from promoter_view.access.authentication import extra_words, words_of
from promoter_view.access.identity import ANONYMOUS_USER, AUTHENTICATED, UNAUTHENTICATED, Identity
from promoter_view.web.errors import Forbidden
from promoter_view.web.headers import Headers

_PREFIX = "impersonate-"
_USER, _GROUP, _UID, _EXTRA = "impersonate-user", "impersonate-group", "impersonate-uid", "impersonate-extra-"
_AUTHENTICATION = "authentication.k8s.io"
_SERVICE_ACCOUNT = "system:serviceaccount:"
#: Each part is a review of its own.
_MAX_PARTS = 64


@dataclass(frozen=True, slots=True)
class Impersonation:
    """Whom to act as, and what all must be allowed for that."""

    identity: Identity
    reviews: tuple[Attributes, ...]


def impersonation(headers: Headers, path: str) -> Impersonation | None:
    """None where nobody is impersonated. Errors: Forbidden for headers that make no sense, Unauthorized."""
    if not any(name.startswith(_PREFIX) for name in headers):
        return None
    unknown = [name for name in headers if name.startswith(_PREFIX) and not _known(name)]
    user = next(iter(words_of(headers, [_USER])), "")
    if unknown or not user:
        raise Forbidden("impersonation needs the header Impersonate-User, and no other than its known companions")
    wanted = Identity(
        user,
        next(iter(words_of(headers, [_UID])), ""),
        tuple(words_of(headers, [_GROUP])),
        extra_words(headers, [_EXTRA]),
    )
    reviews = _reviews(wanted, path)
    if len(reviews) > _MAX_PARTS:
        raise Forbidden(f"impersonation in more than {_MAX_PARTS} parts is not reviewed")
    return Impersonation(_completed(wanted), reviews)


def _known(name: str) -> bool:
    return name in (_USER, _GROUP, _UID) or (name.startswith(_EXTRA) and len(name) > len(_EXTRA))


def _reviews(wanted: Identity, path: str) -> tuple[Attributes, ...]:
    parts = [_review_of_user(wanted.user, path)]
    parts += [_review(path, resource="groups", name=group) for group in wanted.groups]
    if wanted.uid:
        parts.append(_review(path, group=_AUTHENTICATION, resource="uids", name=wanted.uid))
    parts += [
        _review(path, group=_AUTHENTICATION, resource="userextras", subresource=key, name=value)
        for key, values in wanted.extra
        for value in values
    ]
    return tuple(parts)


def _review_of_user(user: str, path: str) -> Attributes:
    account = _service_account(user)
    if account is None:
        return _review(path, resource="users", name=user)
    return _review(path, resource="serviceaccounts", namespace=account[0], name=account[1])


def _review(
    path: str, *, resource: str, name: str, group: str = "", subresource: str = "", namespace: str = ""
) -> Attributes:
    return Attributes("impersonate", path, group, "v1", resource, namespace, name, subresource)


def _completed(wanted: Identity) -> Identity:
    """With the groups that kube-apiserver adds."""
    if wanted.user == ANONYMOUS_USER:
        missing = () if UNAUTHENTICATED in wanted.groups else (UNAUTHENTICATED,)
        return replace(wanted, groups=(*wanted.groups, *missing))
    account = _service_account(wanted.user)
    if account is not None and not wanted.groups:
        wanted = replace(wanted, groups=("system:serviceaccounts", f"system:serviceaccounts:{account[0]}"))
    missing = () if {AUTHENTICATED, UNAUTHENTICATED} & {*wanted.groups} else (AUTHENTICATED,)
    return replace(wanted, groups=(*wanted.groups, *missing))


def _service_account(user: str) -> tuple[str, str] | None:
    namespace, _, name = user.removeprefix(_SERVICE_ACCOUNT).partition(":")
    return (namespace, name) if user.startswith(_SERVICE_ACCOUNT) and namespace and name and ":" not in name else None

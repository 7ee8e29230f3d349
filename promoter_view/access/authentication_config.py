"""By what clients are believed: the pools of authorities and the front proxy's headers. Pure.

The cluster publishes it in the ConfigMap kube-system/extension-apiserver-authentication; options override it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import orjson

from promoter_view.access.authorities import Authorities

_CLIENT_CA = "client-ca-file"
_PROXY_CA = "requestheader-client-ca-file"


@dataclass(frozen=True, slots=True)
class FrontProxy:
    """Whose word about the user counts: those with a certificate of that pool and an allowed common name.

    No allowed names: any name. Header names and prefixes are in lower case.
    """

    authorities: Authorities
    allowed_names: frozenset[str] = frozenset()
    username_headers: tuple[str, ...] = ()
    group_headers: tuple[str, ...] = ()
    uid_headers: tuple[str, ...] = ()
    extra_prefixes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class AuthenticationConfig:
    """Both pools, each where there is one. A rotation makes another one: two are the same only if they are one."""

    client: Authorities | None = None
    proxy: FrontProxy | None = None

    def overridden(self, client: Authorities | None, proxy: FrontProxy | None) -> AuthenticationConfig:
        """Each pool that is given in place of this one's."""
        return AuthenticationConfig(client or self.client, proxy or self.proxy)


def from_config_map(data: Mapping[str, str]) -> AuthenticationConfig:
    """The ConfigMap's data. Errors: ValueError, which names the key."""
    client, proxy = data.get(_CLIENT_CA, ""), data.get(_PROXY_CA, "")
    return AuthenticationConfig(
        _pool(_CLIENT_CA, client) if client else None,
        _front_proxy(_pool(_PROXY_CA, proxy), data) if proxy else None,
    )


def front_proxy(
    authorities: Authorities,
    *,
    allowed_names: tuple[str, ...],
    username_headers: tuple[str, ...],
    group_headers: tuple[str, ...],
    uid_headers: tuple[str, ...],
    extra_prefixes: tuple[str, ...],
) -> FrontProxy:
    """A front proxy, its header names in any case."""
    headers = (username_headers, group_headers, uid_headers, extra_prefixes)
    # An empty name would be none, an empty prefix every header. (An empty allowed name is one: that of nobody.)
    return FrontProxy(
        authorities,
        frozenset(allowed_names),
        *(tuple(name.lower() for name in names if name) for names in headers),
    )


def _front_proxy(authorities: Authorities, data: Mapping[str, str]) -> FrontProxy:
    return front_proxy(
        authorities,
        allowed_names=_names(data, "requestheader-allowed-names"),
        username_headers=_names(data, "requestheader-username-headers"),
        group_headers=_names(data, "requestheader-group-headers"),
        # A cluster that does not publish these lets clients send such headers through its aggregator.
        uid_headers=_names(data, "requestheader-uid-headers"),
        extra_prefixes=_names(data, "requestheader-extra-headers-prefix"),
    )


def _pool(key: str, pem: str) -> Authorities:
    try:
        return Authorities(pem.encode())
    except ValueError as error:
        raise ValueError(f"{key}: is no PEM bundle of certificates: {error}") from error


def _names(data: Mapping[str, str], key: str) -> tuple[str, ...]:
    """A JSON list of words. An absent one is empty, which for the allowed names means any, as kube-apiserver has it.

    So is null: it is what kube-apiserver publishes for an empty list.
    """
    try:
        found = orjson.loads(data.get(key) or "[]") or []
    except orjson.JSONDecodeError as error:
        raise ValueError(f"{key}: is no JSON: {error}") from error
    if not isinstance(found, list) or not all(isinstance(name, str) for name in found):
        raise ValueError(f"{key}: is no list of words")
    return tuple(found)

"""Who asks, by what a request brings along: the decisions of authentication. Pure.

In this order, as in every extension API server: the front proxy's word, a client certificate, a bearer token (which
only the cluster can judge), nobody. The first that succeeds wins. If credentials are present but none of these
methods accepts them, the answer is 401.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import unquote

from cryptography import x509

from promoter_view.access.authentication_config import AuthenticationConfig, FrontProxy
from promoter_view.access.authorities import CertificateRefused
from promoter_view.access.identity import Identity, extra_of, from_subject
from promoter_view.web.errors import Unauthorized
from promoter_view.web.headers import Headers
from promoter_view.web.websocket.handshake import TOKEN_PREFIX, asks_for_websocket, offered_protocols

#: A refused certificate is judged again after this: it may only have been too early.
_REFUSED_FOR = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class Presented:
    """A client certificate, whose key its owner has shown to hold, and those that came with it."""

    certificate: x509.Certificate
    others: tuple[x509.Certificate, ...] = ()


@dataclass(frozen=True, slots=True)
class CertificateVerdict:
    """What a connection's certificate proves. Good until ``until``, and for one configuration only.

    ``proxy``: its headers are believed. ``client``: who it is for itself. ``refused``: why not, "" if not at all.
    """

    until: datetime
    proxy: bool = False
    client: Identity | None = None
    refused: str = ""


def judge(presented: Presented, config: AuthenticationConfig, now: datetime) -> CertificateVerdict:
    """The certificate before each of the two pools, apart."""
    refusals: list[str] = []
    ends: list[datetime] = []
    proxy, client = False, None
    if config.proxy is not None:
        try:
            ends.append(_vouch_for_proxy(presented, config.proxy, now))
            proxy = True
        except CertificateRefused as error:
            refusals.append(f"as a front proxy: {error}")
    if config.client is not None:
        try:
            ends.append(config.client.verify(presented.certificate, presented.others, now))
            client = _subject(presented.certificate)
        except CertificateRefused as error:
            refusals.append(f"as a client: {error}")
    if refusals:
        ends.append(now + _REFUSED_FOR)
    return CertificateVerdict(
        min(ends, default=datetime.max.replace(tzinfo=now.tzinfo)), proxy, client, "; ".join(refusals)
    )


def identify(verdict: CertificateVerdict | None, config: AuthenticationConfig, headers: Headers) -> Identity | None:
    """Whom the certificate proves: its owner, or the user whom a front proxy names. Errors: Unauthorized."""
    if verdict is None:
        return None
    if verdict.proxy and config.proxy is not None:
        asserted = _asserted(config.proxy, headers)
        if asserted is not None:
            return asserted
    return verdict.client


def bearer_token(headers: Headers) -> str | None:
    """The token of a header Authorization (RFC 6750, 2.1), or of a WebSocket's subprotocol where there is no other.

    Errors: Unauthorized for one that can be no token.
    """
    values = headers.get("authorization", ())
    scheme, _, rest = (values[0] if values else b"").strip().partition(b" ")
    token = rest.partition(b" ")[0]
    if scheme.lower() != b"bearer" or not token:
        return _offered_token(headers)
    try:
        return token.decode("ascii")
    except UnicodeDecodeError:
        raise Unauthorized("Unauthorized") from None


def _offered_token(headers: Headers) -> str | None:
    """As kube-apiserver takes it: one, and beside it a subprotocol that can be answered. Errors: Unauthorized."""
    offered = offered_protocols(headers) if asks_for_websocket(headers) else []
    tokens = [each.removeprefix(TOKEN_PREFIX) for each in offered if each.startswith(TOKEN_PREFIX)]
    if not tokens:
        return None
    if len(tokens) > 1 or len(offered) == 1:
        raise Unauthorized("Unauthorized")
    try:
        padded = tokens[0] + "=" * (-len(tokens[0]) % 4)
        return base64.b64decode(padded, altchars=b"-_", validate=True).decode("ascii") or None
    except (binascii.Error, ValueError):
        raise Unauthorized("Unauthorized") from None


def words_of(headers: Headers, names: Iterable[str]) -> list[str]:
    """All values of those headers that are not empty. Errors: Unauthorized for one that is not UTF-8."""
    return [_word(value) for name in names for value in headers.get(name, ()) if value]


def extra_words(headers: Headers, prefixes: Iterable[str]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Extra: each header that begins with a prefix; the rest of its name, percent-decoded, is the key."""
    pairs = (
        (unquote(name[len(prefix) :]), _word(value))
        for prefix in prefixes
        for name in headers
        if name.startswith(prefix) and len(name) > len(prefix)
        for value in headers[name]
    )
    return extra_of(pairs)


def _asserted(proxy: FrontProxy, headers: Headers) -> Identity | None:
    user = next(iter(words_of(headers, proxy.username_headers)), None)
    if user is None:
        return None
    return Identity(
        user,
        next(iter(words_of(headers, proxy.uid_headers)), ""),
        tuple(words_of(headers, proxy.group_headers)),
        extra_words(headers, proxy.extra_prefixes),
    )


def _vouch_for_proxy(presented: Presented, proxy: FrontProxy, now: datetime) -> datetime:
    until = proxy.authorities.verify(presented.certificate, presented.others, now)
    subject = _subject(presented.certificate)
    name = subject.user if subject is not None else ""
    if proxy.allowed_names and name not in proxy.allowed_names:
        raise CertificateRefused(f"the common name {name!r} is not allowed")
    return until


def _subject(certificate: x509.Certificate) -> Identity | None:
    try:
        return from_subject(certificate)
    except ValueError as error:
        raise CertificateRefused(f"the subject cannot be read: {error}") from error


def _word(value: bytes) -> str:
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        raise Unauthorized("Unauthorized") from None

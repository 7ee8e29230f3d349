"""Who asks: every kind of evidence, alone and together."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promoter_view.access.authentication import (
    CertificateVerdict,
    Presented,
    bearer_token,
    extra_words,
    identify,
    judge,
)
from promoter_view.access.authentication_config import AuthenticationConfig, front_proxy
from promoter_view.access.authorities import Authorities
from promoter_view.access.identity import Identity
from promoter_view.access.impersonation import impersonation
from promoter_view.web.errors import Refusal, Unauthorized
from tests.support.api.issuing import DAY, NOW, SERVER, authority

CLIENTS, PROXIES, STRANGERS = authority("clients"), authority("proxies"), authority("clients")


def config(*allowed):
    proxy = front_proxy(
        Authorities(PROXIES.pem),
        allowed_names=allowed,
        username_headers=("X-Remote-User", "X-Other-User"),
        group_headers=("X-Remote-Group",),
        uid_headers=("X-Remote-Uid",),
        extra_prefixes=("X-Remote-Extra-",),
    )
    return AuthenticationConfig(Authorities(CLIENTS.pem), proxy)


WHOLE = config("aggregator")
EVE = {"x-remote-user": [b"eve"], "x-remote-group": [b"system:masters"]}


def who(issued, headers, conf=WHOLE):
    return identify(judge(Presented(issued.certificate), conf, NOW), conf, headers)


def test_front_proxy():
    """Its headers are believed whole: user, uid, all groups, extra with keys lower-cased, then percent-decoded."""
    headers = {
        "x-remote-user": [b"bob", b"second"],
        "x-remote-uid": [b"7"],
        "x-remote-group": [b"dev", b"", b"ops"],
        "x-remote-extra-example.com%2fteam": [b"a", b"b"],
        "x-remote-extra-": [b"nameless"],
        "x-other": [b"x"],
    }
    wanted = Identity("bob", "7", ("dev", "ops"), (("example.com/team", ("a", "b")),))
    assert who(PROXIES.issue("aggregator"), headers) == wanted


@pytest.mark.parametrize(
    ("issued", "headers", "user"),
    [
        (PROXIES.issue("aggregator"), {"x-other-user": [b"bob"]}, "bob"),
        (PROXIES.issue("aggregator"), {"x-remote-user": [b""]}, None),
        (PROXIES.issue("aggregator"), {}, None),
        (PROXIES.issue("somebody"), EVE, None),
        (PROXIES.issue("aggregator", SERVER), EVE, None),
        (PROXIES.issue("aggregator", ends=NOW - DAY / 2), EVE, None),
        (STRANGERS.issue("aggregator"), EVE, None),
        (CLIENTS.issue("aggregator"), EVE, "aggregator"),
        (CLIENTS.issue("carol"), {}, "carol"),
        (CLIENTS.issue("carol"), EVE, "carol"),
        (STRANGERS.issue("carol"), EVE, None),
        (CLIENTS.issue("carol", SERVER), {}, None),
        (CLIENTS.issue("carol", ends=NOW - DAY / 2), {}, None),
        (CLIENTS.issue(""), {}, None),
    ],
)
def test_certificates(issued, headers, user):
    """Each pool vouches for its own: the proxies' for headers, the clients' for the certificate's owner."""
    found = who(issued, headers)
    assert (found and found.user) == user


def test_any_name():
    """Without allowed names every certificate of the pool is a front proxy's."""
    found = who(PROXIES.issue("whoever"), EVE, config())
    assert found is not None
    assert found.privileged


def test_no_certificate():
    """Headers alone prove nothing."""
    assert identify(None, WHOLE, EVE) is None


def test_no_pools():
    """Where nobody is trusted a certificate proves nothing, and is no reason for a 401 either."""
    verdict = judge(Presented(CLIENTS.issue("bob").certificate), AuthenticationConfig(), NOW)
    assert (verdict.proxy, verdict.client, verdict.refused) == (False, None, "")


def test_verdicts_last():
    """A verdict ends with the certificate; a refusal is looked at again soon, for the clock may have been behind."""
    both = CLIENTS.issue("bob", ends=NOW + DAY / 3)
    assert judge(Presented(both.certificate), AuthenticationConfig(WHOLE.client), NOW).until == NOW + DAY / 3
    early = CLIENTS.issue("bob", begins=NOW + DAY / 3)
    refused = judge(Presented(early.certificate), WHOLE, NOW)
    assert refused.refused
    assert refused.until < NOW + DAY / 1000


def test_headers_that_are_not_utf_8():
    """A name that cannot be read is nobody's."""
    with pytest.raises(Unauthorized):
        who(PROXIES.issue("aggregator"), {"x-remote-user": [b"\xff"]})


@pytest.mark.parametrize(
    ("value", "token"),
    [
        (b"Bearer abc", "abc"),
        (b"bearer abc", "abc"),
        (b"  BEARER abc  ", "abc"),
        (b"Bearer abc more", "abc"),
        (b"Bearer", None),
        (b"Bearer ", None),
        (b"Bearer  abc", None),
        (b"Basic abc", None),
        (b"", None),
    ],
)
def test_bearer_token(value, token):
    """The scheme in any case and one word behind it, as kube-apiserver reads it; anything else is no token."""
    assert bearer_token({"authorization": [value, b"Bearer second"]}) == token


def test_no_token():
    """No header, no token; one that no token can be is refused here."""
    assert bearer_token({}) is None
    with pytest.raises(Unauthorized):
        bearer_token({"authorization": [b"Bearer \xc3\xa4"]})


def test_extra_keys():
    """A key comes in lower case; what was percent-encoded keeps its case; several prefixes add up."""
    headers = {"x-a-key": [b"1"], "x-b-key": [b"2"], "x-a-%4bey": [b"3"], "x-a-50%": [b"4"]}
    assert extra_words(headers, ["x-a-", "x-b-"]) == (("50%", ("4",)), ("Key", ("3",)), ("key", ("1", "2")))


NAMES = st.sampled_from(
    [
        "x-remote-user",
        "x-remote-group",
        "x-remote-extra-%zz",
        "authorization",
        "impersonate-user",
        "impersonate-extra-%",
    ]
) | st.from_regex(r"(x-remote-|impersonate-)[!-~]{0,8}", fullmatch=True)


@given(st.dictionaries(NAMES, st.lists(st.binary(max_size=12) | st.just(b"Bearer \xff"), min_size=1, max_size=3)))
def test_any_headers(headers):
    """Whatever headers hold, they say who asks, or nothing, or are refused; they are never a fault of ours."""
    with suppress(Refusal):
        identify(CertificateVerdict(NOW, proxy=True), WHOLE, headers)
    with suppress(Refusal):
        bearer_token(headers)
    with suppress(Refusal):
        impersonation(headers, "/")


def test_a_verdict_without_its_pool():
    """A verdict is used with the configuration that it was made by; one without proxies believes no headers."""
    assert identify(CertificateVerdict(NOW, proxy=True), AuthenticationConfig(), EVE) is None

"""The ConfigMap extension-apiserver-authentication, read; and what options put in its place."""

from __future__ import annotations

import pytest

from promoter_view.access.authentication_config import AuthenticationConfig, from_config_map
from promoter_view.access.authorities import Authorities
from promoter_view.access.trust import Trust
from tests.support.api.issuing import authority

PEM = authority().pem.decode()
WHOLE = {
    "client-ca-file": PEM,
    "requestheader-client-ca-file": PEM,
    "requestheader-allowed-names": '["front-proxy-client"]',
    "requestheader-username-headers": '["X-Remote-User", ""]',
    "requestheader-group-headers": '["X-Remote-Group"]',
    "requestheader-uid-headers": '["X-Remote-Uid"]',
    "requestheader-extra-headers-prefix": '["X-Remote-Extra-", ""]',
}


def test_whole():
    """Both pools and all names, in lower case; empty names are none, for an empty prefix would be every header."""
    config = from_config_map(WHOLE)
    assert config.client is not None
    assert config.proxy is not None
    assert config.proxy.allowed_names == {"front-proxy-client"}
    assert config.proxy.username_headers == ("x-remote-user",)
    assert config.proxy.group_headers == ("x-remote-group",)
    assert config.proxy.uid_headers == ("x-remote-uid",)
    assert config.proxy.extra_prefixes == ("x-remote-extra-",)


def test_what_is_not_there():
    """Without a CA there is no pool; without its key a header is not believed, the allowed names are any."""
    assert from_config_map({}).client is None
    assert from_config_map({}).proxy is None
    bare = from_config_map({"requestheader-client-ca-file": PEM, "requestheader-allowed-names": "null"}).proxy
    assert bare is not None
    assert (bare.allowed_names, bare.uid_headers, bare.username_headers) == (frozenset(), (), ())


def test_an_empty_allowed_name_allows_nobody():
    """A list of one empty name is not the empty list, which would let everybody in."""
    proxy = from_config_map({**WHOLE, "requestheader-allowed-names": '[""]'}).proxy
    assert proxy is not None
    assert proxy.allowed_names == {""}


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("client-ca-file", "no certificate"),
        ("requestheader-client-ca-file", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"),
        ("requestheader-allowed-names", "front-proxy-client"),
        ("requestheader-allowed-names", '"front-proxy-client"'),
        ("requestheader-username-headers", "[1]"),
    ],
)
def test_malformed(key, text):
    """What cannot be read is refused by its name, and never taken for less than it is."""
    with pytest.raises(ValueError, match=key):
        from_config_map({**WHOLE, key: text})


def test_trust():
    """Nothing is in force before the cluster was heard; options win over it, whichever comes first or changes."""
    published, override = from_config_map(WHOLE), Authorities(PEM.encode())
    trust = Trust()
    trust.override_client(override)
    assert trust.config is None
    trust.publish(published)
    assert trust.config is not None
    assert trust.config.client is override
    assert trust.config.proxy is published.proxy
    before = trust.config
    renewed = Authorities(PEM.encode())
    trust.override_client(renewed)
    assert trust.config.client is renewed
    assert trust.config is not before
    assert published.proxy is not None
    trust.override_proxy(published.proxy)
    trust.publish(AuthenticationConfig())
    assert trust.config.proxy is published.proxy

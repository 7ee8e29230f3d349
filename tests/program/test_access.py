"""Delegated access as options build it: what is looked up, what files give, and what is refused at the start."""

from __future__ import annotations

from pathlib import Path

import pytest
from twisted.internet.testing import MemoryReactorClock

from promoter_view.kubernetes.connection.cluster import ClusterConfig, ConfigError
from promoter_view.metrics import Metrics
from promoter_view.program.access import ClusterAccess
from promoter_view.program.command_line.parsing import settings
from promoter_view.web.expiry import Expiry
from promoter_view.web.reloading import Reloader
from tests.support.api.issuing import authority
from tests.support.runtimes import a_runtime


class Built:
    """ClusterAccess by those options, on a reactor that connects to nothing."""

    def __init__(self, **options: str) -> None:
        self.reactor = MemoryReactorClock()
        self.reloader = Reloader(clock=self.reactor, expiry=Expiry(metrics=Metrics()))
        self.refusals: list[str] = []
        self.access = ClusterAccess(
            settings({name.replace("_", "-"): text for name, text in options.items()}, {}),
            ClusterConfig("http://127.0.0.1:1"),
            runtime=a_runtime(self.reactor),
            reloader=self.reloader,
            refused=self.refusals.append,
        )
        self.access.start()

    @property
    def looks(self) -> bool:
        """It has asked the cluster for its configuration."""
        return bool(self.reactor.tcpClients)


def bundle(path: Path) -> str:
    path.write_bytes(authority().pem)
    return str(path)


def test_looks_by_default(tmp_path):
    """The cluster is asked, also where one of the two pools is given, and nobody is believed before it answers."""
    for options in ({}, {"client_ca_file": bundle(tmp_path / "ca")}):
        built = Built(**options)
        assert built.looks
        assert built.access.check() is not None


def test_does_not_look_for_what_is_given(tmp_path):
    """With both pools given, or told not to, it asks nobody and is ready at once."""
    both = {"client_ca_file": bundle(tmp_path / "a"), "requestheader_client_ca_file": bundle(tmp_path / "b")}
    for options in (both, {"authentication_skip_lookup": "true"}):
        built = Built(**options)
        assert not built.looks
        assert built.access.check() is None


def test_front_proxy_by_options(tmp_path):
    """The headers of a front proxy are those of the options, and of the uid none unless one is named."""
    given = {"requestheader_client_ca_file": bundle(tmp_path / "b"), "authentication_skip_lookup": "true"}
    config = Built(**given, requestheader_allowed_names="one,two").access._trust.config
    assert config is not None
    assert config.proxy is not None
    assert config.proxy.allowed_names == {"one", "two"}
    assert config.proxy.username_headers == ("x-remote-user",)
    assert config.proxy.group_headers == ("x-remote-group",)
    assert config.proxy.uid_headers == ()
    assert config.proxy.extra_prefixes == ("x-remote-extra-",)


def test_a_bundle_that_changes(tmp_path):
    """A bundle that is replaced counts when it is next looked at; a broken one does not."""
    path = tmp_path / "ca"
    built = Built(client_ca_file=bundle(path), authentication_skip_lookup="true")

    def trusted():
        config = built.access._trust.config
        assert config is not None
        assert config.client is not None
        return config.client.pem

    first = trusted()
    path.write_text("broken")
    built.reloader.reload()
    assert trusted() == first
    bundle(path)
    built.reloader.reload()
    assert trusted() == path.read_bytes() != first


@pytest.mark.parametrize("option", ["client_ca_file", "requestheader_client_ca_file"])
def test_no_bundle(tmp_path, option):
    """A bundle that is not there or holds no certificate is named with its option at the start."""
    (tmp_path / "empty").write_text("")
    for name in ("missing", "empty"):
        with pytest.raises(ConfigError, match=rf"--{option.replace('_', '-')}: .*{name}"):
            Built(**{option: str(tmp_path / name)})


def test_a_kubeconfig_that_is_not_there(tmp_path):
    """Reviews may go to clusters of their own; a kubeconfig that cannot be read is an error at the start."""
    for option in ("authentication_kubeconfig", "authorization_kubeconfig"):
        with pytest.raises(ConfigError):
            Built(**{option: str(tmp_path / "missing")})

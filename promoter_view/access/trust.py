"""The authentication configuration in force: what the cluster publishes, and what options put in its place. Pure."""

from __future__ import annotations

from promoter_view.access.authentication_config import AuthenticationConfig, FrontProxy
from promoter_view.access.authorities import Authorities


class Trust:
    """Holds both and joins them anew when one changes. ``config`` is None until something was published."""

    def __init__(self) -> None:
        self._published: AuthenticationConfig | None = None
        self._client: Authorities | None = None
        self._proxy: FrontProxy | None = None
        self.config: AuthenticationConfig | None = None

    def client_pem(self) -> bytes:
        """Whom we believe a client's certificate; b"" while that is nobody."""
        authorities = None if self.config is None else self.config.client
        return b"" if authorities is None else authorities.pem

    def proxy_pem(self) -> bytes:
        """Whom we believe a front proxy's certificate; b"" while that is nobody."""
        proxy = None if self.config is None else self.config.proxy
        return b"" if proxy is None else proxy.authorities.pem

    def publish(self, config: AuthenticationConfig) -> None:
        """What the cluster says now; an empty one where it is not asked, or need not answer."""
        self._published = config
        self._join()

    def override_client(self, authorities: Authorities) -> None:
        """``--client-ca-file``, whenever it has changed."""
        self._client = authorities
        self._join()

    def override_proxy(self, proxy: FrontProxy) -> None:
        """``--requestheader-client-ca-file`` with the options beside it, whenever it has changed."""
        self._proxy = proxy
        self._join()

    def _join(self) -> None:
        if self._published is not None:
            self.config = self._published.overridden(self._client, self._proxy)

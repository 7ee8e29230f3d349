"""The program under a browser, and somebody who looks at it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any

from tests.support.program.program import Program
from tests.support.program.simulated import Simulated

#: Longer than any of these things takes, short enough to wait for when one never comes.
PATIENCE_MS = 60_000
_EXPECTED = ("Failed to load resource", "net::ERR_")


@dataclass(frozen=True, slots=True)
class Dashboard:
    """The program and the cluster that it mirrors."""

    program: Program
    cluster: Simulated

    @property
    def url(self) -> str:
        """The fleet's page."""
        return f"http://127.0.0.1:{self.program.dashboard.port}/"

    @contextmanager
    def unavailable(self) -> Iterator[None]:
        """Killed, and in its place something that answers 503 to everything, as a proxy does."""
        self.program.kill()
        server = ThreadingHTTPServer(("127.0.0.1", self.program.dashboard.port), _Unavailable)
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield
        finally:
            server.shutdown()
            server.server_close()
            thread.join()


class _Unavailable(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(503)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Nobody reads it."""


class Visit:
    """A browser profile with its pages, and what their consoles complained of. A context manager that closes it."""

    def __init__(self, browser: Any, url: str, **options: Any) -> None:
        self._browser = browser
        self._options = {"viewport": {"width": 1440, "height": 900}, **options}
        self.url = url
        self.errors: list[str] = []
        self.context: Any = None

    def __enter__(self) -> Visit:
        self.context = self._browser.new_context(**self._options)
        self.context.set_default_timeout(PATIENCE_MS)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.context.close()

    def open(self, path: str = "") -> Any:
        """A page, once its scripts run and it is live (if it has a stream)."""
        page = self.context.new_page()
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("dialog", lambda dialog: self.errors.append(f"a dialog: {dialog.message}"))
        page.goto(self.url + path)
        page.wait_for_selector('connection-status[data-state="live"]', state="attached")
        return page

    def _heard(self, message: Any) -> None:
        # That a program which was killed does not answer is what the browser says of it by itself.
        if message.type in ("error", "warning") and not any(word in message.text for word in _EXPECTED):
            self.errors.append(message.text)


def rows(page: Any) -> dict[str, str]:
    """The fleet as it is shown: state and shas of each row that is not hidden."""
    found: dict[str, str] = page.evaluate(
        """() => Object.fromEntries([...document.querySelectorAll('.row:not([hidden])')].map((row) => {
            const shas = [...row.querySelectorAll('.sha')].map((sha) => sha.textContent);
            return [row.id, [row.dataset.state, ...shas].join(' ')];
        }))"""
    )
    return found

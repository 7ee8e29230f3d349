"""Tries an installed ``promoter-view demo``: both URLs answer, the kubeconfig is there, and it ends when it is told to.

``try_demo.py PROGRAM``, with nothing but Python's own library, from any folder.
"""

from __future__ import annotations

import json
import re
import signal
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

_SECONDS = 120
_STRATEGIES = "/apis/view.promoter.argoproj.io/v1alpha1/promotionstrategydetails"


def main(program: Path) -> int:
    """The exit status of the demo; 1 where it does not say where it is."""
    command = [str(program.absolute()), "demo", "--event-log", "memory:"]
    with tempfile.TemporaryDirectory() as folder:
        demo = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True)
        timer = threading.Timer(_SECONDS, demo.kill)
        timer.start()
        try:
            _try(demo, Path(folder))
        finally:
            demo.send_signal(signal.SIGTERM)
            status = demo.wait()
            timer.cancel()
    sys.stdout.write(f"the demo ended with status {status}\n")
    return status


def _try(demo: subprocess.Popen[str], folder: Path) -> None:
    assert demo.stdout is not None
    found: dict[str, str] = {}
    for line in demo.stdout:
        for name, pattern in (("api", r"aggregated API is at (https:\S+?);"), ("page", r"in a browser: (http:\S+)")):
            match = re.search(pattern, line)
            if match:
                found[name] = match[1]
        if len(found) == 2:
            break
    trust = ssl.create_default_context(cafile=str(folder / "promoter-view-demo/certificates/apiserver.crt"))
    bundles = json.loads(_answer(found["api"] + _STRATEGIES, trust))["items"]
    sys.stdout.write(f"{found['api']}: {len(bundles)} promotionstrategydetails\n")
    sys.stdout.write(f"{found['page']}: {len(_answer(found['page'], None))} bytes\n")
    if not (folder / "promoter-view-demo/kubeconfig").is_file():
        raise SystemExit("try_demo: the demo wrote no kubeconfig")


def _answer(url: str, trust: ssl.SSLContext | None) -> bytes:
    """The body of 200; while the demo starts, that is 503, again. Errors: HTTPError."""
    while True:
        try:
            with urllib.request.urlopen(url, context=trust) as answer:  # noqa: S310 - what the demo says it serves
                body: bytes = answer.read()
                return body
        except urllib.error.HTTPError as error:
            if error.code != 503:
                raise
            time.sleep(0.2)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))

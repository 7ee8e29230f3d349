"""What a read-only root cannot do later: compiles the modules, writes twistd's plugin cache, and settles every time.

A step of the Dockerfile, run by the environment that it finishes: ``finish.py FOLDER``. What it leaves is the same
bytes whenever and wherever it runs.
"""

from __future__ import annotations

import compileall
import os
import sys
from pathlib import Path
from py_compile import PycInvalidationMode

from twisted.application.service import IServiceMaker
from twisted.plugin import getPlugins

#: 2020-01-01: older than any SOURCE_DATE_EPOCH that a builder may cut times down to.
_SETTLED = 1577836800
_DAY = 86400


def main(folder: Path) -> None:
    """Finish the environment in ``folder``."""
    # By hash and unchecked: an image's layers do not keep times to the nanosecond, and nobody edits the sources.
    # By force: importing what this script needs has just written some of them by time.
    mode = PycInvalidationMode.UNCHECKED_HASH
    compileall.compile_dir(str(folder / "lib"), quiet=2, force=True, invalidation_mode=mode)
    names = {plugin.tapname for plugin in getPlugins(IServiceMaker)}
    if "promoter-view" not in names:
        raise SystemExit("finish.py: twistd does not know promoter-view: is it installed?")
    for path in (folder, *folder.rglob("*")):
        # A plugin that is not older than the cache makes twistd write it again, or complain that it cannot.
        moment = _SETTLED + (_DAY if path.name == "dropin.cache" else 0)
        os.utime(path, (moment, moment), follow_symlinks=False)


if __name__ == "__main__":
    main(Path(sys.argv[1]))

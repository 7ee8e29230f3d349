"""What a container runtime does, in namespaces that unshare has made: root, loopback, the container's process.

usage: enter_pod.py CONFIG    a file of JSON, written by pod.py
The root is a layer over this machine's own, read-only. The network is a loopback only: Unix sockets lead in and out.
"""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import signal
import socket
import struct
import subprocess
import sys
from pathlib import Path
from typing import Any

_SET_ADDRESS, _GET_FLAGS, _SET_FLAGS, _IS_UP = 0x8916, 0x8913, 0x8914, 1
_READ_BYTES = 65536


def make_root(config: dict[str, Any]) -> None:
    """Mounts what the pod has, where it has it; nothing else can be written."""
    root = Path(config["root"])
    layer = f"lowerdir=/,upperdir={config['layer']},workdir={config['work']}"
    mount("-t", "overlay", "overlay", "-o", layer, root)
    for folder in config["hidden"]:
        (root / folder.lstrip("/")).mkdir(parents=True, exist_ok=True)
        mount("-t", "tmpfs", "-o", "mode=755", "tmpfs", root / folder.lstrip("/"))
    for source, target, mode in config["binds"]:
        place = root / target.lstrip("/")
        place.mkdir(parents=True, exist_ok=True)
        mount("--bind", source, place)
        if mode == "ro":
            mount("-o", "remount,ro,bind", place)
    mount("-t", "tmpfs", "-o", "mode=755", "tmpfs", root / "dev")
    for device in ("null", "zero", "random", "urandom"):
        (root / "dev" / device).touch()
        mount("--bind", f"/dev/{device}", root / "dev" / device)
    mount("-t", "proc", "proc", root / "proc")
    mount("-o", "remount,ro,bind", root)


def mount(*arguments: object) -> None:
    """``mount``. Errors: CalledProcessError."""
    subprocess.run(["mount", *map(str, arguments)], check=True)


def bring_up(name: str, address: str) -> None:
    """Gives the loopback an address. ``name``: lo, or lo:1 for a further one."""
    padded = name.encode().ljust(16, b"\0")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        wanted = struct.pack("16sH2x4s8x", padded, socket.AF_INET, socket.inet_aton(address))
        fcntl.ioctl(control, _SET_ADDRESS, wanted)
        flags = struct.unpack_from("16sH", fcntl.ioctl(control, _GET_FLAGS, padded.ljust(40, b"\0")))[1]
        fcntl.ioctl(control, _SET_FLAGS, struct.pack("16sH22x", padded, flags | _IS_UP))


async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Bytes one way, until they end."""
    try:
        while data := await reader.read(_READ_BYTES):
            writer.write(data)
            await writer.drain()
    except OSError:
        pass  # the one side ended; so does the other
    finally:
        writer.close()


def joining(connect: Any) -> Any:
    """What joins an accepted connection with one that ``connect`` opens."""

    async def joined(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            other_reader, other_writer = await connect()
        except OSError:
            writer.close()
            return
        await asyncio.gather(carry(reader, other_writer), carry(other_reader, writer))

    return joined


async def run(config: dict[str, Any]) -> int:
    """The container's exit status."""
    for port, path in config["inbound"].items():
        inside = ("127.0.0.1", int(port))
        await asyncio.start_unix_server(joining(lambda at=inside: asyncio.open_connection(*at)), path)
    outside = config["kubernetes"]
    await asyncio.start_server(joining(lambda: asyncio.open_unix_connection(outside["socket"])), *outside["address"])
    environment = [f"{name}={value}" for name, value in config["environment"].items()]
    inside_words = ["/usr/bin/env", "-i", "-C", config["directory"], *environment, "/usr/bin/setpriv"]
    child = await asyncio.create_subprocess_exec(
        "chroot", config["root"], *inside_words, *config["identity"], *config["command"]
    )
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, child.terminate)
    return await child.wait()


def main() -> None:
    """Runs one container to its end."""
    config = json.loads(Path(sys.argv[1]).read_text())
    os.umask(0o022)
    make_root(config)
    bring_up("lo", "127.0.0.1")
    bring_up("lo:1", config["kubernetes"]["address"][0])
    sys.exit(asyncio.run(run(config)))


if __name__ == "__main__":
    main()

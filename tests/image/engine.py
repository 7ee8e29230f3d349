"""As much of an image engine as proves a Dockerfile: its steps on layers above this machine's root, and the result run.

What stands for the base image is this machine's own root with the Python that runs the tests; everything else (what is
in the context, what each step writes, who the program runs as, what it may write) is as in an engine.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.image.dockerfile import Ignored, Instruction, Stage, filled, stages
from tests.support.plane.process import Process

_ENTER = Path(__file__).with_name("enter.sh")
_ROOT_IDENTITY = "--no-new-privs"
#: The network that pip needs fails now and then; a step that is wrong fails each time.
_ATTEMPTS = 3
#: From the machine, as an engine hands on proxies: where pip finds packages here.
_HANDED_ON = ("PIP_", "SSL_CERT_", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy")
_ENGINE_PATH = "/usr/local/bin:/usr/local/sbin:/usr/bin:/usr/sbin:/bin:/sbin"


class StepError(AssertionError):
    """A step of the Dockerfile failed; the message holds the step and what it wrote."""


@dataclass(frozen=True, slots=True)
class Image:
    """What a build gave: the layer's folder, and what a run begins with."""

    layer: Path
    environment: Mapping[str, str]
    directory: str
    user: str
    entrypoint: tuple[str, ...]


def why_not() -> str | None:
    """What this machine lacks for it; None where nothing does."""
    if os.geteuid() != 0:
        return "layers and numeric users need root"
    missing = [tool for tool in ("unshare", "setpriv", "chroot", "mount") if shutil.which(tool) is None]
    if missing:
        return f"not here: {', '.join(missing)}"
    with tempfile.TemporaryDirectory() as folder:
        words = command(Path(folder) / "layer", ["true"], {}, MODE="build", DIRECTORY="/", IDENTITY=_ROOT_IDENTITY)
        done = subprocess.run(words, check=False, capture_output=True, text=True)
    return done.stderr.strip() if done.returncode else None


def build(context: Path, folder: Path) -> Image:
    """Runs every stage of the context's Dockerfile; the last one is the image. Errors: StepError."""
    ignored = Ignored((context / ".dockerignore").read_text())
    built: dict[str, Path] = {}
    image = None
    for number, stage in enumerate(stages((context / "Dockerfile").read_text())):
        layer = folder / f"stage{number}"
        image = _Stage(stage, context, ignored, layer, built).build()
        built[stage.name] = layer
    if image is None:
        raise StepError("the Dockerfile has no stage")
    return image


def command(layer: Path, words: Sequence[str], environment: Mapping[str, str], **settings: str) -> list[str]:
    """The command line that runs ``words`` on that layer, in namespaces of its own."""
    work, root = layer.with_name(layer.name + ".work"), layer.with_name(layer.name + ".root")
    for path in (layer, work, root):
        path.mkdir(parents=True, exist_ok=True)
    layer.chmod(0o755)
    given = {"LAYER": layer, "WORK": work, "ROOT": root, "PYTHON": sys.base_prefix, "HIDDEN": _checkout(), **settings}
    return [
        *("env", *(f"{name}={value}" for name, value in given.items())),
        *("unshare", "--mount", "--propagation", "private", "--pid", "--fork", "--kill-child", str(_ENTER)),
        *(f"{name}={value}" for name, value in environment.items()),
        *words,
    ]


def run(image: Image, arguments: Sequence[str], *, volume: Path, log: Path) -> Process:
    """Starts the image's program as the pod would: its numeric user, no capability, nothing writable but the volume."""
    uid, gid = image.user.split(":")
    os.chown(volume, int(uid), int(gid))
    identity = f"--reuid={uid} --regid={gid} --clear-groups --no-new-privs --bounding-set=-all --inh-caps=-all"
    words = command(
        image.layer,
        [*image.entrypoint, *arguments],
        image.environment,
        MODE="run",
        DIRECTORY=image.directory,
        IDENTITY=identity,
        VOLUME=str(volume),
        TARGET=image.directory,
    )
    return Process(words, log)


def process_one(process: Process) -> int:
    """The number, here, of the process that is 1 in there."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    return int(children[0])


def _checkout() -> Path:
    return Path(__file__).resolve().parents[2]


class _Stage:
    """One stage while it is built."""

    def __init__(self, stage: Stage, context: Path, ignored: Ignored, layer: Path, built: Mapping[str, Path]) -> None:
        self._stage, self._context, self._ignored, self._layer, self._built = stage, context, ignored, layer, built
        self._variables: dict[str, str] = {"PATH": _ENGINE_PATH}
        self._directory, self._user, self._entrypoint = "/", "0:0", ("/bin/sh",)
        self._steps: dict[str, Callable[[Instruction], None]] = {
            "ENV": self._env,
            "WORKDIR": self._workdir,
            "USER": self._set_user,
            "ENTRYPOINT": self._set_entrypoint,
            "RUN": self._run,
            "COPY": self._copy,
        }

    def build(self) -> Image:
        self._layer.mkdir(parents=True)
        for instruction in self._stage.instructions:
            self._steps.get(instruction.word, self._nothing)(instruction)
        return Image(self._layer, self._variables, self._directory, self._user, self._entrypoint)

    def _nothing(self, instruction: Instruction) -> None:
        """Labels, ports and such leave nothing in the root."""

    def _env(self, instruction: Instruction) -> None:
        self._variables |= {name: filled(value, self._variables) for name, value in instruction.pairs.items()}

    def _workdir(self, instruction: Instruction) -> None:
        self._directory = instruction.rest
        self._at(self._directory).mkdir(parents=True, exist_ok=True)

    def _set_user(self, instruction: Instruction) -> None:
        self._user = instruction.rest

    def _set_entrypoint(self, instruction: Instruction) -> None:
        self._entrypoint = tuple(instruction.command)

    def _run(self, instruction: Instruction) -> None:
        handed_on = {name: value for name, value in os.environ.items() if name.startswith(_HANDED_ON)}
        words = command(
            self._layer,
            instruction.command,
            handed_on | self._variables,
            MODE="build",
            DIRECTORY=self._directory,
            IDENTITY=_ROOT_IDENTITY,
        )
        for _ in range(_ATTEMPTS):
            done = subprocess.run(words, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            if done.returncode == 0:
                return
        raise StepError(f"RUN {instruction.rest}\n{done.stdout.decode(errors='replace')}")

    def _copy(self, instruction: Instruction) -> None:
        *sources, target = instruction.arguments
        origin = instruction.flags.get("from")
        for source in sources:
            if origin is not None:
                self._copy_tree(self._built[origin] / source.lstrip("/"), self._at(target))
            else:
                self._copy_from_context(source, target)
        self._give(instruction.flags.get("chown", "0:0"), self._at(target))

    def _copy_from_context(self, source: str, target: str) -> None:
        files = [path for path in self._ignored.files(self._context) if path == source or path.startswith(f"{source}/")]
        if not files:
            raise StepError(f"COPY {source}: not in the context")
        for path in files:
            inside = path.removeprefix(source).lstrip("/")
            to = self._at(target) / (inside or (Path(source).name if target.endswith("/") else ""))
            to.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(self._context / path, to)

    @staticmethod
    def _copy_tree(source: Path, target: Path) -> None:
        if not source.is_dir():
            raise StepError(f"COPY: no folder {source}")
        shutil.copytree(source, target, symlinks=True, dirs_exist_ok=True)

    def _give(self, owner: str, target: Path) -> None:
        uid, gid = (int(number) for number in owner.split(":"))
        if (uid, gid) != (0, 0):
            for path in target.iterdir():
                os.chown(path, uid, gid, follow_symlinks=False)

    def _at(self, path: str) -> Path:
        return self._layer / str(Path(self._directory) / path).lstrip("/")

"""What a reviewer asks of a Dockerfile, as rules that each give complaints; hadolint's number where it has the rule."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tests.image.dockerfile import Stage, stages

_SECRET = re.compile(r"passw|secret|token|credential|api_?key", re.IGNORECASE)
_LABELS = ("title", "description", "licenses", "version", "revision")


def complaints(text: str) -> list[str]:
    """Everything that is wrong with a Dockerfile, a line each; empty: nothing."""
    found = stages(text)
    return [*_bases(found), *_anywhere(found), *_installing(found), *_last(found[-1])]


def _bases(found: list[Stage]) -> Iterator[str]:
    names = {stage.name for stage in found}
    for stage in found:
        tag = stage.image.partition("@")[0].rpartition(":")[2]
        if stage.image not in names and (":" not in stage.image or tag == "latest"):
            yield f"FROM {stage.image}: a tag that says which one (DL3006, DL3007)"
    if len(found) < 2:
        yield "one stage only: what builds stays in the image"


def _anywhere(found: list[Stage]) -> Iterator[str]:
    for stage in found:
        yield from (f"ADD {step.rest}: COPY takes files only (DL3020)" for step in stage.all("ADD"))
        yield from (f"WORKDIR {step.rest}: absolute (DL3000)" for step in stage.all("WORKDIR") if step.rest[0] != "/")
        for step in (*stage.all("ENV"), *stage.all("ARG")):
            yield from (
                f"{step.word} {name}: a secret stays in the image" for name in step.pairs if _SECRET.search(name)
            )
        for step in stage.all("COPY"):
            *sources, target = step.arguments
            if len(sources) > 1 and not target.endswith("/"):
                yield f"COPY {step.rest}: the target of many ends with / (DL3021)"
            if "." in sources:
                yield "COPY .: name what is copied"


def _installing(found: list[Stage]) -> Iterator[str]:
    for step in (step for stage in found for step in stage.all("RUN")):
        if re.search(r"\b(sudo|curl|wget|apt-get|apk)\b", step.rest):
            yield f"RUN {step.rest}: nothing but hashed wheels"
        for line in re.findall(r"pip\S*(?: --python \S+)? install[^&]*", step.rest):
            local = "--no-index" in line and "--no-deps" in line
            if not local and not ("--require-hashes" in line and "--only-binary :all:" in line):
                yield f"{line.strip()}: --require-hashes --only-binary :all: (DL3013)"
        if "pip" in step.rest and not any("PIP_NO_CACHE_DIR" in e.pairs for s in found for e in s.all("ENV")):
            yield "pip keeps its cache in the layer: PIP_NO_CACHE_DIR (DL3042)"


def _last(stage: Stage) -> Iterator[str]:
    if stage.all("RUN"):
        yield "the last stage runs something: what is in it comes from the stage before"
    users = stage.all("USER")
    if not users or not re.fullmatch(r"[1-9]\d*:[1-9]\d*", users[-1].rest):
        yield "USER: a number that is not 0, and its group's (DL3002)"
    commands = (*stage.all("ENTRYPOINT"), *stage.all("CMD"))
    yield from (
        f"{step.word} {step.rest}: the exec form (DL3025)" for step in commands if not step.rest.startswith("[")
    )
    if len(stage.all("ENTRYPOINT")) != 1:
        yield "ENTRYPOINT: one (DL4004)"
    if stage.all("HEALTHCHECK"):
        yield "HEALTHCHECK: the kubelet's probes ask"
    if stage.all("VOLUME"):
        yield "VOLUME: the pod says what is mounted"
    yield from (
        f"EXPOSE {port}: below 1024" for step in stage.all("EXPOSE") for port in step.arguments if int(port) < 1024
    )
    labels = {name for step in stage.all("LABEL") for name in step.pairs}
    yield from (f"LABEL org.opencontainers.image.{name}" for name in _LABELS if not _labelled(name, labels))


def _labelled(name: str, labels: set[str]) -> bool:
    return f"org.opencontainers.image.{name}" in labels

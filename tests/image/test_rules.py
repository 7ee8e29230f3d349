"""The Dockerfile against the rules of a reviewer, and the rules against Dockerfiles that break them."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.image.dockerfile import Ignored, instructions
from tests.image.rules import complaints

ROOT = Path(__file__).resolve().parents[2]
DOCKERFILE = (ROOT / "Dockerfile").read_text()


def test_ours_breaks_no_rule() -> None:
    """The Dockerfile is one that a reviewer has nothing to say about."""
    assert complaints(DOCKERFILE) == []


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("ARG PYTHON_IMAGE=python:3.11-slim-bookworm", "ARG PYTHON_IMAGE=python", "DL3006"),
        ("ARG PYTHON_IMAGE=python:3.11-slim-bookworm", "ARG PYTHON_IMAGE=python:latest", "DL3007"),
        ("WORKDIR /build", "WORKDIR build", "DL3000"),
        ("COPY twisted twisted", "ADD twisted twisted", "DL3020"),
        ("COPY promoter_view promoter_view", "COPY . promoter_view", "name what is copied"),
        ("requirements-image.txt ./", "requirements-image.txt there", "DL3021"),
        ("ARG VERSION=dev", "ARG VERSION=dev\nARG REGISTRY_PASSWORD=x", "a secret"),
        ("--require-hashes --only-binary :all: -r requirements-image.txt", "-r requirements-image.txt", "DL3013"),
        ("tools/bin/pip install", "curl example.invalid && tools/bin/pip install", "nothing but hashed wheels"),
        ("PIP_NO_CACHE_DIR=1", "PIP_QUIET=1", "DL3042"),
        ("USER 65532:65532", "USER root", "DL3002"),
        ("USER 65532:65532", "USER 0:0", "DL3002"),
        ("USER 65532:65532", "RUN id\nUSER 65532:65532", "the last stage runs something"),
        ("ENTRYPOINT [", "ENTRYPOINT twistd [", "DL3025"),
        ("ENTRYPOINT", "CMD", "DL4004"),
        ("EXPOSE 6443 8080", "HEALTHCHECK CMD true", "HEALTHCHECK"),
        ("EXPOSE 6443 8080", "VOLUME /var", "VOLUME"),
        ("EXPOSE 6443 8080", "EXPOSE 443", "below 1024"),
        ("org.opencontainers.image.revision", "revision", "LABEL org.opencontainers.image.revision"),
    ],
)
def test_each_rule_is_one_that_can_be_broken(old: str, new: str, complaint: str) -> None:
    """A Dockerfile that differs from ours in one place gets the complaint that belongs to it."""
    assert old in DOCKERFILE
    found = complaints(DOCKERFILE.replace(old, new, 1))
    assert any(complaint in line for line in found), found


def test_an_unknown_instruction_is_an_error() -> None:
    """What the reader of Dockerfiles does not know it does not pass over."""
    with pytest.raises(ValueError, match="ONBUILD"):
        list(instructions("FROM x:1\nONBUILD RUN true\n"))


def test_the_context_holds_sources_and_nothing_else() -> None:
    """Nothing that a run left behind and git ignores gets into the build, and all of the package does."""
    command = ["git", "-C", str(ROOT), "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, check=True, capture_output=True, text=True)
    sources = {path for path in listed.stdout.splitlines() if (ROOT / path).exists()}
    context = set(Ignored((ROOT / ".dockerignore").read_text()).files(ROOT))
    assert context <= sources
    assert context >= {path for path in sources if path.startswith(("promoter_view/", "twisted/"))}
    assert not any(path.startswith(("tests/", "docs/", ".")) for path in context)

"""Names and label values as the promoter's controllers and git make them. Pure."""

from __future__ import annotations

import random
import re

_NOT_ALPHANUMERIC = re.compile(r"[^A-Za-z0-9]+")
_LONGEST_LABEL = 63
_LONGEST_NAME = 253


def label_value(name: str) -> str:
    """A name as a label's value: ``my.app`` becomes ``my-app``; the last 63 characters count."""
    return _NOT_ALPHANUMERIC.sub("-", name)[-_LONGEST_LABEL:].lstrip("-")


def unique_name(text: str) -> str:
    """A name made of any text, told apart from others by a hash of it: ``app-env-dev-5f2c9a01``."""
    suffix = f"-{fnv32a(text.encode()):08x}"
    readable = _NOT_ALPHANUMERIC.sub("-", text).lower().strip("-")
    return readable[: _LONGEST_NAME - len(suffix)] + suffix


def new_sha(random: random.Random) -> str:
    """A commit's name."""
    return f"{random.getrandbits(160):040x}"


def fnv32a(data: bytes) -> int:
    """FNV-1a, 32 bits."""
    value = 0x811C9DC5
    for byte in data:
        value = (value ^ byte) * 0x01000193 & 0xFFFFFFFF
    return value

"""Prometheus' text format, version 0.0.4: names, labels and lines. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

#: What is put into the header of the answer.
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_ESCAPES = str.maketrans({"\\": r"\\", '"': r"\"", "\n": r"\n"})


@dataclass(frozen=True, slots=True)
class Family:
    """Samples of one name. ``help`` is one line."""

    name: str
    kind: Literal["gauge", "counter", "histogram"]
    help: str

    def head(self) -> bytes:
        """What stands above its samples."""
        return f"# HELP {self.name} {self.help}\n# TYPE {self.name} {self.kind}\n".encode()

    def sample(self, labels: bytes, value: int) -> bytes:
        """A line."""
        return b"%s{%s} %d\n" % (self.name.encode(), labels, value)

    def one_of(self, labels: bytes, label: str, values: Sequence[str], chosen: str) -> bytes:
        """A line for each of the values of a further label: 1 for the chosen one, 0 for the others."""
        start = b"%s{%s,%s=" % (self.name.encode(), labels, label.encode())
        return start.join((b"", *(b'"%s"} %d\n' % (each.encode(), each == chosen) for each in values)))

    def histogram(self, labels: bytes, bounds: Sequence[int], classes: Sequence[int], total: int) -> bytes:
        """The lines of a histogram. ``classes``: how many in each class, one more than bounds; ``total`` their sum."""
        name, lines, count = self.name.encode(), list[bytes](), 0
        for bound, found in zip((*map(str, bounds), "+Inf"), classes, strict=True):
            count += found
            lines.append(b'%s_bucket{%s,le="%s"} %d\n' % (name, labels, bound.encode(), count))
        lines.append(b"%s_sum{%s} %d\n%s_count{%s} %d\n" % (name, labels, total, name, labels, count))
        return b"".join(lines)


def labels(values: Mapping[str, str]) -> bytes:
    """``a="x",b="y"``, as it stands between braces."""
    return ",".join(f'{name}="{value.translate(_ESCAPES)}"' for name, value in values.items()).encode()

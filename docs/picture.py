"""Draws a terminal as SVG: lines of text on standard input, the picture on standard output.

usage: (echo '$ kubectl get psd -A'; kubectl get psd -A) | python docs/picture.py > docs/demo.svg
"""

from __future__ import annotations

import re
import sys
from html import escape

_ROW = 18
_COLUMN = 7.8
_WORDS = {
    "Failed": "#f47067",
    "Held": "#f69d50",
    "NeedsApproval": "#dcbdfb",
    "Checking": "#6cb6ff",
    "Promoting": "#6cb6ff",
    "Verifying": "#6cb6ff",
    "UpToDate": "#8ddb8c",
    "Queued": "#768390",
    "Waiting": "#768390",
    "Behind": "#768390",
    "Unknown": "#768390",
}
_WORD = re.compile(rf"\b({'|'.join(_WORDS)})\b")


def draw(lines: list[str]) -> str:
    """The picture of those lines."""
    width = int(max(map(len, lines)) * _COLUMN) + 32
    height = len(lines) * _ROW + 28
    rows = "\n".join(_row(at, line) for at, line in enumerate(lines))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
        f'role="img" aria-label="A terminal with kubectl output">\n'
        f'<rect width="100%" height="100%" rx="8" fill="#22272e"/>\n'
        f'<g font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, monospace" font-size="13" fill="#adbac7" '
        f'xml:space="preserve">\n{rows}\n</g>\n</svg>\n'
    )


def _row(at: int, line: str) -> str:
    color = ' fill="#ffffff"' if line.startswith("$") else ""
    text = _WORD.sub(lambda found: f'<tspan fill="{_WORDS[found[1]]}">{found[1]}</tspan>', escape(line))
    return f'<text x="16" y="{(at + 1) * _ROW + 8}"{color}>{text}</text>'


if __name__ == "__main__":
    sys.stdout.write(draw(sys.stdin.read().splitlines()))

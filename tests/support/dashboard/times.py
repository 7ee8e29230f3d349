"""How long ago, in words: one table for the pages and for clock.js, which keeps them up to date."""

from __future__ import annotations

from datetime import UTC, datetime

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)

#: Seconds ago, and the words; the browser's tests put clock.js to the same table.
RELATIVE = [
    (0, "just now"),
    (-3, "now"),
    (5, "5s ago"),
    (59, "59s ago"),
    (60, "1m ago"),
    (3599, "59m ago"),
    (3600, "1h ago"),
    (7500, "2h 5m ago"),
    (3 * 3600 + 600, "3h ago"),
    (47 * 3600, "47h ago"),
    (3 * 86400, "3d ago"),
    (20 * 86400, "1 Nov 2026"),
    (-300, "in 5m"),
]

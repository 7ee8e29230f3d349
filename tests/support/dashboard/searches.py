"""A strategy, and what is typed to find it: and whether that finds it."""

from __future__ import annotations

from typing import Any

from promoter_view.dashboard.strategies.environments import read_strategy
from promoter_view.dashboard.strategies.fleet import read_row
from promoter_view.dashboard.strategies.past import read_last
from tests.support.views.strategies import Decoded

DRY, HYDRATED, SOURCE, OLD, NOOP = (letter * 40 for letter in "abcde")
BUNDLE: dict[str, Any] = {
    "metadata": {"namespace": "payments", "name": "ledger"},
    "promotionStrategy": {"spec": {"environments": [{"branch": "environment/prod"}]}},
    "changeTransferPolicies": [
        {
            "spec": {"activeBranch": "environment/prod"},
            "status": {
                "active": {
                    "dry": {
                        "sha": DRY,
                        "author": "Ada <ada@example.com>",
                        "subject": "Raise the limit",
                        "references": [{"commit": {"sha": SOURCE}}],
                    },
                    "hydrated": {"sha": HYDRATED},
                },
                "proposed": {"note": {"drySha": NOOP}},
                "pullRequest": {"id": "42", "state": "merged"},
                "history": [{"active": {"dry": {"sha": OLD}}, "pullRequest": {"id": "17"}}],
            },
        }
    ],
}
WORDS = read_row(Decoded(BUNDLE), read_strategy(Decoded(BUNDLE), read_last)).words
#: What is typed, and whether it finds the strategy above. The browser's search is tried on the same.
TYPED = {
    "": True,
    "ledger": True,
    "PAYMENTS/led": True,
    "ada raise": True,
    "ada lower": False,
    DRY: True,
    HYDRATED: True,
    SOURCE: True,
    OLD: True,
    NOOP: True,
    OLD[:7]: True,
    OLD.upper(): True,
    OLD[:11] + "0" * 29: False,
    "9" * 40: False,
    "#42": True,
    "#17": True,
    "#4": False,
    "#421": False,
    "42": True,
    f"#42 {OLD}": True,
    "[(*": False,
}

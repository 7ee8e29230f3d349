"""Promotion steps by their ``uses``: those that are run here, and those of a Stage that are not. Pure, and total."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from promoter_view.decoded import mapping, mappings, text

#: The steps that are run here.
OWN_STEPS = frozenset({"argocd-update", "argocd-wait"})


def foreign_steps(stage: Mapping[str, Any]) -> Sequence[str]:
    """The kinds of steps of a decoded Stage that are not run here, each once, in its order.

    What stands in a Promotion Task is not seen: it becomes steps when a Promotion is made.
    """
    steps = mappings(mapping(stage, "spec", "promotionTemplate", "spec"), "steps")
    return list(dict.fromkeys(uses for step in steps if (uses := text(step, "uses")) and uses not in OWN_STEPS))


def told_foreign(foreign: Sequence[str]) -> str:
    """What becomes of Promotions with such steps, in a sentence."""
    return f"promoter-view does not run {', '.join(foreign)}: a Promotion is Errored there. It runs {_OWN}"


_OWN = ", ".join(sorted(OWN_STEPS))

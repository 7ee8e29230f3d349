"""How a Promotion that nobody asked for is known again. Pure.

Kargo's webhook gives each Promotion a name of its own choosing, so that a second attempt has another name than the
first; and it takes whoever creates one from outside of Kargo's own namespace for a person. The mark is ours to read.
"""

from __future__ import annotations

from promoter_view.decoded import text
from promoter_view.promotions.state.execution import PromotionPhase
from promoter_view.promotions.values import Promotion

#: Holds the origin of its Freight.
AUTOMATIC = "view.promoter.argoproj.io/auto-promotion"


def is_automatic(promotion: Promotion) -> bool:
    """Whether it was made by auto-promotion, here."""
    return bool(text(promotion.document, "metadata", "annotations", AUTOMATIC))


def is_withdrawn(promotion: Promotion) -> bool:
    """Whether it was one too many, and was ended for that: as if it had never been there."""
    ended_unbegun = promotion.execution.phase is PromotionPhase.ABORTED and not promotion.execution.started_at
    return ended_unbegun and is_automatic(promotion) and not promotion.abort

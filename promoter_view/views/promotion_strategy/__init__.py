"""PromotionStrategyDetails: what belongs to it, its columns, its state in words."""

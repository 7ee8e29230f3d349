"""PromotionStrategies as pages show them. Pure."""

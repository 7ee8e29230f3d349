"""Expressions of promotion steps, as expr-lang has them. Pure, bounded, total."""

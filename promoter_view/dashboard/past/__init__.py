"""Pages of a moment of the past, and what changed between two of them."""

"""What is counted of a strategy's promotions, for good: docs/measures.md."""

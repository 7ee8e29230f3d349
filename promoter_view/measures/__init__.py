"""Measures of the product: where promotions stand and how they went, as Prometheus reads it (docs/measures.md)."""

"""Delivery figures (DORA) of what the journal tells; docs/journal.md has the definitions."""

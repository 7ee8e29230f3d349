"""The state of a strategy and of its environments: one word each, decided by one table, and what each waits for."""

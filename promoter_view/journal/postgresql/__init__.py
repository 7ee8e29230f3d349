"""The journal in a PostgreSQL database: one process writes, each has a copy that answers."""

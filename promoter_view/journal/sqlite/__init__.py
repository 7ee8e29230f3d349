"""The journal in SQLite: a file beside the event log, and the index that queries run on everywhere."""

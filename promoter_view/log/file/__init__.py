"""The embedded event log: a folder of segments and snapshots."""

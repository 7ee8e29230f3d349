"""The Lease of a shard: who may write for it."""

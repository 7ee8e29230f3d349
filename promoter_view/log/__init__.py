"""The event log: ordered, durable, replayable. Knows records, not what they mean."""

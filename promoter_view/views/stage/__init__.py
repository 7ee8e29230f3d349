"""StageDetails: what belongs to it, its columns, its health."""

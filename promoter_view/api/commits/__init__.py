"""The resource commits: where a commit is, asked by its sha."""

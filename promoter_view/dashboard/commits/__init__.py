"""Where a commit is, for people: its page, the same as JSON, and a badge."""

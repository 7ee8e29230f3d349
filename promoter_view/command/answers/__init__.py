"""What each command does, a module each: thin, joined of what asks the cluster and what is pure."""

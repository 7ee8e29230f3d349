"""What asks a cluster: the way to it, one answer, and what follows it."""

"""Who asks and what may be seen, as the cluster decides it; for both servers."""

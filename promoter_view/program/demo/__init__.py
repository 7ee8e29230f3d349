"""``--demo``: a simulated cluster with a fleet at work, what is served of it, and who is greeted with it."""

"""What is to be said, and how a wait ends: decided from frozen values. Pure."""

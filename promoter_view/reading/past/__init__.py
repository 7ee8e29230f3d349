"""The views as they were at a moment, read from the log."""

"""Requests to a cluster: answers within bounds, streams of lines, and what failures mean."""

"""Streams of the dashboard: Server-Sent Events and lines, as formats of a feed."""

"""The dashboard: pages that people look at, and streams of Server-Sent Events."""

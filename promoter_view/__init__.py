"""Kubernetes watch streams as an append-only event log, and resumable views of it."""

__version__ = "0.2.0"

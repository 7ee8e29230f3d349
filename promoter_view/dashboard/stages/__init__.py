"""Stages as pages show them. Pure."""

"""Promotions that nobody asks for: auto-promotion by the policies of a Project, and what holds it."""

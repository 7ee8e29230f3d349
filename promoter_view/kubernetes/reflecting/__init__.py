"""Reflectors: list and watch of each path, decided by a pure core and carried out by a driver."""

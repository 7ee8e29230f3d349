"""The page about notifications."""

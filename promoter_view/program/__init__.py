"""The program: every part built and joined, begun and ended. Nothing is decided here."""

"""What a change of a bundle means to people: entries derived from what was and what is. Pure."""

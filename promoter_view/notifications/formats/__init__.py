"""How entries are written for those who read them."""

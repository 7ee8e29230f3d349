"""The status of a bundle: what is said of it, and since when."""

"""Forms of a bundle as bytes: objects, metadata, Tables, and the layout of their text. Pure."""

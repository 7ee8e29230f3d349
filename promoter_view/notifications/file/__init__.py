"""The notifications file: read strictly, with all that is wrong said at once."""

"""The functions of expressions that look at their arguments only, by what they are for. Pure."""

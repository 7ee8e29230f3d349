"""How objects hang together: their facts, declared relations, and indexes in both directions. Pure."""

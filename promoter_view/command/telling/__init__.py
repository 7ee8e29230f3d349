"""What a command prints: tables, colours, documents, and a screen that is drawn in place."""

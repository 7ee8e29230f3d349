"""The promotion steps: their configs, decisions and what they want written. Pure."""

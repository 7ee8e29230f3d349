"""The commands ``promoter-view`` and ``kubectl promotion``: what a person or a script types."""

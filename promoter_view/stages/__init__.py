"""Stages: what is decided of them and of their Applications from documents alone. Pure; the view and argocd use it."""

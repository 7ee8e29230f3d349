"""Argo CD: the promotion steps, and what is written on behalf of Stages."""

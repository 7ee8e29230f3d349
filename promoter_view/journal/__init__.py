"""The journal: what happened, in people's terms, kept for months.

A reader of the views like any other derives entries from the changes of bundles, and a database keeps them.
"""

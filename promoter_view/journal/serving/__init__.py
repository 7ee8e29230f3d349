"""Entries of the journal as the reading layer has bundles: so lists and watches of them are like all others."""

"""Views: pure folds of the event log into bundles, their history and cursors on it."""

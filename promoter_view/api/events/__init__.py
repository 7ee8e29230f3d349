"""``promotionevents``: the journal as a resource, with list, get and watch."""

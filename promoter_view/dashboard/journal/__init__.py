"""``/journal``: what happened, for months: as a page, lines, events and a feed."""

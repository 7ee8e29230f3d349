"""Where a commit is: an index of what bundles name, kept by their changes, and what is answered from it.

It reads bundles as every reader does, and what it answers is what one identity may see: so it stands with the readers.
"""

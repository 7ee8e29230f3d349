"""What stands between the views and their readers: feeds, lists, and who may see what. Formats and routes are above."""

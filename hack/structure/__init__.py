"""What ``make check`` holds the source to, by numbers: sizes, folders, names, imports of tests, news."""

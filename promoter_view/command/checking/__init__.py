"""``promoter-view check``: what the program needs, asked one by one."""

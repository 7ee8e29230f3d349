"""What journals have in common that are elsewhere, in an etcd or a database: a copy here, which follows and answers."""

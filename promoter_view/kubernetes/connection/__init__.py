"""How a cluster is reached, and by which credentials: kubeconfig files, service accounts, plugins, TLS."""

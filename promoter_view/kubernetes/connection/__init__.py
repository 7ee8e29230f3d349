"""How a cluster is reached, and who we are to it: kubeconfig files, service accounts, plugins, TLS."""

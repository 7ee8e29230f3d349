"""A Kubernetes API in memory: objects, watches, errors as kube-apiserver has them."""

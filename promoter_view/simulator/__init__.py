"""An in-process Kubernetes API with a living demo fleet."""
